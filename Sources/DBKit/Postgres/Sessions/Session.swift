import CLibpq
import CLinux
import Glibc

/// One connection to a server, driven by one thread at a time.
///
/// Synchronous on purpose: between two statements of a body there is no suspension point at which another task's
/// statement could slip in. Programs get a session from ``Connection/run(_:)``; the compiler does not let it out.
/// Every wait watches the socket, the caller's cancellation, the caller's deadline and the server's signs of life, so
/// that a stopped server or a cut cable cannot hang the caller.
public final class Session {
    let wire: Wire
    let interrupt: Interrupt
    let settings: SessionSettings
    private let canceller: CancelHandle
    private var state = State.open
    /// What a wait looks at: the socket, the interrupt, the probe. Kept, because a COPY waits a hundred thousand times.
    var watched = [pollfd](repeating: pollfd(fd: -1, events: 0, revents: 0), count: 3)
    /// True when a pooler stands between this session and its server: session state would leak to its other clients.
    public private(set) var isPooled = false
    /// True for pgbouncer's own database, behind which there is no server.
    public let isPoolerConsole: Bool
    /// True for `replication=database` and for a pooler's console: no binds.
    public let speaksSimpleProtocolOnly: Bool

    private enum State {
        case open
        case closed
        /// The server stopped answering: a result of an earlier statement may still arrive.
        case abandoned
    }

    init(
        _ wire: Wire, interrupt: Interrupt, settings: SessionSettings, isPoolerConsole: Bool,
        speaksSimpleProtocolOnly: Bool
    ) {
        self.wire = wire
        self.interrupt = interrupt
        self.settings = settings
        self.isPoolerConsole = isPoolerConsole
        self.speaksSimpleProtocolOnly = speaksSimpleProtocolOnly
        canceller = wire.makeCancelHandle()
    }

    /// The server process that serves this session (of a pooler: a number that means nothing).
    public var backendPID: Int32 { wire.backendPID }
    public var serverVersion: ServerVersion { wire.serverVersion }
    public var isInTransaction: Bool { wire.isInTransaction }
    public var usesTLS: Bool { wire.usesTLS }
    /// False once the connection is lost, closed or abandoned.
    public var isUsable: Bool { state == .open && !wire.isBad }

    /// What the server reports of itself: `server_encoding`, `in_hot_standby` (14+), `is_superuser` …
    public func parameterStatus(_ name: String) -> String? {
        wire.parameterStatus(name)
    }

    /// Called for every NOTICE and WARNING while a statement runs.
    public var onNotice: ((PostgresError) -> Void)? {
        get { wire.onNotice }
        set { wire.onNotice = newValue }
    }

    public func makeCancelHandle() -> CancelHandle {
        wire.makeCancelHandle()
    }

    /// Ends the session. The connection itself is closed when the last reference to this object goes.
    public func close() {
        state = .closed
    }

    func abandon() {
        state = .abandoned
    }

    func didDetectPooler() {
        isPooled = true
    }

    /// Begins the wait for one statement.
    ///
    /// - Parameter isShielded: For clean-up (ROLLBACK) that must be done although the caller was cancelled.
    func beginExchange(timeout: Duration?, isShielded: Bool, statement: String?) throws(PostgresError) -> Exchange {
        switch state {
        case .open: break
        case .closed: throw PostgresError(.usage, "the session was closed")
        case .abandoned: throw PostgresError(.connectionLost, "the session was given up when its server stalled")
        }
        if !isShielded, interrupt.isRequested { throw PostgresError(.cancelled, "the task was cancelled") }
        return Exchange(
            session: self,
            canceller: canceller,
            deadline: Deadline(after: timeout),
            isShielded: isShielded,
            statement: statement
        )
    }
}
