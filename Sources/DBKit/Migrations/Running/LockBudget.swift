import Postgres

/// How long the statements of one transaction may still wait for locks.
///
/// Others queue behind the first lock that is waited for, and behind every strong one that is held until COMMIT: three
/// ALTERs with 2 s each made readers wait 3.7 s. So one `lock_timeout` is shared by all of them (`LockBudgetTests`).
struct LockBudget {
    let limit: Duration
    private var spent: Duration = .zero
    /// What the session has now; nil when a statement may have changed it.
    private var inForce: Duration?

    /// A statement always gets this much: enough for a lock that nobody holds.
    static let least = Duration.milliseconds(10)

    /// - Parameter inForce: The `lock_timeout` of the session when the transaction begins.
    init(limit: Duration, inForce: Duration) {
        self.limit = limit
        self.inForce = inForce
    }

    var remaining: Duration { max(limit - spent, LockBudget.least) }

    /// Gives the next statement what is left.
    mutating func apply(in session: Session) throws(PostgresError) {
        let remaining = remaining
        guard inForce != remaining else { return }
        try session.limit(.lock, to: max(remaining, .milliseconds(1)), isLocal: true)
        inForce = remaining
    }

    /// A statement has run. How much of it was waiting is not known, but no more than it was given.
    mutating func didRun(_ kind: StatementKind, for elapsed: Duration) {
        if kind.mayBlockOthers || spent > .zero { spent += min(elapsed, remaining) }
        if kind.mayChangeSession { inForce = nil }
    }
}
