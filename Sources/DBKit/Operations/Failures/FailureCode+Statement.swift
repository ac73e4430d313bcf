import Postgres

extension FailureCode {
    /// What an SQLSTATE means wherever it comes up: in a statement, or when the server ends a session.
    ///
    /// Source: PostgreSQL documentation, appendix A. Every class has a row; single states come before their class.
    static func statement(_ error: PostgresError) -> FailureCode {
        guard let state = error.sqlState else { return .statementRefused }
        switch state.code {
        case "53300": return slots(error)
        case "57P03": return cannotConnectNow(error.message)
        default: return states[state.code] ?? classes[state.classCode] ?? .statementRefused
        }
    }

    private static let states: [String: FailureCode] = [
        "22021": .dataFormat, "22P03": .dataFormat, "22P04": .dataFormat, "22P05": .dataFormat,
        "25006": .serverReadOnly, "25P03": .sessionIdleTimeout, "25P04": .sessionIdleTimeout,
        "26000": .poolerPreparedStatement, "42P05": .poolerPreparedStatement,
        "28P01": .authPassword,
        "40001": .statementSerialization, "40P01": .lockDeadlock, "40003": .commitUnknown,
        "42501": .permissionDenied,
        "42601": .statementSyntax, "42602": .statementSyntax, "42622": .statementSyntax, "42939": .statementSyntax,
        "42703": .statementUndefined, "42704": .statementUndefined, "42883": .statementUndefined,
        "42P01": .statementUndefined, "42P02": .statementUndefined, "3F000": .statementUndefined,
        "42701": .statementDuplicate, "42710": .statementDuplicate, "42712": .statementDuplicate,
        "42723": .statementDuplicate, "42P03": .statementDuplicate, "42P04": .statementDuplicate,
        "42P06": .statementDuplicate, "42P07": .statementDuplicate,
        "53100": .serverDiskFull, "53200": .serverMemory, "53400": .serverConfiguration,
        "55006": .lockInUse, "55P03": .lockTimeout,
        "57014": .statementCancelled, "57P01": .sessionTerminated, "57P02": .sessionCrash, "57P04": .sessionTerminated,
        "57P05": .sessionIdleTimeout,
        "72000": .statementSerialization,
        "XX001": .serverCorruption, "XX002": .serverCorruption,
    ]

    private static let classes: [String: FailureCode] = [
        "02": .statementRefused, "03": .statementRefused, "08": .connectLost, "09": .statementRaised,
        "0A": .statementUnsupported, "0B": .statementTransaction, "0F": .statementRefused, "0L": .permissionDenied,
        "0P": .permissionDenied, "0Z": .statementRaised, "10": .statementValue, "20": .statementRaised,
        "21": .statementRefused, "22": .statementValue, "23": .statementConstraint, "24": .statementTransaction,
        "25": .statementTransaction, "26": .poolerPreparedStatement, "27": .statementRefused, "28": .authRefused,
        "2B": .statementPrerequisite, "2D": .statementTransaction, "2F": .statementRaised, "34": .statementTransaction,
        "38": .statementRaised, "39": .statementRaised, "3B": .statementTransaction, "3D": .databaseMissing,
        "3F": .statementUndefined, "40": .statementSerialization, "42": .statementRefused, "44": .statementConstraint,
        "53": .serverResources, "54": .statementLimit, "55": .statementPrerequisite, "57": .statementCancelled,
        "58": .serverIO, "72": .statementSerialization, "F0": .serverConfiguration, "HV": .statementRefused,
        "P0": .statementRaised, "XX": .statementInternal,
    ]

    /// 53300 is five limits. Setting names and the server's own function names are the same in every language; the
    /// English texts are for what gives neither.
    private static func slots(_ error: PostgresError) -> FailureCode {
        let text = error.message
        if text.contains("max_wal_senders") { return .slotsWalsender }
        let limit =
            error.routine.map { routine in slotLimits.first { $0.routine == routine } }
            ?? slotLimits.first { text.contains($0.text) }
        return limit?.code ?? .slotsAll
    }

    private static let slotLimits: [(routine: String, text: String, code: FailureCode)] = [
        ("InitializeSessionUserId", "connections for role", .slotsRole),
        ("CheckMyDatabase", "connections for database", .slotsDatabase),
        ("InitPostgres", "remaining connection slots are reserved", .slotsOrdinary),
    ]

    /// 57P03 is four states, and nothing but the text tells them apart; in another language it is a server that is
    /// not ready yet, for which waiting is right in three of the four.
    private static func cannotConnectNow(_ text: String) -> FailureCode {
        closedDoors.first { text.contains($0.text) }?.code ?? .serverStarting
    }

    static let closedDoors: [(text: String, code: FailureCode)] = [
        ("shutting down", .serverStopping),
        ("in recovery mode", .serverRecovery),
        ("is not accepting connections", .serverNoHotStandby),
    ]

    /// What ``statement(_:)`` can make of an SQLSTATE, the most general first.
    static func statements(_ state: SQLState) -> [FailureCode] {
        switch state.code {
        case "53300": [.slotsAll] + slotLimits.reversed().map(\.code) + [.slotsWalsender]
        case "57P03": [.serverStarting] + closedDoors.map(\.code)
        default: [states[state.code] ?? classes[state.classCode] ?? .statementRefused]
        }
    }
}
