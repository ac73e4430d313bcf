import CLinux
import Glibc

/// One statement in flight: the wait for its answer, and how that wait ends early.
///
/// A caller's cancellation or deadline turns into a cancel request, after which the server gets a grace period to
/// acknowledge it. Results are always drained to the end, and a cancel request under way is waited for before the
/// session is used again; otherwise it would hit the next statement.
final class Exchange {
    private let session: Session
    private let canceller: CancelHandle
    private let isShielded: Bool
    private let statement: String?
    private var deadline: Deadline
    private var flight: CancelInFlight?
    /// When to ask again, if the statement still runs then.
    private var nextCancel = Deadline.never
    /// Why the statement was asked to stop.
    private(set) var stopReason: PostgresError.Kind?
    /// A COPY FROM STDIN came to its end because the server took no more bytes.
    var didFailToWrite = false
    private var failure: PostgresError?
    private var watch: StallWatch

    init(session: Session, canceller: CancelHandle, deadline: Deadline, isShielded: Bool, statement: String?) {
        self.session = session
        self.canceller = canceller
        self.deadline = deadline
        self.isShielded = isShielded
        self.statement = statement
        watch = StallWatch(limit: session.settings.stallTimeout)
    }

    private var wire: Wire { session.wire }

    /// Asks the server to stop the statement.
    func stop(_ reason: PostgresError.Kind) {
        guard stopReason == nil else { return }
        stopReason = reason
        deadline = Deadline(after: session.settings.cancelGrace)
        sendCancel()
    }

    /// A COPY FROM STDIN is told by its own message that it is over; a server that does not listen is asked a little later.
    ///
    /// Not at once: a request that comes while the COPY is only beginning makes the server take the end of the statement
    /// (the first Sync) for that of the COPY, and answer the second one, too, which the next statement then takes for its own.
    func endCopyIn() {
        guard stopReason == nil else { return }
        stopReason = .cancelled
        deadline = Deadline(after: session.settings.cancelGrace)
        nextCancel = Deadline(after: .milliseconds(500))
    }

    /// A request travels on a connection of its own. One that overtakes its statement finds the backend idle, and the
    /// server forgets it: hence again, until the statement has ended.
    private func sendCancel() {
        flight = canceller.cancelInBackground()
        nextCancel = Deadline(after: .milliseconds(100))
    }

    /// Writes what libpq has buffered, reading meanwhile so that neither side waits for the other.
    func flush() throws(PostgresError) {
        while try !wire.flush(), !wire.isBad { try wait(forWriting: true) }
    }

    /// The next result, or nil when the exchange is over.
    func next() throws(PostgresError) -> Reply? {
        // libpq stays "busy" for ever once the connection is dead; the next result then says so.
        while wire.isBusy, !wire.isBad { try wait(forWriting: false) }
        return wire.nextResult()
    }

    /// Reads to the end of the exchange, keeping the first error and the last good result.
    func drain() throws(PostgresError) -> Reply? {
        var last: Reply?
        while let reply = try next() {
            switch reply.status {
            case .failure:
                note(reply)
                // A dead connection yields the same failure for ever.
                if wire.isBad { return try finish(last) }
            case .copyIn, .copyOut:
                // Only copyIn and copyOut may start a COPY. Leaving it open would block the session.
                throw refuseCopy(reply.status)
            case .rows, .command, .empty: last = reply
            }
        }
        return try finish(last)
    }

    func note(_ reply: Reply) {
        guard failure == nil else { return }
        failure = reply.error(kind: wire.isBad ? .connectionLost : .server, statement: statement)
        if wire.isBad, failure?.sqlState == nil, let words = wire.lastWords {
            failure?.sqlState = words.sqlState
            failure?.message = words.message
            failure?.detail = words.detail
            failure?.hint = words.hint
        }
        if let state = failure?.sqlState, PostgresError.endsSession(state) { failure?.kind = .connectionLost }
    }

    private func finish(_ last: Reply?) throws(PostgresError) -> Reply? {
        try settle()
        guard var failure else { return last }
        if let reason = stopReason, failure.sqlState == .queryCanceled {
            failure.kind = reason
            failure.message = reason == .timedOut ? "the statement ran into its deadline" : "the task was cancelled"
        }
        throw failure
    }

    /// Waits until a cancel request under way has landed.
    private func settle() throws(PostgresError) {
        guard let flight, !flight.hasLanded(within: session.settings.cancelGrace) else { return }
        throw giveUp()
    }

    private func refuseCopy(_ status: Reply.Status) -> PostgresError {
        session.abandon()
        return PostgresError(.usage, "a COPY statement needs copyOut or copyIn")
    }

    private func giveUp() -> PostgresError {
        session.abandon()
        let what = stopReason == .timedOut ? "the deadline passed" : "the task was cancelled"
        return PostgresError(
            stopReason ?? .timedOut,
            "\(what) and the server did not answer the cancel request; the connection was given up"
        )
    }

    private func stalled(for limit: Duration) -> PostgresError {
        session.abandon()
        var error = PostgresError(
            .connectionLost,
            "the server has stalled: for \(limit) it neither sent nor took a byte, nor answered a second connection",
            hint: "Its processes are stopped, its machine is down, or the network is cut; the session was given up."
        )
        error.statement = statement
        return error
    }

    /// One turn of poll(2).
    func wait(forWriting: Bool) throws(PostgresError) {
        let isRunning = stopReason == nil
        watch.begin()
        let watchesInterrupt = isRunning && !isShielded
        session.watched[0] = pollfd(fd: wire.socket, events: Int16(POLLIN | (forWriting ? POLLOUT : 0)), revents: 0)
        session.watched[1] = pollfd(
            fd: watchesInterrupt ? session.interrupt.descriptor : -1, events: Int16(POLLIN), revents: 0)
        session.watched[2] = isRunning ? watch.descriptor : pollfd(fd: -1, events: 0, revents: 0)
        let timeout = deadline.earlier(of: isRunning ? watch.deadline : nextCancel).pollTimeout
        let ready = unsafe poll(&session.watched, 3, timeout)
        guard ready >= 0 || errno == EINTR else {
            throw PostgresError(.connectionLost, "poll failed (errno \(errno))")
        }
        if session.watched[1].revents != 0 { stop(.cancelled) }
        if ready == 0, deadline.hasPassed {
            guard stopReason == nil else { throw giveUp() }
            stop(.timedOut)
        }
        if stopReason != nil, nextCancel.hasPassed {
            if flight?.hasLanded(within: .zero) ?? true { sendCancel() } else { nextCancel = .never }
        }
        if session.watched[0].revents != 0 {
            watch.didHear()
            wire.consumeInput()
        } else if stopReason == nil, let limit = watch.look(wire, isProbeReady: session.watched[2].revents != 0) {
            throw stalled(for: limit)
        }
    }
}
