import Operations
import Postgres

/// An index that a CONCURRENTLY statement began and did not finish: it costs every write and serves no query.
struct InvalidIndex: Sendable {
    var schema: String
    var name: String
    var isValid: Bool
    /// Somebody is building it at this moment.
    var isBeingBuilt: Bool
    /// Its key columns or expressions and its predicate, as the server writes them.
    var keys: String
    var predicate: String?

    var label: String { "\(schema).\(name)" }

    /// The index of this name on this table; nil when there is none.
    static func find(_ index: ConcurrentIndex, in session: Session) throws -> InvalidIndex? {
        guard let name = index.name else { return nil }
        let query = Query(embedded: PackageResources.migrations_index_sql, binds: [try index.table.quoted(), name])
        return try session.rows(query).first.map(InvalidIndex.init)
    }

    /// On this table, with a name as the server chooses them, and built by nobody.
    static func unnamed(on table: WrittenName, in session: Session) throws -> [InvalidIndex] {
        let query = Query(embedded: PackageResources.migrations_unnamed_index_sql, binds: [try table.quoted()])
        return try session.rows(query).map(InvalidIndex.init)
    }

    /// Those that interrupted migrations and REINDEX CONCURRENTLY statements have left in this database.
    static func left(in session: Session) throws -> [InvalidIndex] {
        let reindexed = try session.rows(Query(embedded: PackageResources.migrations_reindexed_sql))
        guard try !MigrationHistory.read(in: session).isEmpty else { return try reindexed.map(InvalidIndex.init) }
        let begun = try session.rows(Query(embedded: PackageResources.migrations_unfinished_indexes_sql))
        return try (Array(reindexed) + Array(begun)).map(InvalidIndex.init)
    }

    /// Drops what interrupted REINDEX CONCURRENTLY statements left in this database, and nothing that is being built.
    ///
    /// - Returns: The names.
    static func sweepReindexed(in session: Session) throws -> [String] {
        let left = try session.rows(Query(embedded: PackageResources.migrations_reindexed_sql)).map(InvalidIndex.init)
        for index in left { try index.drop(in: session) }
        return left.map(\.label)
    }

    /// Without stopping anybody.
    func drop(in session: Session) throws {
        try session.limit(.lock, to: .zero, isLocal: false)
        try session.execute("DROP INDEX CONCURRENTLY IF EXISTS \(identifier(schema)).\(identifier(name))")
    }
}

extension InvalidIndex {
    init(_ row: Row) throws {
        self.init(
            schema: try row.value("schema"), name: try row.value("name"), isValid: try row.value("is_valid"),
            isBeingBuilt: try row.value("is_being_built"), keys: try row.value("keys"),
            predicate: try row.value("predicate"))
    }
}
