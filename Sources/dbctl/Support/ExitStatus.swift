import DBKit

/// The one table of exit codes (`dbctl explain` and every help text refer to it).
struct ExitStatus: Hashable, Sendable, Comparable {
    let code: Int32

    /// Only for `sandbox run`, which passes on what its child said; everything else uses the names below.
    init(passingOn code: Int32) {
        self.code = code
    }

    /// Done, or nothing to do; OK of a monitoring verb.
    static let done = ExitStatus(passingOn: 0)
    /// Finished, and the answer is no; also WARNING of a monitoring verb.
    static let negative = ExitStatus(passingOn: 1)

    /// What a monitoring verb (`dbctl check`, `pool|backup|partition check`) answers.
    static let warning = ExitStatus(passingOn: 1)
    static let critical = ExitStatus(passingOn: 2)
    static let unknown = ExitStatus(passingOn: 3)

    /// Worst of several targets: the higher number, except that a server known to be down (CRITICAL) is worse news
    /// than one of which nothing is known (UNKNOWN).
    static func < (left: ExitStatus, right: ExitStatus) -> Bool {
        left.severity < right.severity
    }

    private var severity: Int32 {
        switch self {
        case .critical: Self.unknown.code
        case .unknown: Self.critical.code
        default: code
        }
    }
}

extension ExitStatus {
    init(_ category: Failure.Category) {
        code =
            switch category {
            case .negative: 1
            case .usage: 64
            case .data: 65
            case .notFound: 66
            case .unavailable: 69
            case .bug: 70
            case .cannotCreate: 73
            case .io: 74
            case .busy: 75
            case .refused: 76
            case .authentication: 77
            case .configuration: 78
            case .guarded: 80
            case .partial: 81
            case .interrupted: 130
            case .terminated: 143
            }
    }

    /// A monitoring verb that failed: an unreachable or exhausted server and refused credentials are CRITICAL,
    /// everything that says nothing about the server (a missing privilege, a lock, a wrong configuration) is UNKNOWN. A bad
    /// command line is nobody's verdict, but a mistake in the crontab, and says so.
    init(monitoring failure: Failure) {
        switch failure.category {
        case .usage, .interrupted, .terminated: self.init(failure.category)
        // Somebody holds a lock, another run of the same check for instance: nothing was seen, good or bad.
        case .busy: self = .unknown
        case .unavailable: self = .critical
        // A pooler may have lost the SQLSTATE on the way.
        case .authentication:
            self = failure.sqlState == "42501" || failure.code == .databaseNoConnect ? .unknown : .critical
        case .negative: self = .warning
        case .data: self = .critical
        default: self = .unknown
        }
    }
}
