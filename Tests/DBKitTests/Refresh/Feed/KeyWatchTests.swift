// Whether two rows have one key: said only where it is certain.

import TestSupport
import Testing

@testable import Refresh

@Suite("The watch over keys") struct KeyWatchTests {
    private func areDistinct(_ keys: [[Int64]], limit: Int = 1000, isKnown: Bool = true) -> Bool {
        var watch = KeyWatch(columns: keys.first?.count ?? 1, isKnown: isKnown, limit: limit)
        for key in keys { watch.add(key.map { KeyWatch.Part(number: $0) }) }
        return watch.areDistinct()
    }

    @Test("keys in the order of the key, or in the opposite one, are distinct however many there are")
    func ascending() {
        let byAsset = (0..<50).flatMap { asset in (0..<50).map { [Int64(asset), Int64($0)] } }
        let byDate = (0..<50).flatMap { date in (0..<50).map { [Int64($0), Int64(date)] } }
        #expect(areDistinct(byAsset, limit: 10))
        #expect(areDistinct(byDate, limit: 10))
        #expect(!areDistinct(byAsset + [[49, 49]], limit: 10), "a second one at the end")
        #expect(!areDistinct(byAsset + [[0, 0]], limit: 10))
    }

    @Test("keys without order are remembered up to a limit, and beyond it nothing is said")
    func remembered() {
        var random = SeededGenerator(seed: 5)
        let keys = (0..<900).map { [Int64($0), Int64($0 * 7 % 13)] }.shuffled(using: &random)
        #expect(areDistinct(keys))
        #expect(!areDistinct(keys, limit: 500))
        #expect(!areDistinct(keys + [keys[450]]))
        #expect(!areDistinct(keys, isKnown: false))
    }

    @Test("a key that comes twice is never missed, wherever the two stand")
    func duplicates() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let count = 2 + random.below(30)
            var keys = (0..<count).map { _ in [Int64(random.below(6)), Int64(random.below(6))] }
            if random.below(2) == 0 { keys.sort { ($0[0], $0[1]) < ($1[0], $1[1]) } }
            let truth = Set(keys).count == keys.count
            #expect(areDistinct(keys) == truth, "\(keys)")
        }
    }

    @Test("texts count by their bytes, numbers and days by their value")
    func values() async throws {
        var scene = FeedScene()
        scene.definition.key = ["asset_id", "date", "note"]
        func distinct(_ lines: String) async throws -> Bool {
            let outcome = try await scene.read("asset_id,date,note\n\(lines)")
            #expect(outcome.failure == nil)
            return outcome.tally.keysAreDistinct
        }
        #expect(try await distinct("1,2026-03-12,a\n1,2026-03-12,b\n1,2026-03-12,A\n"))
        #expect(try await !distinct("1,2026-03-12,a\n2,2026-03-12,a\n01,12 Mar 2026,a\n"))
        #expect(try await distinct("10,2026-03-12,a\n9,2026-03-12,a\n"))
    }

    @Test("keys whose texts may differ while their values do not are left to the server")
    func unknown() async throws {
        var scene = FeedScene()
        scene.definition.key = ["asset_id", "close"]
        let outcome = try await scene.read("asset_id,close\n1,1.0\n2,1.0\n")
        #expect(!outcome.tally.keysAreDistinct)
    }
}
