import Operations
import Postgres

/// The end of a drain, in one transaction: the last changes, the rows' removal from the default partition, the comparison of
/// both, and ATTACH. Whoever reads sees the rows in one place or in the other, and never in both or in none.
///
/// All is locked at the parent first. Whoever had come to the default partition by its old bounds would find them changed
/// there: a writer's row would be refused (*seen*: 23514, `PartitionDrainTests`), and a reader would miss the rows altogether.
/// So writers of the table wait for all of it, and readers for the ATTACH at its end. Writers are made to wait only once the
/// readers' lock was to be had as well: behind somebody who reads for long, neither is held up for longer than one try.
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
        let replay = DrainReplay(queue: queue, columns: columns, child: child)
        let deadline = ContinuousClock.now + request.wait
        return try await BoundedLock(
            request: request, connection: connection, tables: [fallback.oid, queue.table.oid], label: fallback.label
        ).run("ATTACH \(queue.check.text) to \(queue.table.label)") { session in
            // First what takes its time and stands in nobody's way: all of the copy is read, which nobody else can change.
            try session.execute("LOCK TABLE \(child) IN SHARE ROW EXCLUSIVE MODE")
            try replay.run(in: session)
            let copied = try content(in: session)
            try patiently(until: deadline, in: session) { session in
                try lock("SHARE ROW EXCLUSIVE", session)
                // Given back at once: what comes now is work that readers need not wait for.
                try session.undoing { session in try lock("ACCESS EXCLUSIVE", session) }
            }
            try attachment.refuseOverlap(in: session)
            let last = try replay.run(in: session)
            let triggers = try silence(session)
            let moved = try remove(in: session)
            try compare(moved, with: copied, and: last, in: session)
            // Much is done by now that would have to be done again, and writers wait: a few tries, and then they go first.
            try patiently(until: min(deadline, .now + Self.atTheEnd), in: session) { session in
                try lock("ACCESS EXCLUSIVE", session)
            }
            for trigger in triggers { try trigger.restore(on: fallback, in: session) }
            try queue.drop(in: session)
            try session.execute(attachment.statement)
            try attachment.finish(fallback, in: session)
            return moved.count
        }
    }

    private func content(in session: Session) throws -> DrainContent {
        try DrainContent(
            session.row(
                """
                SELECT count(*) AS count, coalesce(sum(pg_catalog.hashtextextended(\(columns.text(of: "dbctl_copy")), 0)), 0)::text AS sum
                FROM \(child) AS dbctl_copy
                """))
    }

    private func remove(in session: Session) throws -> DrainContent {
        try DrainContent(
            session.row(
                """
                WITH gone AS (DELETE FROM ONLY \(try queue.fallback.sql()) AS dbctl_origin WHERE \(try queue.check.inside)
                              RETURNING \(columns.text(of: "dbctl_origin")) AS text)
                SELECT count(*) AS count, coalesce(sum(pg_catalog.hashtextextended(text, 0)), 0)::text AS sum FROM gone
                """))
    }

    private func compare(
        _ moved: DrainContent, with copied: DrainContent, and last: DrainContent, in session: Session
    ) throws {
        let row = try session.row(
            "SELECT \(copied.sum)::numeric + \(last.sum)::numeric = \(moved.sum)::numeric AS is_same")
        guard try row.value("is_same"), copied.count + last.count == moved.count else {
            throw Self.differs(
                queue,
                "\(moved.count) rows are in the default partition, \(copied.count + last.count) in the copy, or they are not the same"
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

    private static let atTheEnd = BoundedLock.patience * 3

    private func lock(_ mode: SQLFragment, _ session: Session) throws {
        try session.execute("LOCK TABLE ONLY \(try queue.table.sql()) IN \(mode) MODE")
        try session.execute("LOCK TABLE \(try queue.fallback.sql()) IN \(mode) MODE")
    }

    /// Each wait is a twentieth of a second, and between two tries everybody else goes first, without what is done so far
    /// being lost.
    private func patiently(
        until deadline: ContinuousClock.Instant, in session: Session, _ body: (Session) throws -> Void
    ) throws {
        var attempt = 1
        while true {
            do { return try session.savepoint(body) } catch let error as PostgresError
                where error.sqlState == .lockNotAvailable && ContinuousClock.now < deadline
            {
                let pause = min(BoundedLock.pace.wait(beforeRepetition: attempt), deadline - .now)
                try session.execute("SELECT pg_catalog.pg_sleep(\(max(0, pause / .seconds(1))))")
                attempt += 1
            } catch { throw error }
        }
    }
}

/// What a number of rows amounts to: how many, and the sum of their texts' hashes, in which order does not matter.
struct DrainContent: Sendable, Hashable {
    var count: Int64
    /// A numeric.
    var sum: String
    /// How many notes it was made of.
    var changes = 0

    init(_ row: Row, changes: Int = 0) throws {
        count = try row.value("count")
        sum = try row.value("sum")
        self.changes = changes
    }
}
