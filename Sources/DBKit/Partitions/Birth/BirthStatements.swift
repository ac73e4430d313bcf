import Postgres

/// What makes a partition and attaches it: what `plan` shows is what is executed. In between the new table gets what LIKE
/// leaves out, which is known once it is there, see ``Inheritance``.
struct BirthStatements: Sendable {
    let table: PartitionedTable
    let check: RangeCheck
    /// In the schema of the table.
    let name: String
    /// A partition whose storage parameters it takes: a partitioned table has none of its own.
    var sibling: Int64?

    func child() throws(PostgresError) -> SQLFragment { "\(try identifier(table.schema, name))" }

    func creation(_ parent: RelationTraits, in session: Session) throws -> [Query] {
        let model = try sibling.flatMap { try RelationTraits.read([$0], in: session)[$0] }
        let child = try child()
        let persistence: SQLFragment = model?.isUnlogged == true ? "UNLOGGED " : ""
        var statement: SQLFragment =
            "CREATE \(persistence)TABLE \(child) (LIKE \(try table.sql()) INCLUDING ALL EXCLUDING IDENTITY)"
        if let method = parent.accessMethod ?? model?.accessMethod {
            statement = "\(statement) USING \(try identifier(method))"
        }
        if let options = model?.options, !options.isEmpty {
            statement = "\(statement) WITH (\(try Inheritance.assignments(options)))"
        }
        if let tablespace = parent.tablespace { statement = "\(statement) TABLESPACE \(try identifier(tablespace))" }
        let constraint = try identifier(RangeCheck.constraint)
        return [
            "\(statement)", "ALTER TABLE \(child) ADD CONSTRAINT \(constraint) CHECK (\(try check.inside))",
            "COMMENT ON CONSTRAINT \(constraint) ON \(child) IS \(try literal(check.mark(of: table)))",
        ]
    }

    /// What follows ``creation(_:in:)``: the owner first, for that changes whose grants there are.
    func dressing(_ parent: RelationTraits, in session: Session) throws -> [Query] {
        let newborn = try NewbornTraits(schema: table.schema, in: session)
        let child = newborn.traits(called: name, like: parent)
        var statements = parent.owner == newborn.role ? [] : [try Self.owning(child.sql(), parent)]
        statements += try Inheritance(of: child, from: parent, .beforeAttach).differences()
            .filter { $0.trait != .policy }.flatMap(\.statements)
        return statements + (try PolicyCopy(target: child, model: parent).statements())
    }

    static func owning(_ child: SQLFragment, _ parent: RelationTraits) throws(PostgresError) -> Query {
        "ALTER TABLE \(child) OWNER TO \(try identifier(parent.owner))"
    }

    static func attaching(
        _ child: SQLFragment, to table: PartitionedTable, _ check: RangeCheck
    ) throws(PostgresError) -> Query {
        "ALTER TABLE \(try table.sql()) ATTACH PARTITION \(child) \(try check.values)"
    }

    /// The CHECK has served.
    static func cleaning(_ child: SQLFragment) throws(PostgresError) -> Query {
        "ALTER TABLE \(child) DROP CONSTRAINT IF EXISTS \(try identifier(RangeCheck.constraint))"
    }
}
