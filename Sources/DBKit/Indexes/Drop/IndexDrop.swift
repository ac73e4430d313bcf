import Operations
import Postgres

/// `dbctl index drop`: an index that nothing needs goes without stopping anybody.
public struct IndexDrop: Sendable {
    public var request: IndexRequest
    public var name: String

    public init(_ request: IndexRequest, name: String) {
        self.request = request
        self.name = name
    }

    /// What ``run()`` would execute.
    public func plan() async throws -> IndexDropReport {
        try await IndexSite.look(request) { connection in
            IndexDropReport(isDryRun: true, try await find(through: connection))
        }
    }

    public func run() async throws -> IndexDropReport {
        let table = try await IndexSite.look(request) { try await find(through: $0).quotedTable() }
        return try await IndexSite.with(request, table: table, counting: { _ in ["dropped": 1] }) { site in
            try await IndexSite.awaitQuiet(site.table, request, site.connection)
            // Again: while this run waited for the lock, another one may have been at it.
            let index = try await find(through: site.connection)
            try await IndexDropping(request: request, table: site.table).drop(index, through: site.connection)
            return IndexDropReport(isDryRun: false, index)
        }
    }

    private func find(through connection: Connection) async throws -> TableIndex {
        guard let oid = try await connection.run({ try oid(in: $0) }) else { throw notFound }
        return try await PatientLook(request, connection, at: [oid]).run { session in
            guard let index = try TableIndex.read(index: oid, in: session) else { throw notFound }
            _ = try IndexedTable.read(index.quotedTable(), in: session)
            var top = index
            while let parent = top.parent, let above = try TableIndex.read(index: parent, in: session) { top = above }
            guard top == index else {
                throw Failure(
                    .indexPartitionChild,
                    "\(index.label) is the part of \(top.label) that belongs to \(index.tableLabel)",
                    detail: "Nothing was changed.", hint: "dbctl index drop \(top.label) drops all of it")
            }
            try index.refuseNeeded()
            return index
        }
    }

    /// Asks for nothing that a lock could keep back.
    private func oid(in session: Session) throws -> Int64? { try TypedRelation(name).find(.index, in: session) }

    private var notFound: Failure {
        Failure(
            .indexNotFound, "there is no index \(name) in this database",
            hint: "dbctl index list shows those that are there; write it with its schema")
    }
}

/// The result of `dbctl index drop`.
public struct IndexDropReport: Sendable, Hashable, Codable {
    public var isDryRun: Bool
    public var indexes: [IndexChange]
    public var statements: [String]
    public var scans: Int64

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case indexes, statements, scans
    }

    init(isDryRun: Bool, _ index: TableIndex) {
        self.isDryRun = isDryRun
        var change = IndexChange(
            schema: index.tableSchema, table: index.tableName, name: index.name, state: isDryRun ? .planned : .dropped)
        let statement = (try? index.dropStatement.text) ?? index.label
        change.statement = statement
        change.sizeBytes = index.sizeBytes
        change.note = index.text
        indexes = [change]
        statements = [statement]
        scans = index.scans
    }
}

extension TableIndex {
    func quotedTable() throws(PostgresError) -> String { try identifier(tableSchema, tableName).sql }

    /// - Throws: What needs this index: `index.constraint`, `index.partition_child`.
    func refuseNeeded() throws {
        if parent != nil {
            throw Failure(
                .indexPartitionChild, "\(label) is the part of a partitioned index that belongs to \(tableLabel)",
                detail: "Nothing was changed.", hint: "drop the index of the partitioned table: all of it goes")
        }
        if let constraint {
            throw Failure(
                .indexConstraint, "\(label) is what the constraint \(constraint.name) of \(tableLabel) is made of",
                detail: "Nothing was changed.",
                hint:
                    "if the constraint is to go: ALTER TABLE \(try quotedTable()) DROP CONSTRAINT \(try identifier(constraint.name))"
            )
        }
        if isReferenced {
            throw Failure(
                .indexConstraint, "foreign keys of other tables refer to the columns of \(label)",
                detail: "Nothing was changed.",
                hint: "drop those first: SELECT conrelid::regclass, conname FROM pg_constraint WHERE conindid = \(oid)")
        }
        if isReplicaIdentity {
            throw Failure(
                .indexConstraint,
                "\(label) is the replica identity of \(tableLabel): subscribers find their rows by it",
                detail: "Nothing was changed.",
                hint: "choose another first: ALTER TABLE \(try quotedTable()) REPLICA IDENTITY USING INDEX …")
        }
    }
}
