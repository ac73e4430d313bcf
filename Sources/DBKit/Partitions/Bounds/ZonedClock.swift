import Foundation
import Operations

/// What the clocks on the walls of a time zone show. The zones are the program's own, so that neither the session's nor
/// the server's setting has a say.
struct ZonedClock: Sendable, Hashable {
    let zone: TimeZone

    /// What the clock shows, in seconds since 1 January 1970 as if it stood in Greenwich.
    func local(_ instant: Int64) -> Int64 { instant + offset(instant) }

    /// The first instant at which the clock shows `local` or later: when midnight comes twice, the first one; when it is
    /// left out (Cairo, Beirut), the moment after the leap.
    func firstInstant(showing local: Int64) -> Int64 {
        // No zone has changed its offset twice within two days.
        let offsets = Set([local - Self.day, local + Self.day].map { offset($0) })
        let instants = offsets.map { local - $0 }
        if let exact = instants.filter({ self.local($0) == local }).min() { return exact }
        guard var low = instants.min(), var high = instants.max() else { return local }
        while low < high {
            let middle = (low + high).flooredQuotient(2)
            if self.local(middle) >= local { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static let day: Int64 = 86_400

    private func offset(_ instant: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
    }
}

extension TimeZone {
    /// Foundation calls UTC by its older name.
    static func spelled(_ identifier: String) -> String { identifier == "GMT" ? "UTC" : identifier }
}
