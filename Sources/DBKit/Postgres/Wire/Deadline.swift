/// The moment at which a wait ends. Monotonic, so that a clock jump neither ends a wait nor prolongs it.
struct Deadline: Sendable {
    private let instant: ContinuousClock.Instant?

    static let never = Deadline(instant: nil)

    private init(instant: ContinuousClock.Instant?) {
        self.instant = instant
    }

    /// Nil means never.
    init(after duration: Duration?) {
        instant = duration.map { ContinuousClock.now + $0 }
    }

    func earlier(of other: Deadline) -> Deadline {
        guard let instant, let its = other.instant else { return instant == nil ? other : self }
        return its < instant ? other : self
    }

    /// The time until then, and no more than `limit`.
    func remaining(atMost limit: Duration) -> Duration {
        guard let instant else { return limit }
        return min(max(instant - .now, .zero), limit)
    }

    var hasPassed: Bool {
        instant.map { $0 <= .now } ?? false
    }

    /// For poll(2): milliseconds until then, rounded up so that the wait never ends early; -1 is for ever.
    var pollTimeout: Int32 {
        guard let instant else { return -1 }
        let left = instant - .now
        guard left > .zero else { return 0 }
        return Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
    }
}
