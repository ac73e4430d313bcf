import DBKit
import Foundation
import TestSupport
import Testing

/// Which set `--latest` is.
@Suite struct LatestSetTests {
    private static let now = Date(timeIntervalSince1970: 1_769_824_800)

    private func latest(_ ages: [Double]) async throws -> (age: Double, passedOver: Int) {
        try await BackupFixture.with { backup in
            for hours in ages { try backup.plant(at: Self.now - hours * 3600) }
            let found = try SetCatalog.latest(in: backup.repository, database: nil, now: Self.now)
            return (Self.now.timeIntervalSince(found.set.path.name.time) / 3600, found.passedOver.count)
        }
    }

    @Test("the newest, but none from more than a day in the future as long as there is another")
    func future() async throws {
        #expect(try await latest([30, 6, 54]) == (6, 0))
        // The clocks of two machines differ by hours, in time zones by more; both is no reason to take an old set.
        #expect(try await latest([30, 6, -2]) == (-2, 0))
        #expect(try await latest([30, 6, -24]) == (-24, 0))
        #expect(try await latest([30, 6, -25, -9000]) == (6, 2))
        #expect(try await latest([-25, -9000]) == (-9000, 0))
    }
}
