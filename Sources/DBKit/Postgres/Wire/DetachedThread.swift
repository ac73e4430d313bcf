import Glibc

/// Runs `body` on a thread of its own, for the few calls of libpq that block without a limit.
///
/// Not on a dispatch queue: its threads are few, and a handful of calls stuck at a frozen server would hold up every
/// other server's (`SessionFaultTests`).
func detachThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    let code = unsafe pthread_create(
        &thread,
        nil,
        { argument in
            if let argument = unsafe argument {
                unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            }
            return nil
        },
        box.toOpaque()
    )
    if code == 0 {
        pthread_detach(thread)
    } else {
        // No thread to be had: better late than never.
        unsafe box.takeRetainedValue().run()
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
