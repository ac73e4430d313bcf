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
        for statement in try Self.extras(of: table.oid, on: name, in: schema, session) {
            try session.execute("\(ServerText(catalog: statement))")
        }
        return target
    }

    /// Comments of indexes and constraints, and grants on identity sequences, for a table with the same names elsewhere.
    ///
    /// - Parameter name: Of that table, quoted.
    static func extras(of table: Int64, on name: String, in schema: String, _ session: Session) throws -> [String] {
        var queries = [Query(embedded: PackageResources.convert_index_comments_sql, binds: [table, name, schema])]
        for identity in try IdentitySequence.read(table, in: session) {
            queries.append(
                Query(
                    embedded: PackageResources.convert_sequence_grants_sql,
                    binds: [identity.oid, try identifier(schema, identity.name).sql]))
        }
        return try queries.flatMap { query in
            try session.rows(query).map { try $0.value("statement", as: String.self) }
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
