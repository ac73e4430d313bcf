import Operations
import Postgres

/// DROP TABLE of a retired partition, with what has to be true under its lock: it is the very table that was marked, it is
/// nobody's partition, and where it was archived, every row of it is in the set.
struct PartitionRemoval: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let table: MarkedTable
    let parent: PartitionedTable

    /// - Parameter difference: Compares the rows with the archived ones; nil where they are to be lost.
    /// - Throws: `partition.archive_stale`, `partition.locked`
    func run(comparing difference: (@Sendable (Session) throws -> String?)?) async throws {
        let statement = MarkedTable.dropping(try table.sql())
        var lock = BoundedLock(
            request: request, connection: connection, tables: [table.oid], label: table.label)
        // To compare again and again would cost more than to come back.
        lock.tries = difference == nil ? PartitionDetachment.tries : 5
        let found = try await lock.run(statement.text) { session -> String? in
            guard let difference else {
                try session.execute("LOCK TABLE \(try table.sql()) IN ACCESS EXCLUSIVE MODE")
                try requireSame(in: session)
                try session.execute(statement)
                return nil
            }
            // Kept until the DROP: no row can come in between, and whoever reads goes on reading.
            try session.execute("LOCK TABLE \(try table.sql()) IN SHARE ROW EXCLUSIVE MODE")
            try requireSame(in: session)
            if let found = try difference(session) { return found }
            try drop(statement, in: session)
            return nil
        }
        if let found { throw stale(found) }
    }

    /// Comparing may have taken long: the locks of the DROP are asked for again and again, without comparing anew.
    private func drop(_ statement: Query, in session: Session) throws {
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(50), cap: .milliseconds(500))
        for attempt in 1... {
            do {
                try session.savepoint { session in _ = try session.execute(statement) }
                return
            } catch let error as PostgresError
                where error.sqlState == .lockNotAvailable && attempt < PartitionDetachment.tries
            {
                // A statement, so that cancelling the task ends this wait too.
                _ = try session.rows("SELECT pg_catalog.pg_sleep(\(pace.wait(beforeRepetition: attempt).seconds))")
            } catch { throw error }
        }
    }

    private func requireSame(in session: Session) throws {
        guard try MarkedTable.find(of: parent, in: session).contains(table) else {
            throw Failure(
                .partitionDetached, "\(table.label) was changed by somebody: it is not the table that was detached",
                detail: "It was left as it is.", hint: "run the same command again: it looks anew")
        }
    }

    private func stale(_ difference: String) -> Failure {
        Failure(
            .partitionArchiveStale,
            "\(table.label) was not dropped: it holds other rows than its archive: \(difference)",
            detail: "It is detached and whole; somebody has written to it since it was archived.",
            hint:
                "find who writes to \(table.typed), and run the same command again: it archives it anew, and then drops it"
        )
    }
}
