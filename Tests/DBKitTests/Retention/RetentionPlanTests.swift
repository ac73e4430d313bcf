import Foundation
import TestSupport
import Testing

@testable import Backup

/// Retention decides about sets that nobody looks at: tables of cases first, then thousands of random repositories.
@Suite("Retention decides") struct RetentionPlanTests {
    /// 31 January 2026, a Saturday, 02:00 UTC.
    static let night = Date(timeIntervalSince1970: 1_769_824_800)
    static let day = 86_400.0

    static func set(_ time: Date, _ condition: RetainedSet.Condition = .good, pinned: Bool = false) -> RetainedSet {
        let name = SetName(time: time, run: "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        return RetainedSet(SetPath(database: "app", name: name), condition, isPinned: pinned)
    }

    /// One good set a night, the newest first.
    static func nights(_ count: Int, before newest: Date = night) -> [RetainedSet] {
        (0..<count).map { set(newest - Double($0) * day) }
    }

    private func kept(
        _ sets: [RetainedSet], _ policy: RetentionPolicy, now: Date = night + 3600, allowsLast: Bool = false
    ) -> [Int] {
        let decisions = RetentionPlan.decide(sets, policy, now: now, allowsLast: allowsLast)
        let names = Set(decisions.filter(\.isKept).map(\.path))
        return sets.indices.filter { names.contains(sets[$0].path) }
    }

    private func why(
        _ sets: [RetainedSet], _ policy: RetentionPolicy, _ index: Int, now: Date = night + 3600
    ) -> String? {
        RetentionPlan.decide(sets, policy, now: now).first { $0.path == sets[index].path }?.why(policy)
    }

    @Test("each rule keeps what it says of forty nightly sets")
    func rules() {
        let sets = Self.nights(40)
        #expect(kept(sets, .init(last: 3)) == [0, 1, 2])
        #expect(kept(sets, .init(within: .seconds(2 * 86_400))) == [0, 1, 2])
        #expect(kept(sets, .init(daily: 5)) == [0, 1, 2, 3, 4])
        // The 31st is a Saturday: its week, then the Sundays 25, 18 and 11.
        #expect(kept(sets, .init(weekly: 4)) == [0, 6, 13, 20])
        #expect(kept(sets, .init(monthly: 2)) == [0, 31])
        #expect(kept(sets, .init(yearly: 5)) == [0, 31])
        #expect(kept(sets, .init(last: 1, monthly: 2)) == [0, 31])
    }

    @Test("every decision says why, with the rank of the rule")
    func reasons() {
        let sets = Self.nights(10)
        #expect(why(sets, .init(last: 2, daily: 7), 1) == "last 2 of 2; daily 2 of 7")
        #expect(why(sets, .init(last: 2), 5) == "no rule keeps it")
    }

    @Test("of several sets of a day the newest is the day's, and days without one do not count")
    func buckets() {
        let times = [0.0, -3600, -Self.day, -Self.day - 3600, -9 * Self.day, -40 * Self.day]
        let sets = times.map { Self.set(Self.night + $0) }
        #expect(kept(sets, .init(daily: 3)) == [0, 2, 4])
    }

    @Test("the days are those of UTC: a set at 23:59:59 and one at 00:00:00 belong to two, on DST days too")
    func midnight() {
        for midnight in [1_774_742_400.0, 1_792_886_400.0] {
            let time = Date(timeIntervalSince1970: midnight)
            let sets = [Self.set(time), Self.set(time - 1), Self.set(time - 2)]
            #expect(kept(sets, .init(daily: 2), now: time) == [0, 1])
        }
    }

    @Test("backups that failed for sixty days cost nothing: what is kept does not depend on today")
    func failingBackups() {
        let policy = RetentionPolicy(last: 3, within: .seconds(7 * 86_400), daily: 7, weekly: 4, monthly: 12)
        let left = Self.nights(100).enumerated().filter { kept(Self.nights(100), policy).contains($0.offset) }
            .map(\.element)
        for days in [1.0, 60, 400] {
            #expect(kept(left, policy, now: Self.night + days * Self.day) == Array(left.indices))
        }
    }

    @Test("only good sets count: a damaged newest set takes no good one's place")
    func damagedNewest() {
        let sets = [Self.set(Self.night + 60, .damaged)] + Self.nights(3)
        #expect(kept(sets, .init(last: 1)) == [0, 1])
        #expect(why(sets, .init(last: 1), 0) == "damaged, but no newer set is whole")
    }

    @Test("a damaged set goes when a newer one is whole, whatever the rules would say of a good one")
    func damagedOld() {
        let sets = [Self.set(Self.night), Self.set(Self.night - 60, .damaged)]
        #expect(kept(sets, .init(last: 5, daily: 7)) == [0])
        #expect(why(sets, .init(last: 5), 1) == "damaged, and a newer set is whole")
        #expect(kept([sets[1], Self.set(Self.night - 3600, .damaged)], .init(last: 1)) == [0, 1])
    }

    @Test("a set from the future is kept and not counted, also when it alone is damaged")
    func future() {
        let sets = [Self.set(Self.night + 365 * Self.day), Self.set(Self.night + 366 * Self.day, .damaged)]
        let all = sets + Self.nights(3)
        #expect(kept(all, .init(last: 1)) == [0, 1, 2])
        #expect(kept(all, .init(within: .zero)) == [0, 1, 2])
    }

    @Test("pinned sets and those that cannot be judged stay; a pinned good one counts, the other does not")
    func exempt() {
        let pinned = [Self.set(Self.night + 60, pinned: true), Self.set(Self.night - 50 * Self.day, pinned: true)]
        #expect(kept(pinned + Self.nights(3), .init(last: 2)) == [0, 1, 2])
        let unclear = [Self.set(Self.night + 60, .unknown("denied")), Self.set(Self.night - 60, .unknown("denied"))]
        #expect(kept(unclear + Self.nights(3), .init(last: 1)) == [0, 1, 2])
        #expect(why(unclear, .init(last: 1), 0) == "it cannot be judged: denied")
    }

    @Test("the last good set goes only where that is allowed, and then all do but the pinned")
    func lastGood() {
        let sets = Self.nights(3) + [Self.set(Self.night - 100 * Self.day, pinned: true)]
        #expect(kept(sets, .init(last: 0)) == [0, 3])
        #expect(why(sets, .init(last: 0), 0) == "the last good set")
        #expect(kept(sets, .init(last: 0), allowsLast: true) == [3])
    }

    @Test("the calendar by arithmetic is Foundation's, from 1600 to 2400")
    func calendar() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var random = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            let seconds = Int.random(in: -11_676_096_000...13_569_465_600, using: &random)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
            let time = CivilTime(seconds: seconds)
            #expect(
                [time.year, time.month, time.day, time.hour, time.minute, time.second]
                    == [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second])
            #expect(time.seconds == seconds)
        }
        // The first of January 1970 was a Thursday; the Monday after it begins a week.
        #expect(CivilTime(seconds: 3 * 86_400).weekNumber == 0 && CivilTime(seconds: 4 * 86_400).weekNumber == 1)
    }
}
