/// One way through a migration: what `up` runs, or what `down` does.
public struct MigrationSection: Sendable, Hashable {
    /// The file, as messages name it.
    public var path: String
    /// The whole file, so that lines are counted from its beginning.
    public var script: SQLScript
    /// Those of its statements that belong to this section.
    public var statements: [SQLStatement]
    public var directives = MigrationDirectives()

    public init(path: String, script: SQLScript, statements: [SQLStatement], directives: MigrationDirectives = .init())
    {
        self.path = path
        self.script = script
        self.statements = statements
        self.directives = directives
    }

    public func text(_ statement: SQLStatement) -> String {
        script.text(statement.range)
    }
}
