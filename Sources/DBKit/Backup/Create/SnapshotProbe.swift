import Postgres
import Synchronization

/// Asks the server over the snapshot's session, which is idle meanwhile, whether it is still there.
///
/// A question that is under way ends the transaction when it is cancelled, and the snapshot with it. So it is not a child
/// of whoever waits: it ends early only when nobody needs the snapshot any more. Without that end, a run that was
/// stopped would wait for the answer of a frozen server.
final class SnapshotProbe: Sendable {
    private enum State: Sendable {
        case idle
        case asking(Task<Void, any Error>)
        case needless
    }

    private let connection: Connection
    private let state = Mutex(State.idle)

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// Returns when the server has answered, whether the calling task is cancelled or not.
    func ask() async throws {
        let question = state.withLock { state -> Task<Void, any Error>? in
            guard case .idle = state else { return nil }
            let task = Task { [connection] in
                try await connection.run { session in _ = try session.rows("SELECT 1", timeout: .seconds(60)) }
            }
            state = .asking(task)
            return task
        }
        guard let question else { throw CancellationError() }
        try await question.value
        state.withLock { state in
            if case .asking = state { state = .idle }
        }
    }

    /// The snapshot is of no use any more.
    func giveUp() {
        state.withLock { state in
            if case .asking(let question) = state { question.cancel() }
            state = .needless
        }
    }
}
