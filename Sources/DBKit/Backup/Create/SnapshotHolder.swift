import Operations
import Postgres

/// The session that owns the snapshot: it locks every table before anything is read and keeps the locks until the last
/// row is out, so that no table is truncated, rewritten or dropped under the backup's hands.
///
/// Whatever gets in the way (a queued ALTER, a TRUNCATE between snapshot and lock) means a new snapshot; how often is
/// bounded by the time that `--lock-wait` gives, then it is 75.
struct SnapshotHolder: Sendable {
    let connection: Connection
    let server: ServerFacts
    let snapshot: SnapshotID
    let time: String
    let xmin: String
    let relations: [DatabaseFacts.Relation]
    let started: ContinuousClock.Instant

    /// Takes a snapshot and locks everything, or says who is in the way.
    static func open(
        _ parameters: ConnectionParameters, applicationName: String, lockWait: Duration,
        deadline: ContinuousClock.Instant
    ) async throws -> SnapshotHolder {
        var settings = SessionSettings(applicationName: applicationName)
        settings.idleInTransactionTimeout = .zero
        settings.isReadOnly = true
        // Short tries: whoever waits for a lock of ours, or we for theirs, must not stall the readers behind us.
        settings.lockTimeout = min(.seconds(2), max(.milliseconds(100), lockWait / 10))
        let connection = try await BackupSession.open(parameters, settings)
        do {
            return try await hold(connection, deadline: deadline)
        } catch {
            await connection.close()
            throw error
        }
    }

    func close() async {
        await connection.close()
    }

    private static func hold(
        _ connection: Connection, deadline: ContinuousClock.Instant
    ) async throws -> SnapshotHolder {
        var attempt = 0
        while true {
            attempt += 1
            let outcome = try await connection.run { session in try takeSnapshot(session) }
            switch outcome {
            case .ready(let server, let snapshot, let time, let xmin, let relations):
                return SnapshotHolder(
                    connection: connection, server: server, snapshot: snapshot, time: time, xmin: xmin,
                    relations: relations, started: .now)
            case .again(let reason):
                try await connection.run { session in _ = try session.execute("ROLLBACK") }
                guard ContinuousClock.now < deadline else { throw reason }
                let policy = RetryPolicy(attempts: 100)
                var generator = SystemRandomNumberGenerator()
                try await Task.sleep(for: policy.wait(beforeRepetition: attempt, using: &generator))
            }
        }
    }

    private enum Outcome: Sendable {
        case ready(ServerFacts, SnapshotID, time: String, xmin: String, [DatabaseFacts.Relation])
        /// The snapshot is of no use; what to say should the time be over.
        case again(Failure)
    }

    private static func takeSnapshot(_ session: Session) throws -> Outcome {
        // Before the snapshot, so that the LSN is a lower bound.
        let server = try ServerFacts.read(session)
        // No conversion exists there, and names need not be UTF-8.
        if server.encoding == "SQL_ASCII" { try session.useEncoding(server.encoding) }
        try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY, NOT DEFERRABLE")
        let snapshot = try session.exportSnapshot()
        let facts = try session.row(Query(embedded: PackageResources.snapshot_facts_sql))
        let relations = try DatabaseFacts.relations(session)
        let lockable = relations.filter { $0.isLockable }
        try refuseHoles(lockable, role: server.role)
        for batch in lockable.batches(of: 100) {
            do {
                try session.savepoint { session in
                    let names = try batch.map { try $0.identifier }
                    _ = try session.execute("LOCK TABLE \(names) IN ACCESS SHARE MODE")
                }
            } catch let error as PostgresError {
                switch error.sqlState {
                case .lockNotAvailable:
                    return .again(try LockContention.failure(session, batch.map(\.oid)))
                case .undefinedTable:
                    return .again(
                        Failure(.backupUnstable, "a table was dropped while the backup began: \(error.message)"))
                case SQLState("53200"):
                    throw lockTableFull(relations.count, server)
                default: throw Failure(error, while: "cannot lock \(batch.count) tables for reading")
                }
            }
        }
        let rewritten = try session.rows(
            Query(embedded: PackageResources.rewritten_sql, binds: [lockable.map(\.oid)])
        ).map { row in
            "\(try row.value("schema") as String).\(try row.value("name") as String)"
        }
        guard rewritten.isEmpty else {
            return .again(
                Failure(
                    .backupUnstable,
                    "truncated or rewritten while the backup began: \(rewritten.joined(separator: ", "))"))
        }
        return .ready(
            server, snapshot, time: try facts.value("time"), xmin: try facts.value("xmin"), relations)
    }

