import CLibpq
import Dispatch

/// The right to cancel whatever a session is running, from any thread.
///
/// Prefer task cancellation of ``Connection/run(_:)``: it knows which statement it hits. This handle hits whatever
/// runs at the moment when the server gets to it.
@safe public final class CancelHandle: @unchecked Sendable {
    // PQcancel is documented as thread safe; the pointer is never changed after init.
    private let pointer: OpaquePointer?

    init(_ connection: OpaquePointer) {
        unsafe pointer = PQgetCancel(connection)
    }

    deinit {
        if let pointer = unsafe pointer { unsafe PQfreeCancel(pointer) }
    }

    /// Asks the server to cancel. Blocks until the server has taken note, for ever if it is stopped.
    ///
    /// - Returns: False when the request could not be delivered.
    @discardableResult
    public func cancel() -> Bool {
        guard let pointer = unsafe pointer else { return false }
        var message = [CChar](repeating: 0, count: 256)
        return unsafe PQcancel(pointer, &message, Int32(message.count)) == 1
    }

    /// Runs ``cancel()`` on a thread of its own and says when it has ended.
    func cancelInBackground() -> CancelInFlight {
        let flight = CancelInFlight()
        let handle = self
        flight.group.enter()
        detachThread {
            handle.cancel()
            flight.group.leave()
        }
        return flight
    }
}

/// A cancel request under way. Until it has landed, the next statement must not be sent: it would be hit instead.
struct CancelInFlight: Sendable {
    let group = DispatchGroup()

    /// False when the request had not ended in time.
    func hasLanded(within limit: Duration) -> Bool {
        group.wait(timeout: .now() + limit / .seconds(1)) == .success
    }
}
