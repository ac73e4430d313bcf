import Glibc

/// A value that several threads may touch, one at a time.
///
/// Not `Synchronization.Mutex`: its waiting path lies in a library that the thread sanitizer does not see into, so that
/// every contended lock is reported as a race (seen on Swift 6.3). A POSIX mutex it understands. Hold it for a few
/// instructions only, and never across a call that may wait.
@safe final class Lock<Value: Sendable>: @unchecked Sendable {
    // Touched only under `mutex`.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init(_ value: Value) {
        self.value = value
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    func withLock<T, Failure>(_ body: (inout Value) throws(Failure) -> T) throws(Failure) -> T {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
