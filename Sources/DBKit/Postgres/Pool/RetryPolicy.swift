/// When and how often something that lost a race is tried again: exponential backoff with full jitter.
///
/// Full jitter (a random wait between zero and the exponential bound) spreads competitors best.
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct RetryPolicy: Sendable, Hashable {
    /// Tries in all, the first included. At least 1.
    public var attempts: Int
    /// The bound of the first wait; it doubles with every try.
    public var base: Duration
    /// The bound never grows beyond this.
    public var cap: Duration

    public init(attempts: Int, base: Duration = .milliseconds(50), cap: Duration = .seconds(2)) {
        self.attempts = max(1, attempts)
        self.base = base
        self.cap = cap
    }

    /// The longest wait before try `attempt` (1 is the first repetition).
    public func bound(beforeRepetition attempt: Int) -> Duration {
        let factor = Double(UInt64(1) << UInt64(min(max(attempt - 1, 0), 30)))
        return min(base * factor, cap)
    }

    /// A random wait between zero and the bound.
    public func wait(beforeRepetition attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        bound(beforeRepetition: attempt) * Double.random(in: 0...1, using: &generator)
    }

    /// A random wait, by the system's own generator. It is made here, in a synchronous function: in the frame of an
    /// asynchronous one it has no bytes of its own, and the thread sanitizer takes its neighbours' for it.
    public func wait(beforeRepetition attempt: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return wait(beforeRepetition: attempt, using: &generator)
    }

    /// Runs `body` until it succeeds, fails for good, or the tries are used up.
    ///
    /// - Parameter isRetryable: Says whether a failure took no effect and may simply be repeated.
    /// - Throws: The last failure, or `CancellationError`.
    public func run<T>(
        isolation: isolated (any Actor)? = #isolation,
        isRetryable: (any Error) -> Bool,
        _ body: () async throws -> T
    ) async throws -> T {
        for attempt in 1..<attempts {
            do {
                return try await body()
            } catch {
                guard isRetryable(error) else { throw error }
                try await Task.sleep(for: wait(beforeRepetition: attempt))
            }
        }
        return try await body()
    }
}
