import Operations
import Postgres

/// An index that a CONCURRENTLY statement began and did not finish: it costs every write and serves no query.
struct InvalidIndex: Sendable {
    var schema: String
    var name: String
    var isValid: Bool
    /// Somebody is at an index of its table at this moment.
    var build: LiveIndexBuild?

    var oid: Int64
    var table: Int64

    var label: String { "\(schema).\(name)" }
    var isBeingBuilt: Bool { !isValid && build != nil }

    /// The index of this name on this table; nil when there is none.
    static func find(_ index: ConcurrentIndex, in session: Session) throws -> InvalidIndex? {
        guard let name = index.name else { return nil }
        let query = Query(embedded: PackageResources.migrations_index_sql, binds: [try index.table.quoted(), name])
        guard var found = try session.rows(query).first.map(InvalidIndex.init) else { return nil }
        found.build = try LiveIndexBuild.find(on: found.table, in: session)
        return found
    }

    /// On this table, with a name as the server chooses them; the newest first.
    static func unnamed(on table: WrittenName, in session: Session) throws -> [InvalidIndex] {
        let query = Query(embedded: PackageResources.migrations_unnamed_index_sql, binds: [try table.quoted()])
        var found = try session.rows(query).map(InvalidIndex.init)
        guard let build = try found.first.flatMap({ try LiveIndexBuild.find(on: $0.table, in: session) }) else {
            return found
        }
        for place in found.indices where build.indexOID ?? found[place].oid == found[place].oid {
            found[place].build = build
        }
        return found
    }

    /// Without those of tables on which somebody is building.
    private static func dead(_ rows: Rows, in session: Session) throws -> [InvalidIndex] {
        let found = try rows.map(InvalidIndex.init)
        guard !found.isEmpty else { return [] }
        let builds = try LiveIndexBuild.all(in: session)
        return found.filter { builds[$0.table] == nil }
    }

    /// Those that interrupted migrations and REINDEX CONCURRENTLY statements have left in this database.
    static func left(in session: Session) throws -> [InvalidIndex] {
        let reindexed = try session.rows(Query(embedded: PackageResources.migrations_reindexed_sql))
        let left = try dead(reindexed, in: session)
        guard try !MigrationHistory.read(in: session).isEmpty else { return left }
        let begun = try session.rows(Query(embedded: PackageResources.migrations_unfinished_indexes_sql))
        return try left + dead(begun, in: session)
    }

    /// Drops what interrupted REINDEX CONCURRENTLY statements left in this database, and nothing that is being built.
    ///
    /// - Returns: The names.
    static func sweepReindexed(in session: Session, within limit: Duration) throws -> [String] {
        let rows = try session.rows(Query(embedded: PackageResources.migrations_reindexed_sql))
        let left = try dead(rows, in: session)
        for index in left { try index.drop(in: session, within: limit) }
        return left.map(\.label)
    }

    /// Without stopping anybody, and for no longer than a CONCURRENTLY statement may wait.
    func drop(in session: Session, within limit: Duration) throws {
        try session.limit(.lock, to: .zero, isLocal: false)
        do throws(PostgresError) {
            try session.execute(
                "DROP INDEX CONCURRENTLY IF EXISTS \(identifier(schema, name))", timeout: limit)
        } catch {
            guard error.kind == .timedOut else { throw error }
            let holders = try Blocker.holders(of: [table], in: session)
            throw Failure(
                .lockHeld,
                "\(label), INVALID since a build of it was interrupted, could not be dropped in \(limit.spelled)",
                detail: holders.sentences, hint: "\(holders.remedy), and run the same command again")
        }
    }
}

extension InvalidIndex {
    init(_ row: Row) throws {
        self.init(
            schema: try row.value("schema"), name: try row.value("name"), isValid: try row.value("is_valid"),
            oid: try row.value("oid"), table: try row.value("table_oid"))
    }
}
