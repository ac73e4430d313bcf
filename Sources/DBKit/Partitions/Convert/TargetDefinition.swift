import Operations
import Postgres

/// The partitioned table as it is made: in a schema of its own, with the names that the table has.
struct TargetDefinition: Sendable {
    let plan: ConvertPlan
    let source: RelationTraits
    let identities: [IdentitySequence]

    private var table: ConvertedTable { plan.table }
    private var schema: String { Conversion.newSchema(table.oid) }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, table.name))" }

    private static let copied: SQLFragment =
        "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION"

    /// Until its partitions. What hangs on the table beyond them is given to it in the swap (``Exchange``): triggers would
    /// fire for every row that is copied, and foreign keys would stop those who delete what a stale copy still refers to.
    func statements() throws -> [Query] {
        let target = try sql()
        let owner = try identifier(table.owner)
        let column = try identifier(plan.specification.key)
        var all: [Query] = [
            "CREATE SCHEMA \(try identifier(schema)) AUTHORIZATION \(owner)",
            "CREATE SCHEMA \(try identifier(Conversion.oldSchema(table.oid))) AUTHORIZATION \(owner)",
            "CREATE TABLE \(target) (LIKE \(try table.sql()) \(Self.copied)) PARTITION BY RANGE (\(column))\(try Self.tablespace(source.tablespace))",
            "ALTER TABLE \(target) ALTER COLUMN \(column) SET NOT NULL",
        ]
        for identity in identities { all.append(try identity.statement(on: target, schema: schema)) }
        for index in plan.indexes {
            all.append(try statement(index, target))
            guard let tablespace = index.original.tablespace else { continue }
            // Of the partitions' indexes, which are made later.
            let name = try identifier(schema, index.original.name)
            all.append("ALTER INDEX \(name) SET TABLESPACE \(try identifier(tablespace))")
        }
        if let index = table.indexes.first(where: \.isReplicaIdentity) {
            all.append("ALTER TABLE ONLY \(target) REPLICA IDENTITY USING INDEX \(try identifier(index.name))")
        }
        for statistics in source.statistics { all += try statements(statistics, target) }
        return all
    }

    private static func tablespace(_ name: String?) throws(PostgresError) -> SQLFragment {
        guard let name else { return "" }
        return " TABLESPACE \(try identifier(name))"
    }

    private func statement(_ index: ConvertPlan.PlannedIndex, _ target: SQLFragment) throws -> Query {
        if let text = index.constraintText, let name = index.original.constraint {
            return "ALTER TABLE \(target) ADD CONSTRAINT \(try identifier(name)) \(ServerText(catalog: text))"
        }
        let unique: SQLFragment = index.original.isUnique ? "UNIQUE " : ""
        return
            "CREATE \(unique)INDEX \(try identifier(index.original.name)) ON \(target) \(ServerText(catalog: index.body))"
    }

    /// Under the same name, which no ALTER TABLE … SET SCHEMA moves along: see ``Exchange``.
    private func statements(_ statistics: RelationTraits.Statistics, _ target: SQLFragment) throws -> [Query] {
        let kinds = statistics.kinds.compactMap { Inheritance.statisticsKinds[$0] }
        let listed: SQLFragment = kinds.isEmpty ? "" : "(\(kinds.joined(separator: ", "))) "
        let name = try identifier(schema, statistics.name)
        let create: Query =
            "CREATE STATISTICS \(name) \(listed)ON \(ServerText(catalog: statistics.columns)) FROM \(target)"
        guard statistics.target >= 0 else { return [create] }
        return [create, "ALTER STATISTICS \(name) SET STATISTICS \(SQLFragment(number: statistics.target))"]
    }
}

/// An identity column with its sequence. The sequence is the column's own and cannot be given to another table; so the other
/// table gets one like it, of the same name, that goes on where this one is.
struct IdentitySequence: Sendable, Hashable {
    var column: String
    var isAlways: Bool
    var schema: String
    var name: String
    var oid: Int64
    var start: Int64
    var increment: Int64
    var minimum: Int64
    var maximum: Int64
    var cache: Int64
    var cycles: Bool

    static func read(_ table: Int64, in session: Session) throws -> [IdentitySequence] {
        try session.rows(Query(embedded: PackageResources.convert_identities_sql, binds: [table])).map { row in
            try IdentitySequence(
                column: row.value("column"), isAlways: row.value("is_always"), schema: row.value("schema"),
                name: row.value("name"), oid: row.value("oid"), start: row.value("start"),
                increment: row.value("increment"), minimum: row.value("minimum"), maximum: row.value("maximum"),
                cache: row.value("cache"), cycles: row.value("cycles"))
        }
    }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }

    func statement(on table: SQLFragment, schema: String) throws -> Query {
        let form: SQLFragment = isAlways ? "ALWAYS" : "BY DEFAULT"
        let cycle: SQLFragment = cycles ? "CYCLE" : "NO CYCLE"
        let options: SQLFragment =
            "START \(start) INCREMENT \(increment) MINVALUE \(minimum) MAXVALUE \(maximum) CACHE \(cache) \(cycle)"
        return
            "ALTER TABLE \(table) ALTER COLUMN \(try identifier(column)) ADD GENERATED \(form) AS IDENTITY (SEQUENCE NAME \(try identifier(schema, name)) \(options))"
    }

    /// Makes this one go on where another one is. What sessions have taken from that one and not used yet, and what those
    /// take who call nextval() for themselves and wait at its lock, lies below.
    func goOn(from other: IdentitySequence, in session: Session, timeout: Duration?) throws {
        let row = try session.row("SELECT last_value, is_called FROM \(try other.sql())", timeout: timeout)
        var last: Int64 = try row.value("last_value")
        let isCalled: Bool = try row.value("is_called")
        if isCalled { last = beyond(last, other) }
        _ = try session.row(
            "SELECT pg_catalog.setval(\(try identifier(schema, name).sql)::regclass, \(last), \(isCalled)) AS value",
            timeout: timeout)
    }

    /// A hundred values further on, where there are so many left.
    private func beyond(_ last: Int64, _ other: IdentitySequence) -> Int64 {
        let (gap, isTooWide) = increment.multipliedReportingOverflow(by: 100)
        let (next, isTooFar) = last.addingReportingOverflow(gap)
        guard !isTooWide, !isTooFar, !cycles, (minimum...maximum).contains(next) else { return last }
        return next
    }
}