    /// What would make a backup with holes is refused before the first byte (B8).
    private static func refuseHoles(_ tables: [DatabaseFacts.Relation], role: String) throws {
        let hidden = tables.filter(\.hidesRows).map(\.displayName)
        guard hidden.isEmpty else {
            throw Failure(
                .backupHiddenRows,
                "row-level security hides rows of \(hidden.joined(separator: ", ")) from the role \(role)",
                hint: "ALTER ROLE \(role) BYPASSRLS, or back up as the owner of the table; no GRANT cures it")
        }
        let unreadable = tables.filter { !$0.isReadable }.map(\.displayName)
        guard unreadable.isEmpty else {
            throw Failure(
                .backupUnreadable, "the role \(role) may not read \(unreadable.joined(separator: ", "))",
                hint: "GRANT pg_read_all_data TO \(role)")
        }
    }

    private static func lockTableFull(_ count: Int, _ server: ServerFacts) -> Failure {
        Failure(
            .backupLockTable, "the server's lock table is too small for \(count) relations",
            detail: "max_locks_per_transaction is \(server.maxLocks)",
            hint:
                "raise max_locks_per_transaction to \(max(128, count / 50)) in postgresql.conf and restart the server",
            sqlState: "53200")
    }
}

extension DatabaseFacts.Relation {
    /// What LOCK TABLE takes; an extension's own tables hold nothing of the user's.
    var isLockable: Bool { (kind == .table || kind == .partitioned) }

    var identifier: Identifier {
        get throws { try Postgres.identifier(schema.text, name.text) }
    }
}

/// Facts about server and role, read at the beginning.
struct ServerFacts: Sendable {
    var version: String
    var major: Int
    var database: String
    var role: String
    var encoding: String
    var isStandby: Bool
    var lsn: String
    var maxLocks: String
    var isSuperuser: Bool
    var hiddenSubscriptions: Int
    var hiddenUserMappings: Int

    static func read(_ session: Session) throws -> ServerFacts {
        let row = try session.row(Query(embedded: PackageResources.server_facts_sql))
        return ServerFacts(
            version: try row.value("server_version"), major: session.serverVersion.major,
            database: try row.value("database"), role: try row.value("role"), encoding: try row.value("encoding"),
            isStandby: try row.value("is_standby"), lsn: try row.value("lsn"), maxLocks: try row.value("max_locks"),
            isSuperuser: try row.value("is_superuser"), hiddenSubscriptions: try row.value("subscriptions"),
            hiddenUserMappings: try row.value("user_mappings"))
    }
}

/// Who keeps readers away from a table.
enum LockContention {
    /// `backup.locked` with the blocker's pid, age and query (B9).
    static func failure(_ session: Session, _ tables: [UInt32]) throws -> Failure {
        try find(session, tables)
            ?? Failure(
                .backupLocked, "a table could not be locked for reading; whoever held it is gone by now",
                hint: "run it again, or raise --lock-wait")
    }

    /// Nil when nobody is in the way.
    static func find(_ session: Session, _ tables: [UInt32]) throws -> Failure? {
        // Activity is a snapshot of its own inside a transaction.
        _ = try session.rows("SELECT pg_stat_clear_snapshot()")
        let rows = try session.rows(
            Query(embedded: PackageResources.lock_blockers_sql, binds: [tables]))
        guard let row = rows.first else { return nil }
        let pid: Int32 = try row.value("pid")
        let age: Double = try row.value("age")
        let table = "\(try row.value("schema") as String).\(try row.value("name") as String)"
        let isGranted: Bool = try row.value("granted")
        return Failure(
            .backupLocked,
            "\(table) could not be locked for reading: pid \(pid) \(isGranted ? "holds" : "waits for") ACCESS EXCLUSIVE "
                + "on it, its transaction is \(Int(age)) s old",
            detail: "pid \(pid) runs: \(try row.value("query") as String)",
            hint:
                "wait for it or end it (SELECT pg_terminate_backend(\(pid))), or raise --lock-wait; nothing was published"
        )
    }
}

extension Array {
    func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
