import Operations
import Postgres

/// What an interrupted run left of a table's partitions. Known by its mark, never by its name; a table that holds rows is
/// never dropped, unless they are a drain's copies and are all where they came from.
struct Leftover: Sendable, Hashable {
    /// In the order in which they are removed: first what refuses writes, last what only costs.
    enum Kind: String, Sendable, Comparable {
        /// The CHECK on the default partition, which refuses rows for as long as it is there.
        case check
        /// A table that is not attached.
        case table
        /// On the default partition, of a drain.
        case trigger

        static func < (left: Kind, right: Kind) -> Bool { left.rank < right.rank }

        private var rank: Int { self == .check ? 0 : self == .table ? 1 : 2 }
    }

    /// Of the table itself, or of the default partition.
    var oid: Int64
    var schema: String
    var name: String
    var kind: Kind
    /// Which partition it belongs to.
    var mark: String?
    /// A drain was filling it.
    var isDrained: Bool

    var label: String { "\(schema).\(name)" }

    var sentence: String {
        switch kind {
        case .check: "\(label) refuses rows by a CHECK that an interrupted run left"
        case .table: "\(label) was left unattached by an interrupted run"
        case .trigger: "\(label) has the trigger of a drain that was interrupted"
        }
    }

    /// The begun partition of a range, with which a run goes on.
    func isBegun(_ name: String, _ check: RangeCheck, of table: PartitionedTable) throws -> Bool {
        try kind == .table && schema == table.schema && self.name == name && mark == check.mark(of: table)
    }

    static func find(of table: PartitionedTable, in session: Session) throws -> [Leftover] {
        try findAll(of: [table], in: session)[table.oid] ?? []
    }

    /// By the oid of the table that they belong to.
    static func findAll(of tables: [PartitionedTable], in session: Session) throws -> [Int64: [Leftover]] {
        let query = Query(
            embedded: PackageResources.partition_leftovers_sql,
            binds: [RangeCheck.constraint, tables.compactMap(\.fallback?.oid), DrainQueue.trigger])
        let all = try session.rows(query).map { row in
            Leftover(
                oid: try row.value("oid"), schema: try row.value("schema"), name: try row.value("name"),
                kind: Kind(rawValue: try row.value("kind")) ?? .table, mark: try row.value("comment"),
                isDrained: try row.value("is_drained"))
        }
        guard !all.isEmpty else { return [:] }
        var found: [Int64: [Leftover]] = [:]
        for table in tables {
            let mark = try RangeCheck.mark(of: table)
            found[table.oid] = all.filter { $0.mark?.hasPrefix(mark) ?? false }
        }
        return found
    }

    /// In their order. One that stays does not keep the others: the trigger of a drain costs every write.
    ///
    /// - Throws: `partition.leftover` when one holds rows that are nowhere else; `partition.locked`
    static func drop(
        _ leftovers: [Leftover], _ request: PartitionRequest, _ connection: Connection, of table: PartitionedTable
    ) async throws {
        var refused: Failure?
        for leftover in leftovers.sorted(by: { $0.kind < $1.kind }) {
            do {
                try await leftover.drop(request, connection, of: table)
            } catch let failure as Failure where failure.code == .partitionLeftover { refused = refused ?? failure }
        }
        if let refused { throw refused }
    }

    /// - Throws: `partition.leftover` when it holds rows that are nowhere else; `partition.locked`
    func drop(_ request: PartitionRequest, _ connection: Connection, of table: PartitionedTable) async throws {
        let relation: SQLFragment = "\(try identifier(schema, name))"
        try await BoundedLock(request: request, connection: connection, tables: [oid], label: label)
            .run("remove what is left: \(sentence)") { session in
                try session.execute("LOCK TABLE ONLY \(relation) IN ACCESS EXCLUSIVE MODE")
                // Between looking and locking somebody may have attached it, or put another one in its place.
                guard try Leftover.find(of: table, in: session).contains(self) else { return }
                switch kind {
                case .check:
                    try session.execute(
                        "ALTER TABLE \(relation) DROP CONSTRAINT \(try identifier(RangeCheck.constraint))")
                case .table:
                    try refuseRows(of: table, in: session, relation)
                    try session.execute("DROP TABLE \(relation)")
                case .trigger: try dropTrigger(relation, in: session)
                }
            }
        request.onEvent(.cleaned("\(sentence); that is gone"))
    }

    /// With its function and the queue that this writes into.
    private func dropTrigger(_ relation: SQLFragment, in session: Session) throws {
        let row = try session.row(
            """
            SELECT n.nspname AS schema, p.proname AS name
            FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE t.tgrelid = \(oid)::bigint::oid AND t.tgname = \(DrainQueue.trigger)
            """)
        let queue = try identifier(row.value("schema"), row.value("name"))
        try session.execute("DROP TRIGGER \(try identifier(DrainQueue.trigger)) ON \(relation)")
        try session.execute("DROP FUNCTION \(queue)()")
        try session.execute("DROP TABLE \(queue)")
    }

    private func refuseRows(of table: PartitionedTable, in session: Session, _ relation: SQLFragment) throws {
        let row = try session.row("SELECT EXISTS (SELECT FROM ONLY \(relation)) AS has_rows")
        guard try row.value("has_rows") else { return }
        if isDrained, let fallback = table.fallback, try isCopy(of: fallback, table, in: session, relation) { return }
        throw Failure(
            .partitionLeftover, "\(label) was left unattached by an interrupted run, and it holds rows",
            detail: "It was left as it is: nothing of dbctl's drops a table with rows that are nowhere else.",
            hint:
                "look at them; if they are nobody's: DROP TABLE \(try identifier(schema, name).typed), and run the same command again"
        )
    }

    /// Every row of it is in the default partition, or was there when it was copied and has been changed since.
    private func isCopy(
        of fallback: Partition, _ table: PartitionedTable, in session: Session, _ relation: SQLFragment
    ) throws -> Bool {
        let facts = try session.row(
            Query(embedded: PackageResources.drain_obstacles_sql, binds: [table.oid, fallback.oid]))
        let names: [String] = try facts.value("columns")
        let columns = DrainColumns(columns: try names.map { try identifier($0) }, key: [])
        let queue = try identifier(schema, DrainQueue.name(of: oid))
        let row = try session.row(
            """
            SELECT NOT EXISTS (
                SELECT \(columns.text(of: "dbctl_copy")) FROM ONLY \(relation) AS dbctl_copy
                EXCEPT ALL (SELECT \(columns.text(of: "dbctl_origin")) FROM ONLY \(try fallback.sql()) AS dbctl_origin
                            UNION ALL SELECT \(columns.text(of: "q.old_row")) FROM \(queue) AS q WHERE q.has_old)
            ) AS is_copy
            """)
        return try row.value("is_copy")
    }
}
