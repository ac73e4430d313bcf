import DBKit
import Testing

@testable import dbctl

@Suite("How durations, sizes and calendar steps are spelled")
struct SpellingTests {
    @Test(
        "a duration is an integer and ms, s, m, h, d or w",
        arguments: [
            ("300ms", 0.3), ("90s", 90.0), ("15m", 900), ("26h", 93_600), ("7d", 604_800), ("2w", 1_209_600), ("0s", 0),
        ])
    func durations(_ text: String, _ seconds: Double) throws {
        let duration = try Duration(spelled: text)
        #expect(duration.seconds == seconds)
        #expect(try Duration(spelled: duration.spelled) == duration)
    }

    @Test(
        "anything else is refused without repeating it",
        arguments: [
            "", "5", "s", "1.5s", "-1s", "1 s", "1S", "1min", "1M", "5y", "١s", "9223372036854775807w", "1s ", "1e3s",
        ])
    func wrongDurations(_ text: String) {
        #expect(throws: SpellingProblem.self) { try Duration(spelled: text) }
    }

    @Test("a calendar step may be plural", arguments: ["1 month", "24 months", "1 hours", "3 quarter", "1 year"])
    func steps(_ text: String) throws {
        #expect(try CalendarStep(spelled: text).count > 0)
    }

    @Test("a calendar step is no duration", arguments: ["1mo", "month", "0 months", "-1 day", "1  day", "1 Day", "7d"])
    func wrongSteps(_ text: String) {
        #expect(throws: SpellingProblem.self) { try CalendarStep(spelled: text) }
    }

    @Test("sizes for eyes carry three digits", arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1.50 KiB")])
    func forEyes(_ bytes: Int, _ text: String) {
        #expect(ByteCount(bytes: Int64(bytes)).forEyes == text)
    }

    @Test("the nearest name is one slip away, and a far one is not offered")
    func nearest() {
        #expect(NearestName.of("jbos", among: ["jobs", "repo", "keep"]) == ["jobs"])
        #expect(NearestName.of("auth.passwrd", among: ["auth.password", "connect.dns"]) == ["auth.password"])
        #expect(NearestName.of("x", among: ["a", "b"]).isEmpty)
        #expect(NearestName.of("frobnicate", among: ["jobs", "repo"]).isEmpty)
    }
}
