import Operations
import Postgres

/// The end of a drain, in one transaction: the last changes, the rows' removal from the default partition, the comparison of
/// both, and ATTACH. Whoever reads sees the rows in one place or in the other, and never in both or in none.
///
/// All is locked at the parent first. Whoever had come to the default partition by its old bounds would find them changed
/// there: a writer's row would be refused, and a reader would miss the rows altogether (*seen*: both, `PartitionDrainTests`).
/// So writers of the table wait for all of it, and readers for the ATTACH at its end.
struct DrainSwap: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let queue: DrainQueue
    let columns: DrainColumns
    let child: SQLFragment
    let attachment: PartitionAttachment

    /// - Returns: How many rows moved.
    /// - Throws: `partition.locked`, `partition.drain_differs`
    func run() async throws -> Int64 {
        let fallback = queue.fallback
        return try await BoundedLock(
            request: request, connection: connection, tables: [fallback.oid, queue.table.oid], label: fallback.label
        ).run("ATTACH \(queue.check.text) to \(queue.table.label)") { session in
            try session.execute("LOCK TABLE ONLY \(try queue.table.sql()) IN SHARE ROW EXCLUSIVE MODE")
            try attachment.refuseOverlap(in: session)
            try session.execute("LOCK TABLE \(try fallback.sql()) IN SHARE ROW EXCLUSIVE MODE")
            try DrainReplay(queue: queue, columns: columns, child: child).run(in: session)
            let triggers = try silence(session)
            let moved = try remove(in: session)
            try compare(moved, in: session)
            try lockReaders(in: session)
            for trigger in triggers { try trigger.restore(on: fallback, in: session) }
            try queue.drop(in: session)
            try session.execute(attachment.statement)
            try attachment.finish(fallback, in: session)
            return moved.count
        }
    }

    private struct Content: Sendable, Hashable {
        var count: Int64
        var sum: String
    }

    private func remove(in session: Session) throws -> Content {
        let row = try session.row(
            """
            WITH gone AS (DELETE FROM ONLY \(try queue.fallback.sql()) AS d WHERE \(try queue.check.inside)
                          RETURNING \(columns.text(of: "d")) AS text)
            SELECT count(*) AS count, coalesce(sum(pg_catalog.hashtextextended(text, 0)), 0)::text AS sum FROM gone
            """)
        return Content(count: try row.value("count"), sum: try row.value("sum"))
    }

    private func compare(_ moved: Content, in session: Session) throws {
        let row = try session.row(
            """
            SELECT count(*) AS count, coalesce(sum(pg_catalog.hashtextextended(\(columns.text(of: "c")), 0)), 0)::text AS sum
            FROM \(child) AS c
            """)
        let copied = Content(count: try row.value("count"), sum: try row.value("sum"))
        guard copied == moved else {
            throw Self.differs(
                queue,
                "\(moved.count) rows are in the default partition, \(copied.count) in the copy, or they are not the same"
            )
        }
    }

    static func differs(_ queue: DrainQueue, _ why: String) -> Failure {
        Failure(
            .partitionDrainDiffers,
            "the copy of \(queue.check.text) of \(queue.fallback.label) is not what it should be: \(why)",
            detail:
                "Every row that was not deleted is still in the default partition; the copy was not attached. Somebody may have used TRUNCATE, or switched triggers off.",
            hint:
                "run the same command again: it copies anew. Should it say that the copy has rows that are nowhere else, look at them first"
        )
    }

    /// Triggers would take the rows' removal for a deletion: an audit would say so, a counter count it.
    private struct SilentTrigger: Sendable {
        var name: String
        var enabled: String

        func restore(on fallback: Partition, in session: Session) throws {
            guard name != DrainQueue.trigger else { return }
            let form: SQLFragment = enabled == "A" ? "ENABLE ALWAYS" : enabled == "R" ? "ENABLE REPLICA" : "ENABLE"
            try session.execute("ALTER TABLE \(try fallback.sql()) \(form) TRIGGER \(try identifier(name))")
        }
    }

    private func silence(_ session: Session) throws -> [SilentTrigger] {
        let fallback = try queue.fallback.sql()
        let rows = try session.rows(
            "SELECT tgname::text AS name, tgenabled::text AS enabled FROM pg_catalog.pg_trigger WHERE tgrelid = \(queue.fallback.oid)::bigint::oid AND NOT tgisinternal AND tgenabled <> 'D'"
        )
        let triggers = try rows.map { SilentTrigger(name: try $0.value("name"), enabled: try $0.value("enabled")) }
        for trigger in triggers {
            try session.execute("ALTER TABLE \(fallback) DISABLE TRIGGER \(try identifier(trigger.name))")
        }
        return triggers
    }

    /// By now much is done that would have to be done again, so this lock is tried for a while within the transaction:
    /// readers wait a twentieth of a second at a time, and writers as long as `--lock-timeout`.
    private func lockReaders(in session: Session) throws {
        let deadline = ContinuousClock.now + request.lockTimeout
        let parent: Query = "LOCK TABLE ONLY \(try queue.table.sql()) IN ACCESS EXCLUSIVE MODE"
        let fallback: Query = "LOCK TABLE \(try queue.fallback.sql()) IN ACCESS EXCLUSIVE MODE"
        while true {
            do {
                try session.savepoint { session in
                    try session.execute(parent)
                    try session.execute(fallback)
                }
                return
            } catch let error as PostgresError
                where error.sqlState == .lockNotAvailable && ContinuousClock.now < deadline
            {
                try session.execute("SELECT pg_catalog.pg_sleep(\(Double.random(in: 0...0.1)))")
            } catch { throw error }
        }
    }
}
