import Foundation
import Operations
import Testing

@testable import Backup

/// The verdict of `backup check` about one database, as a table of cases (B17).
@Suite("How fresh backups are") struct DatabaseFreshnessTests {
    private static let now = Date(timeIntervalSince1970: 1_769_824_800)

    private func observed(
        _ hours: Double, _ condition: DatabaseFreshness.Observed.Condition = .good, drilled: Double? = nil
    ) -> DatabaseFreshness.Observed {
        .init(
            SetName(time: Self.now - hours * 3600, run: "01ARZ3NDEKTSV4RRFFQ69G5FAV"), condition,
            drilled: drilled.map { Self.now - $0 * 3600 })
    }

    private func judge(
        _ sets: [DatabaseFreshness.Observed], drillHours: Int? = nil
    ) -> (CheckVerdict, String?) {
        let found = DatabaseFreshness(
            of: "app", sets, maximumAge: .seconds(26 * 3600), maximumDrillAge: drillHours.map { .seconds($0 * 3600) },
            now: Self.now)
        #expect(found.problems.isEmpty == (found.verdict == .ok))
        return (found.verdict, found.code?.name)
    }

    @Test("a good set is young enough up to the limit, and too old after it")
    func age() {
        #expect(judge([observed(1), observed(100)]) == (.ok, nil))
        #expect(judge([observed(26)]) == (.ok, nil))
        #expect(judge([observed(26.001)]) == (.critical, "backup.too_old"))
        #expect(judge([]) == (.critical, "backup.no_good_set"))
    }

    @Test(
        "a set that nobody verified, that is damaged, or that failed its drill, is no backup",
        arguments: [
            DatabaseFreshness.Observed.Condition.unverified, .damaged, .failedDrill,
        ])
    func condition(_ condition: DatabaseFreshness.Observed.Condition) {
        #expect(judge([observed(1, condition)]) == (.critical, "backup.no_good_set"))
        #expect(judge([observed(1, condition), observed(30)]) == (.critical, "backup.too_old"))
        #expect(judge([observed(1, condition), observed(20)]) == (.warning, "backup.newest_not_good"))
        #expect(judge([observed(1), observed(20, condition)]) == (.ok, nil))
    }

    @Test("a set from the future neither counts nor passes unseen")
    func future() {
        #expect(judge([observed(-24)]) == (.critical, "backup.no_good_set"))
        #expect(judge([observed(-24), observed(2)]) == (.warning, "backup.newest_not_good"))
    }

    @Test("the last drill of any set counts, once drills are asked for; the age of the backup is worse news")
    func drills() {
        #expect(judge([observed(2)]) == (.ok, nil))
        #expect(judge([observed(2)], drillHours: 192) == (.warning, "backup.drill_overdue"))
        #expect(judge([observed(2), observed(100, drilled: 99)], drillHours: 192) == (.ok, nil))
        #expect(judge([observed(2, drilled: -5)], drillHours: 192) == (.warning, "backup.drill_overdue"))
        #expect(judge([observed(500, drilled: 200)], drillHours: 192) == (.critical, "backup.too_old"))
    }
}
