/// A session that many tasks may share: a thread of its own, and one door.
///
/// ```swift
/// let count = try await connection.run { session in
///     try session.row("SELECT count(*) AS n FROM pg_class").value("n", as: Int.self)
/// }
/// ```
/// The body is synchronous, so statements of two tasks never interleave; it runs to its end before the next begins.
/// Cancelling the calling task cancels the statement that its body is running, and no other.
public actor Connection {
    private nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    nonisolated let interrupt: Interrupt
    private var session: Session?
    /// The server process behind it, once open; see ``Session/backendPID``.
    public private(set) var backendPID: Int32 = 0

    private init() throws(PostgresError) {
        // First what may fail and leaves nothing behind: a thread that was started would wait for ever.
        interrupt = try Interrupt()
        executor = try ThreadExecutor()
    }

    deinit {
        executor.shutDown()
    }

    /// Opens a connection; see ``Session/connect(_:settings:timeout:)``.
    public static func open(
        _ parameters: ConnectionParameters,
        settings: SessionSettings,
        timeout: Duration = .seconds(10)
    ) async throws -> Connection {
        let connection = try Connection()
        try await connection.connect(parameters, settings: settings, timeout: timeout)
        return connection
    }

    /// Opens a connection for as long as `body` runs, and closes it whatever comes of it.
    public static func with<T: Sendable>(
        _ parameters: ConnectionParameters,
        settings: SessionSettings,
        timeout: Duration = .seconds(10),
        _ body: (Connection) async throws -> T
    ) async throws -> T {
        try await open(parameters, settings: settings, timeout: timeout).closing(after: body)
    }

    /// Runs `body` with this connection and closes it whatever comes of it.
    public nonisolated func closing<T: Sendable>(
        after body: (Connection) async throws -> T
    ) async throws -> T {
        do {
            let result = try await body(self)
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }

    private func connect(
        _ parameters: ConnectionParameters,
        settings: SessionSettings,
        timeout: Duration
    ) async throws {
        session = try await interruptible {
            try Session.connect(parameters, settings: settings, timeout: timeout, interrupt: interrupt)
        }
        backendPID = session?.backendPID ?? 0
    }

    /// Runs `body` with the session, on this connection's thread.
    ///
    /// - Throws: What `body` throws; ``PostgresError`` of kind `.cancelled` for a statement that was cancelled with
    ///   the task, `.usage` once the connection is closed.
    @discardableResult
    public func run<T: Sendable>(_ body: @Sendable (Session) throws -> T) async throws -> T {
        guard let session else { throw Connection.closedError }
        return try await interruptible { try body(session) }
    }

    /// Runs `job` of another executor on this connection's thread, after those that wait already.
    nonisolated func lendThread(to job: UnownedJob, of executor: any SerialExecutor) {
        self.executor.enqueue(job, as: executor)
    }

    /// Runs `body` with the session, for a caller on this connection's thread who watches for cancellation himself.
    nonisolated func runInPlace<T: Sendable>(_ body: @Sendable (Session) throws -> T) throws -> T {
        try assumeIsolated { connection in
            guard let session = connection.session else { throw Connection.closedError }
            return try body(session)
        }
    }

    private static var closedError: PostgresError { PostgresError(.usage, "the connection was closed") }

    /// False once the session cannot be used any more.
    public var isUsable: Bool { session?.isUsable ?? false }

    /// Cancels the statement that is running, and every one that is still to come. From any thread, without waiting.
    nonisolated func revoke() {
        interrupt.request(isFinal: true)
    }

    /// Closes the session after the bodies that were already waiting. A second call does nothing.
    public func close() {
        session?.close()
        session = nil
        executor.shutDown()
    }

    private func interruptible<T>(_ body: () throws -> T) async throws -> T {
        // First mark, then look: a cancellation that comes in between finds the new mark.
        interrupt.reset()
        return try await withTaskCancellationHandler {
            // Naming self makes this closure run on this actor's thread. Without it the body ran on the shared pool,
            // where two waits on two cores stop the whole process (`ConnectionTests.ownThread`).
            assertIsolated()
            return try body()
        } onCancel: {
            interrupt.request()
        }
    }
}
