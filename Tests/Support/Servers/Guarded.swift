import Foundation

/// A value that several threads of a test may touch, one at a time.
///
/// Not `Synchronization.Mutex`: the thread sanitizer does not see into its waiting path and reports races that are none.
public final class Guarded<Value: Sendable>: Sendable {
    private let lock = NSLock()
    // Touched only under the lock.
    private nonisolated(unsafe) var value: Value

    public init(_ value: Value) {
        unsafe self.value = value
    }

    public func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T {
        lock.lock()
        defer { lock.unlock() }
        return try unsafe body(&value)
    }
}
