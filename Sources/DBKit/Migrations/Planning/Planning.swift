public import Postgres

/// What is known when statements are planned: read once, for all of them.
public struct PlanningContext: Sendable {
    private var model: DDLModel
    public let serverVersion: ServerVersion

    /// Reads what the catalog has of everything that the statements name. Writes nothing, so the session may be read
    /// only and the server a standby. Its search path must be the one that the statements will run with.
    public init(for statements: [(section: MigrationSection, statement: SQLStatement)], in session: Session) throws {
        var names = StatementNames()
        for (section, statement) in statements { names.add(Self.shape(of: statement, in: section)) }
        model = DDLModel(try CatalogFacts.read(for: names, in: session))
        serverVersion = session.serverVersion
    }

    /// What the statement will do once those asked for before it have run.
    public mutating func effect(of statement: SQLStatement, in section: MigrationSection) -> StatementEffect {
        model.effect(of: Self.shape(of: statement, in: section))
    }

    private static func shape(of statement: SQLStatement, in section: MigrationSection) -> StatementShape {
        DDLParser.shape(of: section.script.ddlTokens(of: statement))
    }
}

extension PlanningContext {
    /// What each of the statements will lock and do, in the order in which they will run: each finds what those before
    /// it have made.
    public static func effects(
        of statements: [(section: MigrationSection, statement: SQLStatement)], in session: Session
    ) throws -> [StatementEffect] {
        var context = try PlanningContext(for: statements, in: session)
        return statements.map { context.effect(of: $0.statement, in: $0.section) }
    }
}
