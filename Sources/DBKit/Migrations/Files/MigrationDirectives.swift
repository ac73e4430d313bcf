/// What the author of a file asks for: `-- dbctl:…`, or the same in another tool's words.
public struct MigrationDirectives: Sendable, Hashable {
    /// `-- dbctl:no-transaction`: each statement is its own transaction.
    public var isOutsideTransaction = false
    /// `-- dbctl:lock-timeout 5s`
    public var lockTimeout: Duration?
    /// `-- dbctl:statement-timeout 1h`; zero is no limit.
    public var statementTimeout: Duration?
    /// `-- dbctl:allow RULE reason`
    public var allowances: [Allowance] = []
    /// `-- dbctl:backfill table=… key=… batch=…`, in the order of their statements.
    public var backfills: [Backfill] = []

    public init() {}

    /// A finding of `lint` that the author knows of.
    public struct Allowance: Sendable, Hashable {
        public var rule: String
        public var reason: String
        public var line: Int

        public init(rule: String, reason: String, line: Int) {
            self.rule = rule
            self.reason = reason
            self.line = line
        }
    }

    /// A statement that is to run in batches of a table's key.
    public struct Backfill: Sendable, Hashable {
        /// Rows of a batch where the author names no number.
        public static let usualBatch = 1000

        /// As SQL spells it, with its schema where the author gave one.
        public var table: String
        /// Columns, as SQL spells them.
        public var key: [String]
        /// Rows.
        public var batch: Int
        /// Of the directive.
        public var line: Int
        /// Which of the section's statements it belongs to: the one that follows it, counted from 0.
        public var statement: Int

        public init(table: String, key: [String], batch: Int = usualBatch, line: Int, statement: Int) {
            self.table = table
            self.key = key
            self.batch = batch
            self.line = line
            self.statement = statement
        }
    }
}
