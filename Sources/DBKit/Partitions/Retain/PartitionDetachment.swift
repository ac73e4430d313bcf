import Operations
import Postgres

/// DETACH PARTITION, in the form that stops nobody where the server has it, else under a lock of a twentieth of a second.
struct PartitionDetachment: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let maximumWait: Duration
    let table: PartitionedTable
    let partition: Partition

    /// How often a lock is asked for at the least, whatever `--wait` says.
    static let tries = 15

    private enum State: Sendable {
        case attached, pending, detached
    }

    /// With a default partition there is no other form than the one that locks the whole table.
    var isConcurrent: Bool { table.fallback == nil }

    var statement: Query {
        get throws {
            let form: SQLFragment = isConcurrent ? " CONCURRENTLY" : ""
            return "ALTER TABLE \(try table.sql()) DETACH PARTITION \(try partition.sql())\(form)"
        }
    }

    var finalization: Query {
        get throws { "ALTER TABLE \(try table.sql()) DETACH PARTITION \(try partition.sql()) FINALIZE" }
    }

    /// - Throws: `partition.locked` when nothing was changed; `partition.detach_pending`
    func run(_ mark: RetainMark) async throws {
        let commenting = try MarkedTable.commenting(partition.sql(), mark.text)
        guard isConcurrent else {
            let statement = try statement
            return try await lock.run(statement.text) { session in
                try session.execute("LOCK TABLE ONLY \(try table.sql()) IN ACCESS EXCLUSIVE MODE")
                try requireSame(in: session)
                try session.execute(commenting)
                try session.execute(statement)
            }
        }
        try await lock.run(commenting.text) { session in
            try session.execute(commenting)
            try requireSame(in: session)
        }
        do {
            try await ConcurrentDetach(
                request: request, maximumWait: maximumWait, query: statement, label: partition.label
            ).run()
        } catch {
            try await recover(from: error, mark)
        }
    }

    /// Finishes what an interrupted DETACH CONCURRENTLY has begun.
    ///
    /// - Throws: `partition.detach_pending`
    func finalize() async throws {
        do {
            let finalization = try finalization
            try await lock.run(finalization.text) { session in _ = try session.execute(finalization) }
        } catch let failure as Failure where failure.category == .busy {
            throw pending(failure.message, detail: failure.detail)
        } catch let error as PostgresError where error.kind == .server {
            throw refused(error)
        }
    }

    private var lock: BoundedLock {
        var lock = BoundedLock(
            request: request, connection: connection, tables: [partition.oid, table.oid], label: partition.label)
        lock.tries = Self.tries
        return lock
    }

    /// Whatever became of the statement: what the catalog says counts.
    private func recover(from error: any Error, _ mark: RetainMark) async throws {
        // In a task of its own, because the caller's may be cancelled.
        let found: State? = try? await Task { try await connection.run { session in try state(in: session) } }.value
        switch found {
        case .detached: return
        case .pending where !Task.isCancelled:
            if error is ConcurrentDetach.QueuedOthers { return try await finalize() }
            if let error = error as? PostgresError, error.kind == .server { throw refused(error) }
            throw pending(reason(error), detail: (error as? StatementWatch.WaitedTooLong)?.blockers.sentences)
        case .pending:
            var failure = pending("it was stopped", detail: nil)
            failure.category = .interrupted
            failure.code = .runInterrupted
            throw failure
        case .attached:
            await unmark(mark)
            throw unchanged(error)
        case nil: throw unchanged(error)
        }
    }

    private func state(in session: Session) throws -> State {
        let query = Query(embedded: PackageResources.retain_state_sql, binds: [partition.oid, table.oid])
        guard let row = try session.rows(query).first else { return .detached }
        return try row.value("is_pending") ? .pending : .attached
    }

    /// The comment that was there before; what cannot be put back now, the next run puts back.
    private func unmark(_ mark: RetainMark) async {
        let commenting = try? MarkedTable.commenting(partition.sql(), mark.comment)
        guard let commenting else { return }
        _ = try? await Task { try await connection.run { session in _ = try session.execute(commenting) } }.value
    }

    private func reason(_ error: any Error) -> String {
        guard let waited = error as? StatementWatch.WaitedTooLong else { return Failure(describing: error).message }
        return "it waited \(maximumWait.spelled) for those who use \(table.label) (\(waited.phase)), and was ended"
    }

    private func unchanged(_ error: any Error) -> any Error {
        switch error {
        case let waited as StatementWatch.WaitedTooLong:
            Failure(
                .partitionLocked, "DETACH of \(partition.label): \(reason(error))",
                detail: (["Nothing was changed."] + waited.blockers.map(\.sentence)).joined(separator: "\n"),
                hint: "\(waited.blockers.remedy); or allow longer with --max-wait, and run the same command again")
        case let queued as ConcurrentDetach.QueuedOthers:
            Failure(
                .partitionLocked,
                "DETACH of \(partition.label) would have made others queue for \(queued.relation), and was ended",
                detail: "Nothing was changed.", hint: "run the same command again")
        default: error
        }
    }

    private func pending(_ reason: String, detail: String?) -> Failure {
        Failure(
            .partitionDetachPending, "\(partition.label) is half detached from \(table.label): \(reason)",
            detail: [
                "Queries of \(table.label) do not see its rows any more, and nothing is lost; no other partition of it can be detached until this is finished.",
                detail,
            ].compactMap { $0 }.joined(separator: "\n"),
            hint:
                "run the same command again: it finishes this first. By hand: ALTER TABLE \(table.typed) DETACH PARTITION \(partition.typed) FINALIZE"
        )
    }

    /// Trying again does not mend what the server says no to, unless somebody ended the statement.
    private func refused(_ error: PostgresError) -> Failure {
        let failure = Failure(error)
        guard failure.category == .refused, error.sqlState != .queryCanceled else {
            return pending(failure.message, detail: failure.detail)
        }
        var half = pending(failure.message, detail: failure.detail)
        half.hint = failure.hint ?? "mend what the server says, then run the same command again: it finishes this first"
        return half
    }

    /// Since it was looked at, somebody may have put another table in its place, or other rows into its range.
    private func requireSame(in session: Session) throws {
        let query = Query(embedded: PackageResources.partition_children_sql, binds: [[table.oid]])
        let now = try session.rows(query).map { try Partition($0, key: table.key.type) }
        guard let found = now.first(where: { $0.oid == partition.oid }), found.bounds == partition.bounds,
            found.label == partition.label, !found.isDetachPending
        else {
            throw Failure(
                .partitionLocked, "\(partition.label) was changed by somebody at this moment",
                detail: "Nothing of it was changed by this run.", hint: "run the same command again: it looks anew")
        }
    }
}
