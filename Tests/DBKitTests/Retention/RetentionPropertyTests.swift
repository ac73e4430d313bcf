import Foundation
import TestSupport
import Testing

@testable import Backup

/// What must hold for every repository and every policy; each seed is three hundred of them.
@Suite("Retention, whatever the repository") struct RetentionPropertyTests {
    struct World {
        var sets: [RetainedSet]
        var policy: RetentionPolicy
        var now: Date
    }

    static func world(_ random: inout SeededGenerator) -> World {
        let now = RetentionPlanTests.night
        var sets: [RetainedSet] = []
        var seen: Set<Date> = []
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            // Up to two years back, clustered, and now and then in the future.
            let reach: Double = [3600.0, 86_400, 30 * 86_400, 730 * 86_400].randomElement(using: &random) ?? 0
            let offset = Double.random(in: -reach...(reach / 10), using: &random).rounded()
            guard seen.insert(now + offset).inserted else { continue }
            let condition: RetainedSet.Condition =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: .damaged
                case 1: .unknown("denied")
                default: .good
                }
            let isPinned = Int.random(in: 0..<12, using: &random) == 0
            sets.append(RetentionPlanTests.set(now + offset, condition, pinned: isPinned))
        }
        return World(sets: sets, policy: policy(&random), now: now)
    }

    static func policy(_ random: inout SeededGenerator) -> RetentionPolicy {
        func count() -> Int? { Bool.random(using: &random) ? Int.random(in: 0...5, using: &random) : nil }
        let within = Bool.random(using: &random) ? Duration.seconds(Int.random(in: 0...5_000_000, using: &random)) : nil
        return RetentionPolicy(
            last: count(), within: within, daily: count(), weekly: count(), monthly: count(), yearly: count())
    }

    private func kept(_ world: World, allowsLast: Bool = false) -> Set<SetPath> {
        let decisions = RetentionPlan.decide(world.sets, world.policy, now: world.now, allowsLast: allowsLast)
        #expect(decisions.count == world.sets.count)
        #expect(decisions.allSatisfy { !$0.reasons.isEmpty })
        return Set(decisions.filter(\.isKept).map(\.path))
    }

    private func good(_ world: World) -> [RetainedSet] {
        world.sets.filter { $0.condition == .good && $0.time <= world.now }
    }

    @Test("the newest good set stays, pinned ones, unclear ones and those of the future too", arguments: 1...10)
    func neverTheLast(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let world = Self.world(&random)
            let kept = kept(world)
            if let newest = good(world).max(by: { $0.path.name < $1.path.name }) { #expect(kept.contains(newest.path)) }
            for set in world.sets {
                if set.isPinned || set.time > world.now || set.condition == .unknown("denied") {
                    #expect(kept.contains(set.path))
                }
                // A damaged one goes only if something newer is whole.
                if set.condition == .damaged, !kept.contains(set.path) {
                    #expect(good(world).contains { $0.path.name > set.path.name })
                }
            }
        }
    }

    @Test("pruning twice is as good as once, and later is as good as now", arguments: 11...20)
    func idempotent(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var world = Self.world(&random)
            let first = kept(world)
            world.sets = world.sets.filter { first.contains($0.path) }
            #expect(kept(world) == first)
            // As long as no set of the future comes of age, a clock that jumps a year changes nothing.
            world.sets = world.sets.filter { $0.time <= world.now }
            let before = kept(world)
            world.now += Double(Int.random(in: 1...730, using: &random)) * 86_400
            #expect(kept(world) == before)
        }
    }

    @Test("a clock that went back a year deletes nothing that the right one would keep", arguments: 21...25)
    func clockBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let world = Self.world(&random)
            var past = world
            past.now -= 365 * 86_400
            // All that is newer than the wrong clock stays; of the rest the newest good one does.
            for set in world.sets where set.time > past.now { #expect(kept(past).contains(set.path)) }
        }
    }

    @Test("a policy that asks for more never keeps less", arguments: 26...35)
    func monotone(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let world = Self.world(&random)
            var wider = world
            wider.policy.last = (world.policy.last ?? 0) + Int.random(in: 0...2, using: &random)
            wider.policy.daily = (world.policy.daily ?? 0) + Int.random(in: 0...2, using: &random)
            wider.policy.weekly = (world.policy.weekly ?? 0) + Int.random(in: 0...2, using: &random)
            wider.policy.monthly = (world.policy.monthly ?? 0) + Int.random(in: 0...2, using: &random)
            wider.policy.within = world.policy.within.map { $0 * 2 }
            let narrow = kept(world, allowsLast: true)
            #expect(narrow.isSubset(of: kept(wider, allowsLast: true)))
            #expect(narrow.isSubset(of: kept(world)))
        }
    }

    @Test("the order in which sets are found does not matter", arguments: 36...38)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let world = Self.world(&random)
            var shuffled = world
            shuffled.sets.shuffle(using: &random)
            #expect(kept(world) == kept(shuffled))
        }
    }
}
