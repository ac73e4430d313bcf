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
            let busy = ContinuousClock.now
            let triggers = try SilentTrigger.silence(fallback, in: session)
            let moved = try remove(in: session)
            try compare(moved, with: copied, and: last, in: session)
            // Writers wait. To begin again would cost them what is done by now once more: so that long it is tried, and not
            // for less than a few tries; then they go first.
            let patience = max(Self.atTheEnd, min(.now - busy, request.lockTimeout))
            try patiently(until: min(deadline, .now + patience), in: session) { session in
                try lock("ACCESS EXCLUSIVE", session)
            }
            for trigger in triggers { try trigger.restore(on: fallback, in: session) }
            try queue.drop(in: session)
            try attach(in: session)
            return moved.count
        }
    }

    /// What is left in the default partition is compared with its new bounds, under a lock that stops everybody.
    private func attach(in session: Session) throws {
        let fallback = queue.fallback
        let longest = Int(min(request.lockTimeout, .seconds(1_000_000)) / .milliseconds(1))
        try session.execute("SET LOCAL statement_timeout = \(SQLFragment(number: longest))")
        do {
            try session.execute(attachment.statement)
        } catch {
            guard error.isServerTimeout else { throw error }
            throw attachment.tooLarge(fallback, error)
        }
        try attachment.finish(fallback, in: session)
    }

    private func content(in session: Session) throws -> DrainContent {
        try DrainContent(
            session.row(
                """
                SELECT count(*) AS count, coalesce(sum(pg_catalog.hashtextextended(\(columns.text(of: "dbctl_copy")), 0)), 0)::text AS sum
                FROM \(child) AS dbctl_copy
                """))
    }

    /// Writers wait meanwhile, and nobody else can change a row: so two statements see the same ones. In one, by RETURNING, it
    /// took more than twice as long (*measured*: a million rows, 1.9 s and 0.8 s).
    private func remove(in session: Session) throws -> DrainContent {
        let (fallback, inside) = (try queue.fallback.sql(), try queue.check.inside)
        let found = try DrainContent(
            session.row(
                """
                SELECT count(*) AS count, coalesce(sum(pg_catalog.hashtextextended(\(columns.text(of: "dbctl_origin")), 0)), 0)::text AS sum
                FROM ONLY \(fallback) AS dbctl_origin WHERE \(inside)
                """))
        let deleted = try session.execute("DELETE FROM ONLY \(fallback) WHERE \(inside)")
        guard Int64(deleted) == found.count else {
            throw Self.differs(queue, "\(found.count) rows were to be deleted, and \(deleted) were")
        }
        return found
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
