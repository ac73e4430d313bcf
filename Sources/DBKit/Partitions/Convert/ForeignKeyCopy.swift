import Operations
import Postgres

/// A foreign key of a table, made again on another one without reading its rows.
///
/// Before version 18 a partitioned table takes none that is NOT VALID. So each partition gets its own; once they are
/// validated, one is added to their parent, which makes them its parts without reading anything (``PendingKeys``).
struct ForeignKeyCopy: Sendable, Hashable {
    var name: String
    /// Without NOT VALID.
    var definition: String
    var comment: String?

    static func read(_ table: Int64, in session: Session) throws -> [ForeignKeyCopy] {
        try session.rows(Query(embedded: PackageResources.convert_foreign_keys_sql, binds: [table])).map { row in
            try ForeignKeyCopy(
                name: row.value("name"), definition: row.value("definition"), comment: row.value("comment"))
        }
    }

    func statements(on table: Int64, isPartitioned: Bool, in session: Session) throws -> [Query] {
        let isWhole = !isPartitioned || session.serverVersion.major >= 18
        let places = try session.rows(
            """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS place
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE CASE WHEN \(isWhole) THEN c.oid = \(table)::bigint::oid
                       ELSE c.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(\(table)::bigint::oid) AS t WHERE t.isleaf) END
            """
        ).map { try $0.value("place", as: String.self) }
        let name = try identifier(name)
        return try places.flatMap { text -> [Query] in
            let place = ServerText(catalog: text)
            var all: [Query] = [
                "ALTER TABLE \(place) ADD CONSTRAINT \(name) \(ServerText(catalog: definition)) NOT VALID"
            ]
            if let comment { all.append("COMMENT ON CONSTRAINT \(name) ON \(place) IS \(try literal(comment))") }
            return all
        }
    }
}

/// Foreign keys that a swap has left NOT VALID: they hold for what is written since, and are now made to hold for all.
struct PendingKeys: Sendable {
    struct Key: Sendable, Hashable {
        /// Quoted.
        var place: String
        var name: String
        /// Of a partition, to become part of its parent's.
        var isPart: Bool
        var isValid: Bool
        var definition: String
        var comment: String?
    }

    let request: PartitionRequest
    let connection: Connection
    /// What is in use.
    let table: Int64
    let sql: SQLFragment
    let label: String

    /// - Throws: `partition.convert_foreign_key`, `partition.locked`
    func validate() async throws {
        let keys = try await connection.run { try read(in: $0) }
        for key in keys where !key.isValid { try await validate(key) }
        var parts: [String: Key] = [:]
        for key in keys where key.isPart { parts[key.name] = key }
        for key in parts.values.sorted(by: { $0.name < $1.name }) {
            let name = try identifier(key.name)
            let add: Query = "ALTER TABLE \(sql) ADD CONSTRAINT \(name) \(ServerText(catalog: key.definition))"
            let lock = BoundedLock(
                request: request, connection: connection, tables: [table], label: label, total: request.lockTimeout)
            try await lock.run(add.text) { session in
                try session.execute(add)
                guard let comment = key.comment else { return }
                try session.execute("COMMENT ON CONSTRAINT \(name) ON \(sql) IS \(try literal(comment))")
            }
        }
    }

    private func read(in session: Session) throws -> [Key] {
        try session.rows(Query(embedded: PackageResources.convert_pending_keys_sql, binds: [table])).map { row in
            try Key(
                place: row.value("place"), name: row.value("name"),
                isPart: row.value("is_part"), isValid: row.value("is_valid"), definition: row.value("definition"),
                comment: row.value("comment"))
        }
    }

    /// Reads all rows, and stops neither readers nor writers.
    private func validate(_ key: Key) async throws {
        let statement: Query =
            "ALTER TABLE \(ServerText(catalog: key.place)) VALIDATE CONSTRAINT \(try identifier(key.name))"
        request.onEvent(.running(statement.text))
        do {
            try await PatientRetry(request, key.place).run {
                try await connection.run { session in _ = try session.execute(statement) }
            }
        } catch let error as PostgresError where error.sqlState?.code == "23503" {
            throw Failure(
                .partitionConvertForeignKey,
                "\(key.place): the foreign key \(key.name) does not hold: \(error.message)",
                detail:
                    "\(label) is in use, and what is written since is checked.\n\(error.detail ?? "")",
                hint: "correct those rows, and run the same command again", sqlState: error.sqlState?.code)
        } catch { throw error }
    }
}
