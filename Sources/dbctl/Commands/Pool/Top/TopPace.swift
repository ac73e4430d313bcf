/// From one look to the next. A server that needs longer than the interval gets a whole one to recover.
struct TopPace: Sendable {
    let interval: Duration
    private let clock = ContinuousClock()
    private var began: ContinuousClock.Instant

    init(_ interval: Duration) {
        self.interval = interval
        began = clock.now
    }

    mutating func begin() {
        began = clock.now
    }

    /// - Throws: `CancellationError`.
    func wait() async throws {
        let next = began + interval
        try await clock.sleep(until: next > clock.now ? next : clock.now + interval)
    }
}
