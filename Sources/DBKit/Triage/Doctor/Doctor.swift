import Operations
public import Postgres

/// `dbctl pool doctor`: what is wrong, who causes it, what to type next. Changes nothing.
public struct Doctor: Sendable {
    public var examination: Examination
    /// pgbouncer's console, for what the pooler knows beside the server.
    public var console: ConnectionParameters?
    /// Between two looks, which tell how fast sessions come and go.
    public var pause = Duration.milliseconds(250)

    public init(_ entrance: Entrance, console: ConnectionParameters? = nil) {
        examination = Examination(entrance, job: "pool doctor")
        self.console = console
    }

    /// - Throws: ``Failure`` when no way leads in, or when another doctor is at it.
    public func examine() async throws -> DoctorReport {
        let entry = try await examination.entrance.open()
        return try await entry.connection.closing { _ in
            guard entry.route != .pgbouncer else { return try await examinePooler(entry) }
            let pause = pause
            let looks = try await examination.run(entry) { session, observer in
                let first = try observer.observe(in: session)
                // A statement, so that cancelling the task ends this wait too.
                _ = try session.rows(
                    "SELECT pg_catalog.pg_sleep(\(literal(String(pause / .seconds(1)))))", timeout: observer.timeout)
                return (earlier: first, now: try observer.observe(in: session))
            }
            var (observation, notes) = (looks.now, [String]())
            if let console {
                do {
                    observation.pooler = try await consult(console)
                } catch let error as PostgresError where error.kind != .cancelled {
                    notes.append("pgbouncer's console (pool.pgbouncer) did not answer: \(error.message)")
                }
            }
            return DoctorReport(
                entry, observation, Triage.verdict(of: observation, after: looks.earlier), notes: notes)
        }
    }

    /// No way leads into the server; what the pooler holds of it is known all the same.
    private func examinePooler(_ entry: Entrance.Entry) async throws -> DoctorReport {
        let timeout = examination.observer.timeout
        let job = examination.job
        let seen = try await entry.connection.run { session in
            guard session.isPoolerConsole else { throw PoolerConsole.isMissing }
            // The console has no locks.
            let lock = try LocalLock("\(job) at the console")
            defer { withExtendedLifetime(lock) {} }
            return try PoolerConsole.observe(in: session, timeout: timeout)
        }
        return DoctorReport(entry, pooler: seen, PoolerVerdict.finding(of: seen, refusal: entry.refusals.first))
    }

    private func consult(_ console: ConnectionParameters) async throws -> PoolerObservation {
        let entrance = examination.entrance
        // Anything else would be a second session on a server that is full.
        guard try console.resolved().contains(where: { $0.keyword == "dbname" && $0.value == "pgbouncer" }) else {
            throw PostgresError(.usage, "its database is not called pgbouncer")
        }
        let timeout = min(examination.observer.timeout, .seconds(1))
        return try await Connection.with(console, settings: entrance.settings, timeout: timeout) { connection in
            try await connection.run { try PoolerConsole.observe(in: $0, timeout: timeout) }
        }
    }
}
