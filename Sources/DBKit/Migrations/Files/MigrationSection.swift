/// One way through a migration: what `up` runs, or what `down` does.
public struct MigrationSection: Sendable, Hashable {
    /// The file, as messages name it.
    public var path: String
    /// The whole file, so that lines are counted from its beginning.
    public var script: SQLScript
    /// Those of its statements that belong to this section.
    public var statements: [SQLStatement]
    public var directives = MigrationDirectives()

    public init(path: String, script: SQLScript, statements: [SQLStatement], directives: MigrationDirectives = .init()) {
        self.path = path
        self.script = script
        self.statements = statements
        self.directives = directives
    }

    public func text(_ statement: SQLStatement) -> String {
        script.text(statement.range)
    }
}

/// What the author of a file asks for: `-- dbctl:…`, or the same in another tool's words.
public struct MigrationDirectives: Sendable, Hashable {
    /// `-- dbctl:no-transaction`: each statement is its own transaction.
    public var isOutsideTransaction = false
    /// `-- dbctl:lock-timeout 5s`
    public var lockTimeout: Duration?
    /// `-- dbctl:statement-timeout 1h`
    public var statementTimeout: Duration?
    /// `-- dbctl:allow RULE reason`
    public var allowances: [Allowance] = []

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
}
