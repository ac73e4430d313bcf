import DBKit

extension ExitStatus {
    /// What a monitoring system is told.
    init(_ verdict: CheckVerdict) {
        switch verdict {
        case .ok: self = .done
        case .warning: self = .warning
        case .critical: self = .critical
        case .unknown: self = .unknown
        }
    }
}

extension CheckVerdict {
    /// Nil for an exit code that is nobody's verdict.
    init?(_ status: ExitStatus) {
        switch status {
        case .done: self = .ok
        case .warning: self = .warning
        case .critical: self = .critical
        case .unknown: self = .unknown
        default: return nil
        }
    }
}

extension Style {
    func verdict(_ verdict: CheckVerdict) -> String {
        switch verdict {
        case .ok: good(verdict.rawValue)
        case .warning, .unknown: warning(verdict.rawValue)
        case .critical: bad(verdict.rawValue)
        }
    }
}
