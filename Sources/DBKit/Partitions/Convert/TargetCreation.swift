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
        for statement in try Self.mending(target, like: table.oid, .beforeSwap, in: session) {
            try session.execute(statement)
        }
        for statement in try Self.extras(of: table.oid, on: target, in: schema, session) {
            try session.execute("\(ServerText(catalog: statement))")
        }
        return target
    }

    /// What is said of all that has the same names, and grants on identity sequences.
    ///
    /// - Parameter schema: Of the other table.
    static func extras(of table: Int64, on other: Int64, in schema: String, _ session: Session) throws -> [String] {
        var queries = [Query(embedded: PackageResources.convert_comments_sql, binds: [table, other])]
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

    /// What makes one like the other. Both have the same names, in two schemas.
    static func mending(
        _ target: Int64, like model: Int64, _ traits: Set<TraitDifference.Trait>, in session: Session
    ) throws -> [Query] {
        let found = try RelationTraits.read([model, target], in: session)
        guard let own = found[target], let wanted = found[model] else { return [] }
        return try Inheritance(of: own, from: wanted, traits, keepsNames: true).differences().flatMap(\.statements)
    }
}
