// What the guards of a refresh refuse, R6: pure functions, so that every case is a line.

import Foundation
import Operations
import Testing

@testable import Refresh

@Suite("Guards of a refresh") struct GuardTests {
    private func thresholds(_ change: (inout GuardThresholds) -> Void = { _ in }) -> GuardThresholds {
        var thresholds = GuardThresholds()
        change(&thresholds)
        return thresholds
    }

    struct Price: Sendable, CustomTestStringConvertible {
        var before: Double
        var after: Double
        var splits: [Double] = []
        var maximum: Double? = 5
        var verdict: JumpVerdict
        var testDescription: String { "\(before) → \(after)" }
    }

    @Test(
        "R6: a price beyond the factor jumps, by 100 or 1000 it is another unit, by a known split it is fine",
        arguments: [
            Price(before: 10, after: 10, verdict: .fine), Price(before: 10, after: 50, verdict: .fine),
            Price(before: 50, after: 10, verdict: .fine), Price(before: 0.1, after: 0.5, verdict: .fine),
            Price(before: 10, after: 50.1, verdict: .jump(5.01)),
            Price(before: 50.1, after: 10, verdict: .jump(10 / 50.1)),
            Price(before: 1.5, after: 150, verdict: .unit(100)), Price(before: 150, after: 1.5, verdict: .unit(0.01)),
            Price(before: 1.5, after: 152.9, verdict: .unit(152.9 / 1.5)),
            Price(before: 1.5, after: 153.1, verdict: .jump(153.1 / 1.5)),
            Price(before: 2, after: 2000, verdict: .unit(1000)),
            Price(before: 1, after: 10_000, verdict: .jump(10_000)),
            Price(before: 100, after: 10, splits: [10], verdict: .split(0.1)),
            Price(before: 10, after: 101, splits: [10], verdict: .split(10.1)),
            Price(before: 10, after: 103, splits: [10], verdict: .jump(10.3)),
            Price(before: 10, after: 100, splits: [0.1], verdict: .split(10)),
            Price(before: 1, after: 100, splits: [100], verdict: .split(100)),
            Price(before: 10, after: 1000, maximum: 500, verdict: .unit(100)),
            Price(before: 10, after: 1100, maximum: 500, verdict: .fine),
            Price(before: 10, after: 1000, maximum: nil, verdict: .fine),
            // No price was there, so that there is nothing to compare with.
            Price(before: 0, after: 10, verdict: .fine), Price(before: -1, after: 10, verdict: .fine),
            Price(before: .nan, after: 10, verdict: .fine), Price(before: .infinity, after: 10, verdict: .fine),
        ])
    func jump(_ price: Price) {
        let guarding = JumpGuard(
            thresholds {
                $0.maximumJump = price.maximum
                $0.splits = price.splits
            })
        #expect(guarding.verdict(before: price.before, after: price.after) == price.verdict)
    }

    @Test("R6: a query may leave out what the quiet factor leaves out", arguments: [2, 5, 98, 150, 1e9])
    func quiet(_ maximum: Double) throws {
        let guarding = JumpGuard(thresholds { $0.maximumJump = maximum })
        let quiet = try #require(guarding.quietFactor)
        for step in 0...1000 {
            let factor = 1 + (quiet - 1) * Double(step) / 1000
            #expect(guarding.verdict(before: 1, after: factor) == .fine)
            #expect(guarding.verdict(before: factor, after: 1) == .fine)
        }
        #expect(JumpGuard(thresholds { $0.maximumJump = nil }).quietFactor == nil)
    }

    private func row(
        _ asset: String, on date: String? = "2024-06-10", line: Int = 2, _ prices: (String, String, String)...
    ) -> RowGuards.Row {
        RowGuards.Row(
            file: "prices.csv", line: line, key: [asset] + (date.map { [$0] } ?? []), asset: [asset], date: date,
            prices: prices.map { .init(column: $0, before: $1, after: $2) })
    }

