import Operations
import Postgres

/// Looks at a server through one session that got in by the first way that leads in.
public struct Examination: Sendable {
    public var entrance: Entrance
    public var observer = Observer()
    /// Keeps two runs of the same verb on one database apart.
    public var job: String
    /// How long to wait for the other run.
    public var wait = Duration.zero

    public init(_ entrance: Entrance, job: String) {
        self.entrance = entrance
        self.job = job
    }

    /// Runs `body` in the one session, with the lock of the job held.
    ///
    /// - Throws: ``Failure`` `lock.held` when the same verb is running already; that of ``Entrance/open()``.
    func run<T: Sendable>(
        _ entry: Entrance.Entry, _ body: @escaping @Sendable (Session, Observer) throws -> T
    ) async throws -> T {
        return try await entry.connection.run { [job, wait, observer] session in
            guard !session.isPoolerConsole else { throw PoolerConsole.isInTheWay }
            var observer = observer
            if observer.cores == nil, !session.isPooled {
                observer.cores = ServerMachine.cores(servedBy: session.backendPID)
            }
            // Through a pooler only a transaction keeps its server connection, and with it the lock and the settings.
            guard session.isPooled else {
                try JobLock.take(job, in: session, wait: wait, timeout: observer.timeout)
                return try body(session, observer)
            }
            return try session.transaction(.readOnly) { session in
                try JobLock.take(job, in: session, wait: wait, timeout: observer.timeout)
                return try body(session, observer)
            }
        }
    }
}
