import Operations
import Postgres

/// Gives a table the policies of another one.
///
/// The server writes a policy's columns with the name of its table wherever a subquery stands in it (`orders.asset`). So
/// the table bears the other one's name while it gets such policies, in a schema where that name is free.
struct PolicyCopy: Sendable {
    let target: RelationTraits
    let model: RelationTraits
    /// A schema in which the name is free; nil: one is made for it, and goes again.
    var aside: String?

    /// By the owner of both, in one transaction.
    func statements() throws -> [Query] {
        guard isByName else { return try giving(to: target) }
        // Whoever makes partitions of the table is alone with that.
        let schema = aside ?? "dbctl_policies_\(model.oid)"
        var moved = target
        (moved.schema, moved.name) = (schema, model.name)
        let place = try identifier(schema)
        let (own, borrowed) = (try identifier(target.name), try identifier(model.name))
        var statements: [Query] = aside == nil ? ["CREATE SCHEMA \(place)"] : []
        statements.append("ALTER TABLE \(try target.sql()) SET SCHEMA \(place)")
        statements.append("ALTER TABLE \(place).\(own) RENAME TO \(borrowed)")
        statements += try giving(to: moved)
        statements.append("ALTER TABLE \(place).\(borrowed) RENAME TO \(own)")
        statements.append("ALTER TABLE \(place).\(own) SET SCHEMA \(try identifier(target.schema))")
        if aside == nil { statements.append("DROP SCHEMA \(place)") }
        return statements
    }

    /// - Throws: `partition.not_owner` when no schema may be made.
    func run(in session: Session) throws {
        if isByName, aside == nil { try requireSchemas(in: session) }
        for statement in try statements() { try session.execute(statement) }
    }

    private var isByName: Bool { model.policies.contains { $0.names(model.name) } }

    private func giving(to table: RelationTraits) throws -> [Query] {
        try Inheritance(of: table, from: model, [.policy]).differences().flatMap(\.statements)
    }

    private func requireSchemas(in session: Session) throws {
        let row = try session.row(
            "SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE') AS may, current_database()::text AS database, current_user::text AS role"
        )
        guard try !row.value("may") else { return }
        throw Failure(
            .partitionNotOwner,
            "a policy of \(model.label) has a subquery, and for copying it this role needs to make a schema for a moment",
            detail: "Nothing was changed.",
            hint:
                "GRANT CREATE ON DATABASE \(try identifier(row.value("database")).typed) TO \(try identifier(row.value("role")).typed), or run it as the owner of the database"
        )
    }
}

extension RelationTraits.Policy {
    /// Whether its text says the name of its own table.
    fileprivate func names(_ table: String) -> Bool {
        [using, check].contains { $0?.contains(Self.prefix(table)) ?? false }
    }

    /// The same whatever its table is called, and whatever is said of it.
    func isSame(as other: Self, of table: String, and otherTable: String) -> Bool {
        anonymous(table) == other.anonymous(otherTable)
    }

    private func anonymous(_ table: String) -> Self {
        var policy = self
        policy.comment = nil
        policy.using = using.map { PolicyText.renaming(table, to: "any", in: $0) }
        policy.check = check.map { PolicyText.renaming(table, to: "any", in: $0) }
        return policy
    }

    private static func prefix(_ table: String) -> String { "\((try? identifier(table).typed) ?? table)." }
}