    @Test("R6: a row that jumps is held back with the figures, and the finding has the option that lets it through")
    func held() throws {
        var guards = RowGuards(thresholds(), today: "2024-06-11")
        #expect(guards.judge(row("IBM", ("close", "10", "11"))) == nil)
        #expect(guards.findings.isEmpty)
        let reason = guards.judge(row("AAPL", line: 7, ("open", "10.00", "11.00"), ("close", "10.00", "61.00")))
        #expect(reason == "close from 10.00 to 61.00, 6.1 times as high")
        let finding = try #require(guards.findings.first)
        #expect(guards.findings.count == 1 && finding.kind == .jump && finding.rows == 1)
        #expect(
            finding.message
                == "1 row: a price is more than 5 times as high or as low as the one that is there (up to 6.1 times)")
        #expect(
            finding.samples == ["prices.csv:7 AAPL 2024-06-10: close from 10.00 to 61.00, 6.1 times as high"])
        #expect(finding.override == "--allow AAPL:2024-06-10")
    }

    @Test("R6: what is a little more than the limit looks like more")
    func littleMore() throws {
        var guards = RowGuards(thresholds(), today: "2024-06-11")
        #expect(
            guards.judge(row("A", ("close", "13", "65.01"))) == "close from 13 to 65.01, 5.001 times as high")
        #expect(guards.findings.first?.message.hasSuffix("(up to 5.001 times)") == true)
        #expect(Figure(30.01, beyond: 30).description == "30.01" && Figure(30, beyond: 30).description == "30")
        #expect(Figure(0.1 + 0.2, beyond: 0.3).description == "0.3")
    }

    @Test("R6: every override lets through what was held back, and the narrowest is named")
    func overrides() throws {
        struct Case {
            var rows: [RowGuards.Row]
            var override: String
        }
        let quoted = "'A'\\''B C'"
        let cases = [
            Case(
                rows: [row("A", ("close", "1", "7")), row("B", ("close", "7", "1"))],
                override: "--allow A:2024-06-10 --allow B:2024-06-10"),
            Case(rows: ["A", "B", "C", "D"].map { row($0, ("close", "1", "12.3")) }, override: "--max-jump 15"),
            Case(rows: ["A", "B", "C", "D"].map { row($0, ("close", "1", "6")) }, override: "--max-jump 6"),
            Case(rows: ["A", "B", "C", "D"].map { row($0, ("close", "1", "123")) }, override: "--max-jump 130"),
            Case(rows: ["A", "B", "C", "D"].map { row($0, ("close", "1234.5", "1")) }, override: "--max-jump 1300"),
            Case(
                rows: ["A", "B", "C", "D"].map { row($0, ("close", "1", "100")) }, override: "--allow '*:2024-06-10'"),
            Case(
                rows: (1...4).map { row("A", on: "2024-06-0\($0)", ("close", "1", "100")) }, override: "--allow A"),
            Case(
                rows: (1...4).map { row("A\($0)", on: "2024-06-0\($0)", ("close", "1", "100")) },
                override: "--allow '*'"),
            Case(rows: [row("A'B C", on: nil, ("close", "1", "9"))], override: "--allow \(quoted)"),
            Case(rows: [row("A", on: "2024-06-10 14:30:00+00", ("close", "1", "9"))], override: "--allow A:2024-06-10"),
        ]
        for expected in cases {
            var guards = RowGuards(thresholds(), today: "2024-06-11")
            for row in expected.rows { #expect(guards.judge(row) != nil) }
            #expect(guards.findings.map(\.override) == [expected.override])
            var overridden = thresholds()
            if expected.override.hasPrefix("--max-jump ") {
                overridden.maximumJump = Double(expected.override.dropFirst(11))
            } else {
                let words = expected.override.split(separator: "--allow ").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
                overridden.allowed = Set(words.map { $0 == quoted ? "A'B C" : $0.replacing("'", with: "") })
            }
            var again = RowGuards(overridden, today: "2024-06-11")
            for row in expected.rows { #expect(again.judge(row) == nil, "\(expected.override)") }
            #expect(again.findings.isEmpty)
        }
    }

    @Test("R6: samples are the first ten, the count is of rows and not of columns")
    func samples() throws {
        var guards = RowGuards(thresholds(), today: "2024-06-11")
        for line in 2...31 {
            _ = guards.judge(row("A\(line)", line: line, ("open", "1", "100"), ("close", "1", "100")))
        }
        let finding = try #require(guards.findings.first)
        #expect(guards.findings.count == 1 && finding.kind == .unit && finding.rows == 30)
        #expect(finding.samples.count == 10 && finding.samples[0].hasPrefix("prices.csv:2 A2 2024-06-10: open"))
    }

    @Test("R6: a row may be held back for several reasons, and counts in each finding")
    func several() {
        var guards = RowGuards(
            thresholds { $0.backWindow = .seconds(7 * 86_400) }, today: "2024-06-11")
        let reason = guards.judge(row("A", on: "2024-06-03", ("open", "1", "7"), ("close", "1", "100")))
        #expect(
            reason
                == "2024-06-03 is more than 1w ago; open from 1 to 7, 7 times as high; close from 1 to 100, 100 times as "
                + "high: another unit?")
        #expect(guards.findings.map(\.kind) == [.jump, .unit, .backWindow])
    }

    @Test(
        "R6: rows older than the window are held back, whether they change something or are new",
        arguments: [
            ("2024-06-04", "7d", nil), ("2024-06-03", "7d", "--back-window 8d"),
            ("2024-06-10", "36h", nil), ("2024-06-09", "36h", "--back-window 2d"),
            ("2024-03-01", "14w", "--back-window 102d"),
            ("2024-03-05", "14w", nil), ("2025-01-01", "0s", nil), ("2024-06-10", "0s", "--back-window 1d"),
        ])
    func backWindow(_ date: String, _ window: String, _ override: String?) throws {
        let duration = try Duration(spelled: window)
        var guards = RowGuards(thresholds { $0.backWindow = duration }, today: "2024-06-11")
        #expect((guards.judge(row("A", on: date)) == nil) == (override == nil))
        #expect(guards.findings.first?.override == override)
        #expect(guards.findings.first?.kind == (override == nil ? nil : .backWindow))
    }

    struct Run: Sendable, CustomTestStringConvertible {
        var name: String
        var change: @Sendable (inout RunFacts) -> Void
        var kind: GuardFinding.Kind?
        var override = ""
        var says = ""
        var testDescription: String { name }
    }

    @Test(
        "R6: a run that misses assets, changes too much or is old is refused, and named are figures and option",
        arguments: [
            Run(name: "as always", change: { _ in }),
            Run(name: "30 % missing", change: { $0.missing = 300 }),
            Run(
                name: "more than 30 % missing", change: { $0.missing = 305 }, kind: .missingAssets,
                override: "--max-missing 31%", says: "305 of the 1000 assets of the last run are missing (30.5 %"),
            Run(
                name: "all missing", change: { $0.missing = 1000 }, kind: .missingAssets, override: "--max-missing 100%"
            ),
            Run(
                name: "first run",
                change: {
                    $0.lastAssets = 0
                    $0.missing = 0
                }),
            Run(name: "20 % changed", change: { $0.changed = 20 }),
            Run(
                name: "more than 20 % changed", change: { $0.changed = 63 }, kind: .massChange,
                override: "--max-changed 63%", says: "63 of the 100 rows that are there already would change (63 %"),
            Run(
                name: "an empty table",
                change: {
                    $0.changed = 0
                    $0.matched = 0
                }),
            Run(name: "three days old", change: { $0.newestDate = "2024-02-28" }),
            Run(
                name: "four days old, over a leap day", change: { $0.newestDate = "2024-02-27 16:00:00+00" },
                kind: .stale,
                override: "--stale-after 4d", says: "2024-02-27, 4d before 2024-03-02 (allowed are 3d)"),
            Run(name: "no date", change: { $0.newestDate = nil }),
            Run(name: "from tomorrow", change: { $0.newestDate = "2024-03-03" }),
        ])
    func run(_ run: Run) {
        var facts = RunFacts(
            matched: 100, changed: 1, lastAssets: 1000, missing: 0, missingSamples: ["A", "B"],
            newestDate: "2024-03-01", today: "2024-03-02")
        run.change(&facts)
        let guards = RunGuards(
            thresholds {
                $0.maximumChanged = 20
                $0.staleAfter = .seconds(3 * 86_400)
            })
        let findings = guards.findings(facts)
        #expect(findings.map(\.kind) == (run.kind.map { [$0] } ?? []))
        #expect((findings.first?.override ?? "") == run.override)
        #expect((findings.first?.message ?? "").contains(run.says) || run.says.isEmpty)
        var off = GuardThresholds()
        off.missingAssets = nil
        #expect(RunGuards(off).findings(facts).isEmpty)
    }

    @Test("an age of whole days is spelled in days, also where it is weeks")
    func ages() {
        #expect(Duration.seconds(14 * 86_400).spelledInDays == "14d")
    }
}
