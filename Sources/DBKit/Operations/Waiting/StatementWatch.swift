public import Postgres

/// Watches a statement that may run for hours, from a connection of its own: says how far it is and whom it waits for, and
/// ends one that has waited for others as long as it may.
///
/// CONCURRENTLY forms have no lock timeout, because a timeout in the middle leaves debris; this is what bounds them.
public struct StatementWatch: Sendable {
    /// What the server said of it at one moment.
    public struct Look: Sendable, Hashable {
        /// In the server's words: `building index: scanning table`.
        public var phase: String
        public var isWaiting: Bool
        public var blockers: [Blocker] = []
        public var done: Int64 = 0
        /// 0 when nobody knows.
        public var total: Int64 = 0
    }

    /// It waited too long for others' transactions, and was cancelled.
    public struct WaitedTooLong: Error {
        public var phase: String
        public var blockers: [Blocker]
    }

    /// Of the session with the statement.
    public var pid: Int32
    public var server: ConnectionParameters
    public var settings: SessionSettings
    /// How long it may wait in one go; nil: for ever.
    public var maximumWait: Duration?
    /// What is shorter than this is not worth a connection.
    public var delay: Duration = .zero
    public var pace: Duration = .milliseconds(250)
    public var onLook: @Sendable (Look) -> Void = { _ in }
    /// It waits, and for others than a moment ago, or in another phase.
    public var onWaiting: @Sendable (Look) -> Void = { _ in }

    public init(pid: Int32, server: ConnectionParameters, settings: SessionSettings, maximumWait: Duration?) {
        self.pid = pid
        self.server = server
        self.settings = settings
        self.maximumWait = maximumWait
    }

    /// - Parameter body: Sends the statement; it is cancelled when it has waited too long.
    /// - Throws: ``WaitedTooLong``, or what `body` throws.
    public func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await watch()
                return false
            }
            defer { group.cancelAll() }
            // Of the two, the statement's end counts; the watch ends first only by its own failure.
            while let isStatement = try await group.next() {
                if isStatement { return }
            }
        }
    }

    private func watch() async throws {
        do { try await Task.sleep(for: delay) } catch { return }
        // Before it is needed: a server that is busy takes its time to let somebody in.
        var connection = try? await Connection.open(server, settings: settings)
        do {
            try await watch(through: &connection)
        } catch {
            await connection?.close()
            throw error
        }
        await connection?.close()
    }

    private func watch(through connection: inout Connection?) async throws {
        var waitingSince: ContinuousClock.Instant?
        var last = Look(phase: "running", isWaiting: false)
        var told: [String] = []
        while !Task.isCancelled {
            do { try await Task.sleep(for: pace) } catch { return }
            let look = try await look(through: &connection)
            if let look {
                onLook(look)
                let wait = [look.phase] + look.blockers.map { "\($0.pid)" }
                if look.isWaiting, wait.count > 1, told != wait {
                    told = wait
                    onWaiting(look)
                }
            }
            last = look ?? last
            // Of a statement that nobody can look at, one must think that it waits.
            waitingSince = look?.isWaiting ?? true ? waitingSince ?? .now : nil
            if let waitingSince, let maximumWait, ContinuousClock.now - waitingSince > maximumWait {
                throw WaitedTooLong(phase: last.phase, blockers: last.blockers)
            }
        }
    }

    /// - Returns: Nil when nobody could look.
    private func look(through connection: inout Connection?) async throws -> Look? {
        do {
            let open: Connection
            if let connection, await connection.isUsable {
                open = connection
            } else {
                open = try await Connection.open(server, settings: settings)
                connection = open
            }
            return try await open.run { [pid] session in try Look(of: pid, in: session) }
        } catch let error as PostgresError where error.kind == .decoding {
            throw error
        } catch {
            return nil
        }
    }
}

extension StatementWatch.Look {
    fileprivate init?(of pid: Int32, in session: Session) throws {
        let query = Query(embedded: PackageResources.statement_watch_sql, binds: [pid])
        guard let row = try session.rows(query, timeout: .seconds(10)).first else { return nil }
        let pids: [Int] = try row.value("blocking_pids")
        try self.init(
            phase: row.value("phase"), isWaiting: row.value("is_waiting"),
            blockers: pids.isEmpty ? [] : Blocker.read(pids, in: session), done: row.value("done"),
            total: row.value("total"))
    }
}
