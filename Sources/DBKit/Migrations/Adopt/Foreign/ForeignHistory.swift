import Operations

/// What another tool says it has applied.
struct ForeignHistory: Sendable, Hashable {
    /// In the order in which it applied them, as far as that is known.
    var entries: [ForeignEntry] = []
    /// All files up to this version are applied, too: the tool keeps only the last one, or was begun with a baseline.
    var floor: MigrationVersion?
}

/// A migration in another tool's history.
struct ForeignEntry: Sendable, Hashable {
    enum Identity: Sendable, Hashable {
        case version(MigrationVersion)
        /// Known by its name.
        case repeatable(String)
        /// A change of sqitch's, by its id.
        case change(String)
        /// Something that no file can have as its version.
        case other(String)
    }

    var identity: Identity
    var name: String
    var proof: ForeignProof?
    /// As the server writes or reads it; a time without a zone is UTC.
    var appliedAt: String?
    var appliedBy: String?
    /// Seconds.
    var duration: Double = 0
    /// The tool ran a program, not an SQL file.
    var isProgram = false
    /// Of sqitch, which keeps those of several plans in one table.
    var project: String?

    init(_ identity: Identity, name: String = "", proof: ForeignProof? = nil, appliedAt: String? = nil) {
        self.identity = identity
        self.name = name
        self.proof = proof
        self.appliedAt = appliedAt
    }

    /// A version where it is one, else a name that no file can have.
    init(named text: String, tool: ForeignTool, name: String = "", proof: ForeignProof? = nil, appliedAt: String? = nil)
    {
        let identity: Identity = MigrationVersion(text).map { .version($0) } ?? .other("\(tool.rawValue):\(text)")
        self.init(identity, name: name, proof: proof, appliedAt: appliedAt)
    }
}

/// Makes one of a tool's rows. Pure: what is read is handed to it.
protocol HistoryReader {
    /// Tables that it reads, the history itself first.
    static var tables: [String] { get }
    /// Other names that the history has had.
    static var formerNames: [String] { get }
    /// Whether a table of such a name is this tool's.
    static func owns(_ table: ForeignTable) -> Bool
    /// - Throws: `migrate.adopt_failed` (80) where the tool itself would not go on.
    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory
}

extension HistoryReader {
    static var formerNames: [String] { [] }
}

/// The rows of a history, and of the tables beside it.
struct ForeignRows: Sendable {
    /// As messages name it.
    var table: String
    var history: [ForeignRow]
    /// By the table's name.
    var beside: [String: [ForeignRow]] = [:]

    init(table: String = "history", _ history: [ForeignRow], beside: [String: [ForeignRow]] = [:]) {
        self.table = table
        self.history = history
        self.beside = beside
    }
}

extension Failure {
    /// The tool stopped in the middle, and only its user knows what is done.
    static func adoptFailed(_ message: String, hint: String) -> Failure {
        Failure(
            .adoptFailed, message,
            detail: "dbctl cannot know how much of it is done, and no flag overrides that. Nothing was changed.",
            hint: hint)
    }
}

extension FailureCode {
    static let adoptFailed = FailureCode("migrate.adopt_failed", .guarded)
}
