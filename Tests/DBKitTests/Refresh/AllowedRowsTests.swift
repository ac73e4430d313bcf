// Which rows `--allow ASSET:DATE` means, and what day a text is.

import Operations
import Testing

@testable import Refresh

@Suite("--allow ASSET:DATE") struct AllowedRowsTests {
    @Test(
        "R6: an asset, a day, both, or everything",
        arguments: [
            ("AAPL:2024-06-10", ["AAPL"], "2024-06-10", true), ("AAPL:2024-06-10", ["AAPL"], "2024-06-11", false),
            ("AAPL:2024-06-10", ["aapl"], "2024-06-10", false),
            ("AAPL:2024-06-10", ["AAPL"], "2024-06-10 16:00:00+00", true), ("AAPL:2024-06-10", ["AAPL"], nil, false),
            ("AAPL", ["AAPL"], "2024-06-10", true), ("AAPL", ["AAPL"], nil, true), ("AAPL", ["AAP"], nil, false),
            ("*:2024-06-10", ["X"], "2024-06-10", true), ("*:2024-06-10", ["X"], "2024-06-09", false),
            ("*", ["X"], "2024-06-10", true), ("NYSE:AAPL", ["NYSE:AAPL"], "2024-06-10", true),
            ("NYSE:AAPL:2024-06-10", ["NYSE:AAPL"], "2024-06-10", true),
            ("SSE:600519", ["SSE:600519"], "2024-06-10", true), ("7/EUR:2024-06-10", ["7", "EUR"], "2024-06-10", true),
            ("", ["AAPL"], nil, false),
        ] as [(String, [String], String?, Bool)])
    func matches(_ spelled: String, _ asset: [String], _ date: String?, _ isAllowed: Bool) {
        #expect(AllowedRows([spelled]).contains(asset: asset, date: date) == isAllowed)
        #expect(AllowedRows([String]()).contains(asset: asset, date: date) == false)
    }

    @Test(
        "what a row is called lets it through",
        arguments: [
            (["AAPL"], "2024-06-10"), (["NYSE:AAPL"], "2024-06-10"), (["7", "EUR"], nil), (["a b"], "2024-02-29"),
        ]
            as [([String], String?)])
    func roundTrip(_ asset: [String], _ date: String?) throws {
        let spelled = AllowedRows.spelling(asset: asset, date: date)
        try AllowedRows.check(spelled)
        #expect(AllowedRows([spelled]).contains(asset: asset, date: date))
        #expect(!AllowedRows([spelled]).contains(asset: asset + ["x"], date: date))
    }

    @Test(
        "a day that is none would never match, and is refused",
        arguments: ["AAPL:2024-6-10", "AAPL:2024-02-30", "AAPL:10.06.2024", "AAPL:06/10/2024", "", ":2024-06-10"])
    func mistyped(_ text: String) {
        #expect(throws: SpellingProblem.self) { try AllowedRows.check(text) }
    }

    @Test(
        "what only looks like a day somewhere else is an asset",
        arguments: ["SSE:600519", "A-B", "*", "BRK.B", "a:b-c"])
    func asset(_ text: String) throws {
        try AllowedRows.check(text)
    }

    @Test("days are counted over months, leap years and centuries, and each has one number")
    func days() throws {
        #expect(CivilDay("1970-01-01")?.days == 0)
        #expect(CivilDay("2000-03-01")?.days == 11_017)
        #expect(CivilDay("1900-02-28")?.days == -25_509)
        var seen: Int64?
        for year in 1890...2110 {
            for month in 1...12 {
                for day in 1...31 {
                    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
                    guard let found = CivilDay("\(year)-\(padded(month))-\(padded(day))") else { continue }
                    if let seen { #expect(found.days == seen + 1) }
                    seen = found.days
                }
            }
        }
        #expect(seen == 51_498)
    }

    @Test(
        "no day of the calendar is no day",
        arguments: [
            "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-04-31", "24-01-01",
            "2024/01/01",
            "2024-01-0", "2024-01-011", "", "-024-01-01", "2024-01-01x",
        ])
    func noDay(_ text: String) {
        #expect(CivilDay(text) == nil)
    }
}
