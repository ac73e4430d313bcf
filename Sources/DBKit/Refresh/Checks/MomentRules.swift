import Foundation
import Operations

/// The zone and the day that a feed's dates are measured by.
struct MomentRules: Sendable {
    let zoneName: String
    let today: CivilDate
    private let zone: TimeZone

    init(timezone name: String, now: Date) throws(Failure) {
        // UTC+3 is three hours ahead to some and three behind to the server; of such names it takes none.
        let isClear = name.contains("/") || ["UTC", "GMT"].contains(name)
        guard isClear, let zone = TimeZone(identifier: name) else {
            throw Failure(
                .refreshColumn, "\(name) is not the name of a time zone",
                hint: "timezone: of the feed, as in America/New_York or UTC")
        }
        self.zone = zone
        zoneName = name
        let seconds = Int(now.timeIntervalSince1970.rounded(.down)) + zone.secondsFromGMT(for: now)
        today = CivilDate(days: Self.floorDivide(seconds, 86_400))
    }

    /// How far the feed's zone is ahead of UTC, in seconds.
    ///
    /// - Parameter moment: In seconds since 1970.
    func offset(at moment: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment)))
    }

    /// Whether the clocks of the feed's zone ever show a time, given in seconds as if it were UTC.
    func hasWallTime(_ wall: Int) -> Bool {
        [-86_400, 86_400].contains { distance in
            let offset = offset(at: wall + distance)
            return self.offset(at: wall - offset) == offset
        }
    }

    /// The day that a moment lies in where the feed comes from.
    func day(of moment: Int) -> CivilDate {
        CivilDate(days: Self.floorDivide(moment + offset(at: moment), 86_400))
    }

    private static func floorDivide(_ number: Int, _ divisor: Int) -> Int {
        number >= 0 ? number / divisor : (number - divisor + 1) / divisor
    }
}
