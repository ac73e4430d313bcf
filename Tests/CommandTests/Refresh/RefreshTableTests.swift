// What a refresh looks like to eyes and to programs, from reports that are written down here, R15.

import DBKit
import Foundation
import Testing

@testable import dbctl

@Suite("What a refresh prints") struct RefreshTableTests {
    private let style = Style(color: false, now: Date(timeIntervalSince1970: 1_718_000_000))

    private func report(_ change: (inout RefreshReport) -> Void = { _ in }) -> RefreshReport {
        var report = RefreshReport(
            feed: "prices", table: "public.prices", files: ["prices.csv"], isDryRun: false)
        report.read = 1203
        report.inserted = 3
        report.updated = 1100
        report.unchanged = 100
        report.durationS = 2.14
        report.runID = "01J9Z3"
        report.isApplied = true
        report.batches = 1
        change(&report)
        return report
    }

    private func text(_ report: RefreshReport) -> String {
        RefreshOutcome(report: report).human(style)
    }

    @Test("R15: a run that wrote: verdict, figures, moves, missing assets, what to type next")
    func applied() {
        let report = report {
            $0.moves = [
                PriceMove(key: ["7", "2024-06-10"], column: "close", before: "10.00", after: "44.00", factor: 4.4),
                PriceMove(key: ["12", "2024-06-10"], column: "open", before: "10.00", after: "9.99", factor: 0.999),
                PriceMove(key: ["13", "2024-06-10"], column: "open", before: "0", after: "9.99", factor: nil),
            ]
            $0.missingAssets = ["AAPL", "IBM"]
            $0.missingAssetsCount = 2
            $0.warnings = ["updates of public.prices are not HOT: set fillfactor"]
            $0.walBytes = 1_300_000
            $0.hintBitsWalBytes = 42_000_000
            $0.backupSet = "20240610T020000Z"
        }
        #expect(
            text(report) == """
                APPLIED prices into public.prices: 3 inserted, 1100 updated (1203 records in 2.1 s)
                warning: updates of public.prices are not HOT: set fillfactor

                READ  INSERTED  UPDATED  UNCHANGED  REJECTED  COLLAPSED  SUPPRESSED
                1203         3     1100        100         0          0           0

                LARGEST MOVES  COLUMN  BEFORE  AFTER   CHANGE
                7 2024-06-10   close    10.00  44.00   +340 %
                12 2024-06-10  open     10.00   9.99  -0.10 %
                13 2024-06-10  open         0   9.99        -

                missing since the last run: 2 assets: AAPL, IBM

                Taken before: backup set 20240610T020000Z
                WAL: 1.24 MiB, and 40.1 MiB of the first read after a load
                What it changed: dbctl refresh show 01J9Z3
                To take it back: dbctl refresh undo 01J9Z3
                """)
        #expect(RefreshOutcome(report: report).exitStatus == .done)
    }

    @Test("R1: a file that changes nothing says so, and offers nothing to take back")
    func nothing() {
        let report = report {
            $0.inserted = 0
            $0.updated = 0
            $0.unchanged = 1203
            $0.batches = 0
        }
        #expect(
            text(report) == """
                NOTHING TO DO prices into public.prices: the table says the same already (1203 records in 2.1 s)

                READ  INSERTED  UPDATED  UNCHANGED  REJECTED  COLLAPSED  SUPPRESSED
                1203         0        0       1203         0          0           0
                """)
    }

    @Test("R6: a refusal shows rows, figures and the option that lets it through")
    func refused() {
        let report = report {
            $0.findings = [
                GuardFinding(
                    kind: .jump, message: "12 rows: a price is more than 5 times as high",
                    samples: ["prices.csv:7 A: x"],
                    rows: 12, override: "--max-jump 7"),
                GuardFinding(
                    kind: .stale, message: "the newest date of the feed is 2024-06-01", samples: [], rows: 0,
                    override: "--stale-after 9d"),
            ]
            $0.quarantineFiles = ["prices.csv.quarantine.csv"]
            $0.refused(Failure(.refreshGuard, "two guards refuse the run"))
        }
        #expect(
            text(report) == """
                REFUSED prices into public.prices: nothing was written (1203 records in 2.1 s)

                READ  INSERTED  UPDATED  UNCHANGED  REJECTED  COLLAPSED  SUPPRESSED
                1203         3     1100        100         0          0           0

                GUARD 12 rows: a price is more than 5 times as high
                  prices.csv:7 A: x
                  … and 11 more
                  It is right? Add --max-jump 7

                GUARD the newest date of the feed is 2024-06-01
                  It is right? Add --stale-after 9d

                What the guards held back, with reasons: prices.csv.quarantine.csv
                """)
        let outcome = RefreshOutcome(report: report)
        #expect(outcome.exitStatus.code == 80 && outcome.failure?.code == .refreshGuard)
    }

    @Test("R3: rejected records stand there with line and reason, and where all of them are")
    func rejected() {
        let report = report {
            $0.table = "public.pri\u{1B}[2Jces"
            $0.rejected = 21
            $0.rejects = [
                RejectedRecord(file: "prices.csv", line: 7, reason: "close: \"NaN\" is no number"),
                RejectedRecord(file: "prices.csv", line: 1200, reason: "date: \"today\" is a word\u{1B}[2J"),
            ]
            $0.rejectedFiles = ["my prices.csv.rejected.csv"]
            $0.refused(Failure(.refreshRejected, "21 records were rejected"))
        }
        #expect(
            text(report) == """
                REFUSED prices into public.pri\\u{1b}[2Jces: nothing was written (1203 records in 2.1 s)

                READ  INSERTED  UPDATED  UNCHANGED  REJECTED  COLLAPSED  SUPPRESSED
                1203         3     1100        100        21          0           0

                REJECTED    LINE  WHY
                prices.csv     7  close: "NaN" is no number
                prices.csv  1200  date: "today" is a word\\u{1b}[2J
                … and 19 more
                All of them, with reasons: 'my prices.csv.rejected.csv'
                """)
        var input = report
        input.rejectedFiles = []
        #expect(text(input).contains("They are kept nowhere: --rejected FILE writes them."))
        #expect(RefreshOutcome(report: report).exitStatus.code == 65)
    }

    struct Verdict: Sendable, CustomTestStringConvertible {
        var code: FailureCode?
        var isDryRun = false
        var batches = 0
        var says: String
        var testDescription: String { says }
    }

    @Test(
        "the verdict says what was done, and what is in can be taken back",
        arguments: [
            Verdict(isDryRun: true, says: "PLAN: it would be 3 inserted, 1100 updated; nothing was written"),
            Verdict(code: .refreshGuard, isDryRun: true, says: "PLAN: the run would be refused; nothing was written"),
            Verdict(code: .refreshDuplicates, says: "REFUSED: nothing was written"),
            Verdict(batches: 2, says: "APPLIED: 3 inserted, 1100 updated"),
            Verdict(
                code: .refreshPartial, batches: 2,
                says:
                    "PARTLY DONE: 3 inserted, 1100 updated so far, 40 not written yet; the same command goes on with it"
            ),
            Verdict(
                code: .refreshAccounting, batches: 2, says: "STOPPED: 3 inserted, 1100 updated, which is recorded"),
        ])
    func verdicts(_ verdict: Verdict) {
        let report = report {
            $0.isDryRun = verdict.isDryRun
            $0.batches = verdict.batches
            $0.isApplied = verdict.batches > 0
            $0.runID = verdict.batches > 0 ? "01J9Z3" : nil
            $0.failure = verdict.code.map { Failure($0, "x") }
            if verdict.code == .refreshPartial { $0.pending = 40 }
        }
        #expect(text(report).contains("SUPPRESSED  PENDING\n") == (report.pending > 0))
        let parts = verdict.says.split(separator: ": ", maxSplits: 1)
        #expect(text(report).hasPrefix("\(parts[0]) prices into public.prices: \(parts[1]) (1203 records in 2.1 s)\n"))
        #expect(text(report).contains("dbctl refresh undo 01J9Z3") == (verdict.batches > 0))
    }

    @Test("R15: JSON has the same, under names that stay")
    func document() throws {
        let report = report {
            $0.findings = [
                GuardFinding(kind: .missingAssets, message: "m", samples: [], rows: 1, override: "--max-missing 31%")
            ]
            $0.failure = Failure(.refreshGuard, "x")
        }
        let json = try JSONText.of(RefreshOutcome(report: report))
        let data = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(
            Set(data.keys) == [
                "feed", "table", "files", "dry_run", "applied", "refresh_run_id", "read", "inserted", "updated",
                "unchanged",
                "rejected",
                "collapsed",
                "suppressed", "pending", "rejects", "rejected_files", "quarantine_files", "moves", "missing_assets",
                "missing_assets_count", "findings", "warnings", "batches", "retries", "wal_bytes",
                "hint_bits_wal_bytes",
                "duration_s",
            ])
        let finding = try #require((data["findings"] as? [[String: Any]])?.first)
        #expect(finding["kind"] as? String == "missing_assets" && finding["override"] as? String == "--max-missing 31%")
        let decoder = JSONDecoder()
        #expect(try decoder.decode(RefreshReport.self, from: Data(json.utf8)).read == 1203)
    }
}

extension RefreshReport {
    /// Before anything was written.
    fileprivate mutating func refused(_ failure: Failure) {
        self.failure = failure
        isApplied = false
        batches = 0
        runID = nil
    }
}
