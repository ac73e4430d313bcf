import CLinux
import Glibc

/// Lets another thread end the wait of the one that drives a session: a flag, and an eventfd that wakes its poll(2).
final class Interrupt: Sendable {
    /// Readable from the request until the next ``reset()``.
    let descriptor: Int32
    private let state = Lock(State.clear)

    private enum State {
        case clear
        case requested
        /// No reset takes it back: whatever is still to come on this connection is cancelled, too.
        case final
    }

    init() throws(PostgresError) {
        descriptor = eventfd(0, Int32(CLINUX_EVENTFD_FLAGS))
        guard descriptor >= 0 else {
            throw PostgresError(.usage, "no eventfd: the process has too many open files (errno \(errno))")
        }
    }

    deinit {
        close(descriptor)
    }

    var isRequested: Bool {
        state.withLock { $0 != .clear }
    }

    func request(isFinal: Bool = false) {
        state.withLock { state in
            let wasClear = state == .clear
            if wasClear || isFinal { state = isFinal ? .final : .requested }
            guard wasClear else { return }
            var one: UInt64 = 1
            _ = unsafe write(descriptor, &one, 8)
        }
    }

    func reset() {
        state.withLock { state in
            guard state == .requested else { return }
            state = .clear
            var count: UInt64 = 0
            _ = unsafe read(descriptor, &count, 8)
        }
    }
}
