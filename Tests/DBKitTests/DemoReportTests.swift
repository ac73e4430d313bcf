// The demo's verdict: pure.

import Operations
import Testing

@testable import Workflows

@Suite struct DemoReportTests {
    private func report(_ matches: [Bool]) -> DemoReport {
        var report = DemoReport(serverVersion: "15.18")
        report.tables = matches.enumerated().map { index, matches in
            DemoReport.Table(
                schema: "public", name: "t\(index)", rows: 1, checksum: "a", restoredRows: 1, restoredChecksum: "b",
                matches: matches)
        }
        return report
    }

    @Test("equal tables are no failure")
    func complete() {
        #expect(report([true, true]).failure == nil)
    }

    @Test("a table that differs is bad data with a code of its own, and is named")
    func different() {
        let failure = report([true, false]).failure
        #expect(failure?.code.name == "demo.mismatch" && failure?.category == .data)
        #expect(failure?.message.contains("public.t1") == true && failure?.message.contains("t0") == false)
    }

    @Test("nothing to compare is no success")
    func empty() {
        #expect(report([]).failure?.category == .data)
    }

    @Test("a server that was not seen to be exhausted, or is not free afterwards, is a bug of dbctl's")
    func stuck() {
        for (exhausted, freed) in [(CheckVerdict.warning, CheckVerdict.ok), (.critical, .critical)] {
            var report = report([true])
            report.connections = .init(exhausted: exhausted, cause: "slots", ended: 3, freed: freed)
            #expect(report.failure?.code == .demoStuck && report.failure?.category == .bug)
        }
        var report = report([true])
        report.connections = .init(exhausted: .critical, cause: "slots", ended: 3, freed: .ok)
        #expect(report.failure == nil)
    }
}
