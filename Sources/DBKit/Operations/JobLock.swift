public import Postgres

/// Keeps two runs of the same job on the same database apart.
///
/// The lock is an advisory one, held by a connection of its own for as long as this object is open, so that it goes
/// with the process however that dies. It is taken by polling: a waiter blocked in `pg_advisory_lock()` holds a
/// snapshot and deadlocks with CREATE INDEX CONCURRENTLY (shown by `JobLockTests`).
public struct JobLock: Sendable {
    /// Who holds a lock that somebody else wanted.
    public struct Holder: Sendable, Hashable {
        public let pid: Int32
        public let role: String
        public let applicationName: String
        /// Since when the session exists, in seconds before now; nil where this role may not know it.
        public let age: Duration?
        /// The session that works: one with the same `application_name`, else the one that holds the lock.
        public let worker: Int32
        /// How the statement of ``worker`` begins.
        public let query: String
        public let isHidden: Bool
    }

    private let connection: Connection

    /// Takes the lock of `job`, waiting at most `wait`.
    ///
    /// - Parameters:
    ///   - job: A stable name, e.g. `migrate`; the database is part of the lock by itself.
    ///   - label: What the holder is said to be at; nil: the job.
    ///   - parameters: Where to connect; one connection is kept open until ``release()``.
    /// - Throws: ``Failure`` `lock.held` (busy) naming the holder.
    public static func acquire(
        _ job: String,
        called label: String? = nil,
        on parameters: ConnectionParameters,
        settings: SessionSettings,
        wait: Duration
    ) async throws -> JobLock {
        var settings = settings
        // The lock lives in this idle session, perhaps for hours; through a pooler in an open transaction.
        settings.idleInTransactionTimeout = .zero
        let connection = try await Connection.open(parameters, settings: settings)
        do {
            try await poll(job, label ?? job, connection, wait: wait)
        } catch {
            await connection.close()
            throw error
        }
        return JobLock(connection: connection)
    }

    /// Takes the lock in a session that is there already, for jobs that may have only this one. It goes with the
    /// session; where a transaction is open, with that.
    ///
    /// - Parameter timeout: For each answer.
    /// - Throws: ``Failure`` `lock.held` (busy).
    public static func take(
        _ job: String, in session: Session, wait: Duration, timeout: Duration = .seconds(5)
    ) throws {
        let key = key(of: job)
        let deadline = ContinuousClock.now + wait
        let name: SQLFragment = session.isInTransaction ? "pg_try_advisory_xact_lock" : "pg_try_advisory_lock"
        // Also for a session that takes no binds.
        let attempt: Query = "SELECT pg_catalog.\(name)(\(try literal(String(key)))) AS taken"
        while try !session.row(attempt, timeout: timeout).value("taken", as: Bool.self) {
            guard ContinuousClock.now < deadline else { throw busy(job, try holder(of: key, session), wait) }
            // A statement, so that cancelling the task ends this wait too.
            _ = try session.rows("SELECT pg_catalog.pg_sleep(0.05)", timeout: timeout)
        }
    }

    /// Makes sure that the lock is still ours: its session may have been ended by somebody, or by the network.
    ///
    /// - Throws: ``Failure`` `lock.lost`.
    public func check() async throws {
        do {
            try await connection.run { session in try session.execute("SELECT 1") }
        } catch let error as PostgresError where error.kind != .cancelled {
            throw Failure(
                .lockLost, "the session that keeps other runs out has ended: \(error.message)",
                detail:
                    "Somebody ended it, or the connection was cut. What is done so far is recorded; nothing more was begun.",
                hint: "run the same command again: it goes on")
        }
    }

    /// Gives the lock back. Closing the connection is what releases it: no statement that could fail.
    public func release() async {
        await connection.close()
    }

    private static func poll(
        _ job: String, _ label: String, _ connection: Connection, wait: Duration
    ) async throws {
        let key = key(of: job)
        let deadline = ContinuousClock.now + wait
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(50), cap: .milliseconds(500))
        var attempt = 1
        while true {
            let isTaken = try await connection.run { try tryLock(key, $0) }
            if isTaken { return }
            guard ContinuousClock.now < deadline else {
                let holder = try await connection.run { try self.holder(of: key, $0) }
                throw busy(label, holder, wait)
            }
            try await Task.sleep(for: pace.wait(beforeRepetition: attempt))
            attempt += 1
        }
    }

    private static func tryLock(_ key: Int64, _ session: Session) throws -> Bool {
        guard session.isPooled else {
            return try session.row("SELECT pg_catalog.pg_try_advisory_lock(\(key)) AS taken").value("taken")
        }
        // Through a pooler only a transaction keeps its server connection. READ COMMITTED, because any other level
        // holds the snapshot that CONCURRENTLY waits for.
        if !session.isInTransaction { try session.execute("BEGIN ISOLATION LEVEL READ COMMITTED") }
        let isTaken: Bool = try session.row("SELECT pg_catalog.pg_try_advisory_xact_lock(\(key)) AS taken")
            .value("taken")
        // While it waits it must not keep one of the pooler's few server connections from whoever works.
        if !isTaken { try session.execute("ROLLBACK") }
        return isTaken
    }

    /// Who holds the advisory lock with this key in this database; nil when nobody does any more.
    public static func holder(of key: Int64, _ session: Session) throws -> Holder? {
        let query = Query(embedded: PackageResources.advisory_lock_holder_sql, numbers: [key])
        guard let row = try session.rows(query).first else { return nil }
        let seconds: Double? = try row.value("age_s")
        return try Holder(
            pid: row.value("pid"),
            role: row.value("role"),
            applicationName: row.value("application_name"),
            age: seconds.map { .seconds($0) },
            worker: row.value("worker_pid"),
            query: row.value("query"),
            isHidden: row.value("is_hidden")
        )
    }

    private static func busy(_ job: String, _ holder: Holder?, _ wait: Duration) -> Failure {
        Failure(
            .lockHeld,
            "another run of “\(job)” is under way: \(holder?.description ?? "its session has just ended")",
            detail: [holder?.doing, "Nothing was changed."].compactMap(\.self).joined(separator: "\n"),
            hint: [holder?.remedy, "run the same command again, or wait for the other run with --wait 10m"]
                .compactMap(\.self).joined(separator: "; ")
        )
    }

    /// 64 bits out of the name by FNV-1a, with a prefix of our own so that other tools' keys are not met by chance.
    package static func key(of job: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "dbctl:\(job)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return Int64(bitPattern: hash)
    }
}

extension JobLock.Holder: CustomStringConvertible {
    public var description: String {
        let who = "pid \(pid) (\([role, applicationName].filter { !$0.isEmpty }.joined(separator: ", ")))"
        return age.map { "\(who), connected for \(Int($0 / .seconds(1))) s" } ?? who
    }

    /// A sentence about its statement.
    public var doing: String {
        if isHidden { return "Its statement is hidden from this role; GRANT pg_read_all_stats shows it." }
        guard !query.isEmpty else { return "It is idle." }
        return "Its statement\(worker == pid ? "" : ", in pid \(worker)"): \(query)"
    }

    /// What to do about it, for a hint.
    public var remedy: String {
        "should it be stuck, `dbctl pool doctor` says what it waits for, and `dbctl pool kill --pid \(worker) --yes` ends it"
    }
}

extension FailureCode {
    public static let lockHeld = FailureCode("lock.held", .busy)
    public static let lockLost = FailureCode("lock.lost", .busy)
}
