import Foundation

/// What should be in a repository, by the words of the documentation and none of the product's code.
struct KeptSets {
    struct Entry: Equatable {
        let name: String
        let time: Date
        /// The night whose rows it holds.
        let night: Int
        var drilled: Date?
    }

    /// The newest first.
    private(set) var entries: [Entry] = []

    static let last = 2
    static let daily = 5
    static let weekly = 3
    static let monthly = 2
    static let yaml = "{last: \(last), daily: \(daily), weekly: \(weekly), monthly: \(monthly)}"

    var names: Set<String> { Set(entries.map(\.name)) }

    mutating func add(_ entry: Entry) {
        entries = (entries + [entry]).sorted { $0.name > $1.name }
    }

    mutating func drill(_ name: String, at moment: Date) {
        for place in entries.indices where entries[place].name == name { entries[place].drilled = moment }
    }

    /// `--prune`: a set stays when it is from the future of this clock, or when for one rule fewer periods that are newer
    /// than its own have a set than the rule keeps, and it is the newest of its own.
    mutating func prune(at now: Date) {
        let past = entries.filter { $0.time <= now }
        entries.removeAll { entry in
            guard entry.time <= now else { return false }
            let newer = past.filter { $0.name > entry.name }
            func isKept(_ count: Int, _ period: (Date) -> DateComponents) -> Bool {
                let periods = Set(newer.map { period($0.time) })
                return !periods.contains(period(entry.time)) && periods.count < count
            }
            return newer.count >= Self.last
                && !isKept(Self.daily) { Self.calendar.dateComponents([.year, .month, .day], from: $0) }
                && !isKept(Self.weekly) {
                    Self.calendar.dateComponents([.yearForWeekOfYear, .weekOfYear], from: $0)
                } && !isKept(Self.monthly) { Self.calendar.dateComponents([.year, .month], from: $0) }
        }
    }

    /// What `backup check --max-age 26h --max-drill-age 8d` says at this hour, as an exit code.
    func verdict(at now: Date) -> Int32 {
        let past = entries.filter { $0.time <= now }
        guard let newest = past.first, now.timeIntervalSince(newest.time) <= 26 * 3600 else { return 2 }
        let drilled = past.compactMap(\.drilled).filter { $0 <= now }.max()
        guard past.count == entries.count, let drilled, now.timeIntervalSince(drilled) <= 8 * 86_400 else { return 1 }
        return 0
    }

    /// The one that `--latest` means: what lies more than a day ahead is passed over.
    func latest(at now: Date) -> Entry? { entries.first { $0.time <= now + 86_400 } }

    static let calendar: Calendar = {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        return calendar
    }()
}
