/// A five-character SQLSTATE, as the server sends it.
///
/// Source of the names: PostgreSQL documentation, appendix A.
public struct SQLState: Hashable, Sendable, Codable {
    public let code: String

    public init(_ code: String) {
        self.code = code
    }

    /// The first two characters, e.g. `28` for invalid authorization.
    public var classCode: String {
        String(code.prefix(2))
    }

    public init(from decoder: any Decoder) throws {
        code = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }
}

extension SQLState: CustomStringConvertible {
    public var description: String { code }
}

extension SQLState {
    public static let adminShutdown = SQLState("57P01")
    public static let cannotConnectNow = SQLState("57P03")
    public static let crashShutdown = SQLState("57P02")
    public static let deadlockDetected = SQLState("40P01")
    public static let duplicateDatabase = SQLState("42P04")
    public static let foreignKeyViolation = SQLState("23503")
    public static let idleInTransactionSessionTimeout = SQLState("25P03")
    public static let idleSessionTimeout = SQLState("57P05")
    public static let insufficientPrivilege = SQLState("42501")
    public static let invalidCatalogName = SQLState("3D000")
    public static let invalidAuthorization = SQLState("28000")
    public static let invalidPassword = SQLState("28P01")
    public static let lockNotAvailable = SQLState("55P03")
    public static let objectInUse = SQLState("55006")
    public static let queryCanceled = SQLState("57014")
    public static let serializationFailure = SQLState("40001")
    public static let tooManyConnections = SQLState("53300")
    public static let transactionTimeout = SQLState("25P04")
    public static let undefinedTable = SQLState("42P01")
    public static let uniqueViolation = SQLState("23505")
}
