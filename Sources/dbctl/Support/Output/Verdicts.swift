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

extension Verb {
    static func exitStatus(_ failure: Failure) -> ExitStatus {
        isMonitor ? ExitStatus(monitoring: failure) : ExitStatus(failure.category)
    }

    /// What a monitor says of a failure on standard output, because a monitoring system reads nothing else; nil where a
    /// failure is no verdict.
    static func verdictLine(_ failure: Failure, _ options: GlobalOptions, _ style: Style) -> String? {
        guard isMonitor, options.format == .human, let verdict = CheckVerdict(exitStatus(failure)) else { return nil }
        let words = failure.message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "\(style.verdict(verdict)): \(TextTable.printable(words)) (\(failure.code.name))"
    }
}
