import Dispatch

/// Hands one value over from a thread that may block for long to one that waits for it only so long.
final class Handover<Value: Sendable>: Sendable {
    private let state = Lock<(value: Value?, isGone: Bool)>((nil, false))
    private let arrived = DispatchSemaphore(value: 0)

    /// Runs `body` on a thread of its own and waits for what it returns; nil once the deadline has passed.
    ///
    /// The body cannot be stopped: a value that comes too late is let go.
    static func run(within deadline: Deadline, _ body: @escaping @Sendable () -> Value) -> Value? {
        let handover = Handover()
        detachThread { handover.offer(body()) }
        return handover.take(within: deadline)
    }

    private func offer(_ value: Value) {
        let isTaken = state.withLock { state in
            guard !state.isGone else { return false }
            state.value = value
            return true
        }
        if isTaken { arrived.signal() }
    }

    private func take(within deadline: Deadline) -> Value? {
        let limit = deadline.pollTimeout
        let result = limit < 0 ? arrived.waitForever() : arrived.wait(timeout: .now() + .milliseconds(Int(limit)))
        return state.withLock { state in
            guard result == .success else {
                state.isGone = true
                return nil
            }
            defer { state.value = nil }
            return state.value
        }
    }
}

extension DispatchSemaphore {
    fileprivate func waitForever() -> DispatchTimeoutResult {
        wait()
        return .success
    }
}
