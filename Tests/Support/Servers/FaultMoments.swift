// When to strike: moments that spread over a whole run, the same ones in every test run.

/// A generator with a seed, for moments and places that a failing test can name.
public struct SeededMoments: Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    /// In 0..<1.
    public mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / Double(1 << 24)
    }

    /// One number in each of `count` equal parts of 0..<1, in order.
    public static func spread(seed: UInt64, count: Int) -> [Double] {
        var random = SeededMoments(seed: seed)
        return (0..<count).map { (Double($0) + random.next()) / Double(count) }
    }
}

/// Moments of a run whose length is known by looking: a run that had ended before its moment shows that runs are shorter
/// now than they were when the first was looked at, as they are once other tests have let go of the machine.
public struct RunMoments: Sendable {
    private var length: Duration

    public init(length: Duration) {
        self.length = length
    }

    public func moment(_ fraction: Double) -> Duration { length * fraction }

    /// The length of a whole run now, on a machine that has become busier or calmer.
    public mutating func ran(for length: Duration) {
        self.length = length
    }

    public mutating func runHadEnded(at moment: Duration) {
        length = min(length, moment)
    }
}

/// How long an undisturbed run takes: the shortest of three, so that moments within it hit a run.
public func undisturbed(
    isolation: isolated (any Actor)? = #isolation, _ run: () async throws -> Void
) async throws -> Duration {
    var shortest = Duration.seconds(3600)
    for _ in 0..<3 {
        let begun = ContinuousClock.now
        try await run()
        shortest = min(shortest, ContinuousClock.now - begun)
    }
    return shortest
}
