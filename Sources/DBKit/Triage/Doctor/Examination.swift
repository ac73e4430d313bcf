import Foundation
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
        var observer = observer
        // A socket is never on another machine. Loopback may be the near end of a tunnel.
        if observer.cores == nil, entrance.ways.isOverSocket {
            observer.cores = ProcessInfo.processInfo.activeProcessorCount
        }
        return try await entry.connection.run { [job, wait, observer] session in
            guard !session.isPoolerConsole else { throw PoolerConsole.isInTheWay }
            // Through a pooler only a transaction keeps its server connection, and with it the lock and the settings.
            guard session.isPooled else {
                try JobLock.take(job, in: session, wait: wait)
                return try body(session, observer)
            }
            return try session.transaction { session in
                try JobLock.take(job, in: session, wait: wait)
                return try body(session, observer)
            }
        }
    }
}
