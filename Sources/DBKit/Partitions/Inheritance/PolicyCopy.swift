import Operations
import Postgres

/// Gives a table the policies of another one.
///
/// The server writes a policy's columns with the name of its table wherever a subquery stands in it (`orders.asset`). So
/// the table bears the other one's name while it gets such policies, in a schema where that name is free.
struct PolicyCopy: Sendable {
    let target: RelationTraits
    let model: RelationTraits
    /// Where the name is free; nil: a schema is made for it, and goes again.
    var aside: Identifier?

    /// In an open transaction, by the owner of both.
    ///
    /// - Throws: `partition.not_owner` when no schema may be made.
    func run(in session: Session) throws {
        guard model.policies.contains(where: { $0.names(model.name) }) else { return try give(to: target, in: session) }
        let schema = try aside ?? identifier("dbctl_policies_\(target.oid)")
        if aside == nil { try make(schema, in: session) }
        let (own, borrowed) = (try identifier(target.name), try identifier(model.name))
        try session.execute("ALTER TABLE \(target.sql()) SET SCHEMA \(schema)")
        try session.execute("ALTER TABLE \(schema).\(own) RENAME TO \(borrowed)")
        try give(to: try RelationTraits.read(target.oid, in: session), in: session)
        try session.execute("ALTER TABLE \(schema).\(borrowed) RENAME TO \(own)")
        try session.execute("ALTER TABLE \(schema).\(own) SET SCHEMA \(identifier(target.schema))")
        if aside == nil { try session.execute("DROP SCHEMA \(schema)") }
    }

    private func give(to table: RelationTraits, in session: Session) throws {
        for difference in try Inheritance(of: table, from: model, [.policy]).differences() {
            for statement in difference.statements { try session.execute(statement) }
        }
    }

    private func make(_ schema: Identifier, in session: Session) throws {
        let row = try session.row(
            "SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE') AS may, current_database()::text AS database, current_user::text AS role"
        )
        guard try row.value("may") else {
            throw Failure(
                .partitionNotOwner,
                "a policy of \(model.label) has a subquery, and for copying it this role needs to make a schema for a moment",
                detail: "Nothing was changed.",
                hint:
                    "GRANT CREATE ON DATABASE \(try identifier(row.value("database")).typed) TO \(try identifier(row.value("role")).typed), or run it as the owner of the database"
            )
        }
        try session.execute("CREATE SCHEMA \(schema)")
    }
}

extension RelationTraits.Policy {
    /// Whether its text says the name of its own table.
    fileprivate func names(_ table: String) -> Bool {
        [using, check].contains { $0?.contains(Self.prefix(table)) ?? false }
    }

    /// The same whatever its table is called.
    func isSame(as other: Self, of table: String, and otherTable: String) -> Bool {
        anonymous(table) == other.anonymous(otherTable)
    }

    private func anonymous(_ table: String) -> Self {
        var policy = self
        policy.using = using.map { PolicyText.renaming(table, to: "any", in: $0) }
        policy.check = check.map { PolicyText.renaming(table, to: "any", in: $0) }
        return policy
    }

    private static func prefix(_ table: String) -> String { "\((try? identifier(table).typed) ?? table)." }
}
