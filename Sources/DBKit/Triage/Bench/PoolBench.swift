public import Operations
public import Postgres

/// A load test: can this server hold so many clients, through a pool with fewer connections than clients?
///
/// It asks before it takes: a fifth of the ordinary slots stays free, looked up anew while the connections are opened. Its
/// sessions are read only, so that no statement can write to anybody's tables, and all are gone when it ends.
public struct PoolBench: Sendable {
    public var clients: Int
    public var duration: Duration
    public var poolSize: Int
    /// Run by each client, again and again: a transaction by itself.
    public var statement: ServerText
    /// Goes on where the server has no room to spare.
    public var ignoresRoom = false

    /// Asks for nothing but an answer.
    public static let plainStatement = "SELECT 1"

    /// Connections that are opened between two looks at what is free.
    private static let step = 8

    public init(clients: Int, duration: Duration, poolSize: Int, statement: ServerText) {
        self.clients = max(1, clients)
        self.duration = duration
        self.poolSize = max(1, poolSize)
        self.statement = statement
    }

    /// What a run would open, and nothing else.
    ///
    /// - Throws: `pool.bench_slots` when there is no room, as ``run(_:session:progress:)`` does.
    public func plan(_ parameters: ConnectionParameters, session settings: SessionSettings) async throws -> BenchPlan {
        try await Connection.with(parameters, settings: readOnly(settings)) { watch in
            let room = try await watch.run { try look($0, open: 0) }
            if !ignoresRoom { try room.require(isDryRun: true) }
            return BenchPlan(
                clients: clients, poolSize: poolSize, durationS: duration.seconds, statement: statement.sql,
                server: room)
        }
    }

    /// - Throws: `pool.bench_slots` when there is no room; whatever kept the first connection from being opened. Failures
    ///   of the clients are counted, not thrown.
    public func run(
        _ parameters: ConnectionParameters, session settings: SessionSettings, progress: any ProgressSink
    ) async throws -> BenchReport {
        try await Connection.with(parameters, settings: readOnly(settings)) { watch in
            let room = try await watch.run { session in
                // Two at once would measure each other.
                try JobLock.take("pool bench", in: session, wait: .zero)
                return try look(session, open: 0)
            }
            var limits = PoolSettings(maximum: poolSize)
            limits.connectRetry = RetryPolicy(attempts: 3, base: .milliseconds(50), cap: .seconds(1))
            let pool = ConnectionPool(parameters, session: readOnly(settings), limits)
            do {
                let report = try await run(pool, watch, room, progress)
                await end(pool)
                return report
            } catch {
                await end(pool)
                throw error
            }
        }
    }

    private func run(
        _ pool: ConnectionPool, _ watch: Connection, _ room: BenchRoom, _ progress: any ProgressSink
    ) async throws -> BenchReport {
        try await open(pool, watch)
        let book = BenchBook()
        let load = BenchClients(pool: pool, statement: Query(statement), count: clients, duration: duration)
        let looker = BenchLooker(watch: watch, book: book, duration: duration, progress: progress)
        async let peak = looker.peak()
        let seconds: Double
        do {
            seconds = try await load.run(into: book)
        } catch {
            looker.stop()
            _ = await peak
            throw error
        }
        looker.stop()
        let seen = await peak
        let metrics = pool.metrics
        for (state, count) in metrics.refusedConnects.sorted(by: { $0.key.code < $1.key.code }) {
            let words = metrics.lastConnectError.flatMap { $0.sqlState == state ? $0 : nil }
            let error = words ?? PostgresError(.connect(.startup), "a connection was refused", sqlState: state)
            await book.add(Failure(error), count: count)
        }
        return BenchReport(
            self, seconds: seconds, tally: await book.tally, metrics: metrics, peak: seen, room: room)
    }

    // MARK: Connections

    /// Opens all connections, a few at a time, and looks before each few whether there still is room.
    ///
    /// What the server refuses is left to the pool's own count, as long as there is one connection at all.
    private func open(_ pool: ConnectionPool, _ watch: Connection) async throws {
        var leases: [Lease] = []
        defer { for lease in leases { lease.release() } }
        while leases.count < poolSize {
            try await check(watch, open: leases.count)
            let results = await withTaskGroup(of: Result<Lease, any Error>.self) { group in
                for _ in 0..<min(PoolBench.step, poolSize - leases.count) {
                    group.addTask {
                        do { return .success(try await pool.lease(timeout: .seconds(5))) } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            leases += results.compactMap { try? $0.get() }
            try Task.checkCancellation()
            for case .failure(let error) in results {
                if leases.isEmpty { throw error }
                return
            }
        }
        try await check(watch, open: leases.count)
    }

    private func check(_ watch: Connection, open: Int) async throws {
        guard !ignoresRoom else { return }
        let room = try await watch.run { try look($0, open: open) }
        try room.require(afterOpening: open)
    }

    private func look(_ session: Session, open: Int) throws -> BenchRoom {
        // Its own settings are what keeps a session from writing, and a pooler gives them to nobody.
        guard !session.isPooled else {
            throw Failure(
                .poolBenchDirect,
                "the load test does not go through a pooler: it would measure that, and could not be kept "
                    + "from writing",
                hint:
                    "add direct_url to the target in dbctl.yaml, or give a --database-url that goes to the server itself"
            )
        }
        return BenchRoom(
            try Observer().observe(in: session), poolSize: poolSize, open: open,
            isSuperuser: session.parameterStatus("is_superuser") == "on")
    }

    /// In a task of its own, for the caller's may be cancelled and would not wait for the sessions to end.
    private func end(_ pool: ConnectionPool) async {
        _ = await Task { await pool.drain(within: .zero, grace: .seconds(1)) }.value
    }

    private func readOnly(_ settings: SessionSettings) -> SessionSettings {
        var settings = settings
        settings.isReadOnly = true
        // The statement was written for the login's own.
        settings.searchPath = nil
        // An unanswered cancel must not keep a stopped run from ending within its two seconds.
        settings.cancelGrace = .milliseconds(800)
        return settings
    }
}

extension FailureCode {
    static let poolBenchDirect = FailureCode("pool.bench_direct", .configuration)
}
