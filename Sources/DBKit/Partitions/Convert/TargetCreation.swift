import Operations
import Postgres

/// Makes the partitioned table, without partitions, in one transaction.
struct TargetCreation: Sendable {
    let table: ConvertedTable
    let plan: ConvertPlan

    /// - Returns: Its oid.
    func run(in session: Session) throws -> Int64 {
        let source = try RelationTraits.read(table.oid, in: session)
        let identities = try IdentitySequence.read(table.oid, in: session)
        let definition = TargetDefinition(plan: plan, source: source, identities: identities)
        for statement in try definition.statements() { try session.execute(statement) }
        let schema = Conversion.newSchema(table.oid)
        let name = try identifier(schema, table.name).sql
        let target: Int64 = try session.row("SELECT pg_catalog.to_regclass(\(name))::oid::bigint AS oid").value("oid")
        try Self.mend(target, like: table.oid, .beforeSwap, in: session)
        try run(Query(embedded: PackageResources.convert_index_comments_sql, binds: [table.oid, name, schema]), in: session)
        for identity in identities {
            let sequence = try identifier(schema, identity.name).sql
            try run(
                Query(embedded: PackageResources.convert_sequence_grants_sql, binds: [identity.oid, sequence]), in: session)
        }
        return target
    }

    /// What the catalog says as statements.
    private func run(_ query: Query, in session: Session) throws {
        for row in try session.rows(query) {
            try session.execute("\(ServerText(catalog: try row.value("statement")))")
        }
    }

    static func mend(
        _ target: Int64, like model: Int64, _ traits: Set<TraitDifference.Trait>, in session: Session
    ) throws {
        let found = try RelationTraits.read([model, target], in: session)
        guard let own = found[target], let wanted = found[model] else { return }
        for difference in try Inheritance(of: own, from: wanted, traits).differences() {
            for statement in difference.statements { try session.execute(statement) }
        }
    }
}
