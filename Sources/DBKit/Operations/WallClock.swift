public import Foundation

/// Where the time of day comes from, so that tests can jump a year or across a change to daylight saving time.
///
/// Waits and durations use the monotonic clock instead.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Date

    public init(_ read: @escaping @Sendable () -> Date) {
        self.read = read
    }

    public var now: Date { read() }

    public static let system = WallClock { Date() }
}
