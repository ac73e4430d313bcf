import Operations
import Postgres

/// How long a transaction may keep others out, from its first wish for a lock on: every statement gets what those before it
/// have left.
struct SwapBudget: Sendable {
    /// It is used up. Nothing has happened: the transaction is rolled back.
    struct Exhausted: Error, Sendable {}

    let total: Duration
    private let begun = ContinuousClock.now

    /// - Parameter stall: What a writer may wait. A fifth of it is for COMMIT, or for taking back what did not fit.
    init(stall: Duration) {
        total = stall * 0.8
    }

    var used: Duration { ContinuousClock.now - begun }

    /// What one lock may be waited for. Who waits lets everybody else wait behind him, so that most of the time is for
    /// the work.
    var patience: Duration { total / 4 }

    func left() throws(Exhausted) -> Duration {
        let left = total - used
        guard left > .zero else { throw Exhausted() }
        return left
    }

    /// Also what is read in between, and what a statement does beyond waiting.
    func bound(in session: Session) throws(PostgresError) {
        func milliseconds(_ duration: Duration) -> SQLFragment { "\(max(1, Int64(duration / .milliseconds(1))))" }
        try session.execute("SET LOCAL lock_timeout = \(milliseconds(patience))")
        try session.execute("SET LOCAL statement_timeout = \(milliseconds(total))")
    }

    func execute(_ query: Query, in session: Session) throws {
        try session.execute(query, timeout: left())
    }

    /// What the catalog has written as a statement.
    func execute(catalog statement: String, in session: Session) throws {
        try session.execute("\(ServerText(catalog: statement))", timeout: left())
    }

    /// Whether the transaction may simply come again.
    static func isRace(_ error: any Error) -> Bool {
        switch error {
        case is Exhausted, is Follower.TooMany, is OlderSnapshots.Open: true
        case let error as PostgresError:
            error.isRetryable || error.kind == .timedOut || error.kind == .server && error.sqlState == .queryCanceled
        default: false
        }
    }
}
