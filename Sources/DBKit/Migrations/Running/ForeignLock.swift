import Operations
import Postgres

/// The advisory lock of another migration tool whose history lies in this database: who still deploys with it is kept
/// out while we change things, and keeps us out.
///
/// Taken inside of each transaction, so that it ends with it, also through a pooler. Never around a CONCURRENTLY
/// statement: their waiters block in `pg_advisory_lock()` with a snapshot that it would wait for.
struct ForeignLock: Hashable {
    var tool: String
    var key: Int64

    /// Those of the tools that have a history here.
    static func present(in session: Session) throws -> [ForeignLock] {
        let row = try session.row("SELECT current_database()::text AS name")
        let database: String = try row.value("name")
        return try session.rows(Query(embedded: PackageResources.migrations_foreign_sql)).map { row in
            let tool: String = try row.value("tool")
            return ForeignLock(
                tool: tool,
                key: key(of: tool, database: database, schema: try row.value("schema"), table: try row.value("name")))
        }
    }

    /// Sources: prisma-engines `schema-engine/…/postgres`, App::Sqitch::Engine::pg, goose `lock/postgres.go`,
    /// golang-migrate `database/util.go`, sqlx `sqlx-postgres/src/migrate.rs`.
    static func key(of tool: String, database: String, schema: String, table: String) -> Int64 {
        switch tool {
        case "prisma": return 72_707_369
        case "sqitch": return 75_474_063
        case "goose": return 4_097_083_626
        case "sqlx": return 0x3d32_ad9e * Int64(CRC32.of(database.utf8))
        default:
            let salt: UInt32 = 1_486_364_155
            return Int64(CRC32.of("\(schema)\0\(table)\0\(database)".utf8) &* salt)
        }
    }

    /// Takes all of them, by polling, or says who is in the way.
    static func take(_ locks: [ForeignLock], wait: Duration, in session: Session) throws {
        let deadline = ContinuousClock.now + wait
        for lock in locks {
            while true {
                let isTaken: Bool = try session.row("SELECT pg_catalog.pg_try_advisory_xact_lock(\(lock.key)) AS taken")
                    .value("taken")
                if isTaken { break }
                guard ContinuousClock.now < deadline else { throw try lock.busy(in: session) }
                try session.execute("SELECT pg_catalog.pg_sleep(0.1)")
            }
        }
    }

    private func busy(in session: Session) throws -> Failure {
        let holder = try JobLock.holder(of: key, session)
        return Failure(
            .lockHeld, "\(tool) is migrating this database: \(holder?.description ?? "its session has just ended")",
            detail: [holder?.doing, "Nothing was changed."].compactMap(\.self).joined(separator: "\n"),
            hint: [holder?.remedy, "run the same command again, or wait longer with --wait 10m"]
                .compactMap(\.self).joined(separator: "; "))
    }
}
