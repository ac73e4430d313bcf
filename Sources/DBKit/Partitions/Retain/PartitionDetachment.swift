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

    private var statements: DetachStatements { DetachStatements(table: table, partition: partition) }

    /// - Throws: `partition.locked` when nothing was changed; `partition.detach_pending`
    func run(_ mark: RetainMark) async throws {
        let marking = try statements.marking(mark)
        let statement = try statements.detach
        guard statements.isConcurrent else {
            return try await lock.run(statement.text) { session in
                try session.execute("LOCK TABLE ONLY \(try table.sql()) IN ACCESS EXCLUSIVE MODE")
                try requireSame(in: session)
                try session.execute(marking)
                try session.execute(statement)
            }
        }
        try await lock.run(marking.text) { session in
            try session.execute(marking)
            try requireSame(in: session)
        }
        do {
            try await ConcurrentDetach(
                request: request, maximumWait: maximumWait, query: statement, label: partition.label
            ).run()
        } catch {
            try await recover(from: error)
        }
    }

    /// Finishes what an interrupted DETACH CONCURRENTLY has begun.
    ///
    /// - Throws: `partition.detach_pending`
    func finalize() async throws {
        do {
            let finalize = try statements.finalize
            try await lock.run(finalize.text) { session in _ = try session.execute(finalize) }
        } catch let failure as Failure where failure.category == .busy {
            throw pending(failure.message, detail: failure.detail)
        } catch let error as PostgresError where error.kind == .server {
            // Whoever had begun it may have come to its end meanwhile.
            guard await look() != .detached else { return }
            throw refused(error)
        }
    }

    private var lock: BoundedLock {
        var lock = BoundedLock(
            request: request, connection: connection, tables: [partition.oid, table.oid], label: partition.label)
        lock.tries = Self.tries
        lock.limit = maximumWait
        return lock
    }

    /// Whatever became of the statement: what the catalog says counts.
    private func recover(from error: any Error) async throws {
        switch await look() {
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
            await unmark()
            throw unchanged(error)
        case nil: throw unknown(error)
        }
    }

    /// Nil when nobody could look. In a task of its own, because the caller's may be cancelled, and where this connection is
    /// lost, over another one.
    private func look() async -> State? {
        await Task {
            if let found = try? await connection.run({ session in try state(in: session) }) { return found }
            return try? await Connection.with(
                request.server, settings: request.readerSettings, timeout: .seconds(5)
            ) { other in try await other.run { session in try state(in: session) } }
        }.value
    }

    private func state(in session: Session) throws -> State {
        let query = Query(embedded: PackageResources.retain_state_sql, binds: [partition.oid, table.oid])
        guard let row = try session.rows(query).first else { return .detached }
        return try row.value("is_pending") ? .pending : .attached
    }

    /// What cannot be taken away now, the next run takes away.
    private func unmark() async {
        guard let unmarking = try? statements.marking(nil) else { return }
        _ = try? await Task { try await connection.run { session in _ = try session.execute(unmarking) } }.value
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

    /// That nothing was changed must not be said where nobody has seen it.
    private func unknown(_ error: any Error) -> Failure {
        var failure = Failure(describing: error)
        let left =
            "The DETACH of \(partition.label) from \(table.label) had begun, and nobody could look what became of it: it is a partition still, half detached, or a table of its own. No row is lost."
        guard !failure.endsAll else {
            failure.add(detail: left)
            return failure
        }
        failure = Failure(
            .partitionDetachPending,
            "whether \(partition.label) is detached from \(table.label) is not known: \(failure.message)",
            detail: left,
            hint: "when the server answers again, run the same command: it looks, and goes on from there",
            sqlState: failure.sqlState)
        return failure
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
