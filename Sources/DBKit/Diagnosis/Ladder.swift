import Operations
import Postgres

/// The report as it grows: one rung after the other, each with its time, until one fails.
struct Ladder {
    private(set) var report: CheckReport
    private var began = ContinuousClock.now
    /// What the findings that are not OK are called.
    private var codes: [CheckStep.Name: FailureCode] = [:]

    init(connection: [ConnectionPart]) {
        report = CheckReport(connection: connection)
    }

    /// Starts the clock of the next rung.
    mutating func begin() {
        began = .now
    }

    var elapsed: Duration { ContinuousClock.now - began }

    mutating func add(_ name: CheckStep.Name, _ finding: CheckRules.Finding, time: Duration? = nil) {
        let spent = time ?? elapsed
        report.steps.append(
            CheckStep(
                name: name, verdict: finding.verdict, timeS: spent / .seconds(1), text: finding.text,
                hint: finding.hint))
        report.verdict = max(report.verdict, finding.verdict)
        codes[name] = finding.code
        begin()
    }

    mutating func note(_ text: String) {
        report.notes.append(text)
    }

    mutating func look(_ change: (inout CheckReport) -> Void) {
        change(&report)
    }

    /// The rung on which it ends.
    mutating func fail(_ failure: Failure, at name: CheckStep.Name, verdict: CheckVerdict = .critical) {
        add(name, .init(verdict: verdict, text: failure.message, hint: failure.hint))
        report.failure = failure
    }

    /// The report with its one line for a monitoring system.
    func finished() -> CheckReport {
        var report = report
        let worst = report.steps.first { $0.verdict == report.verdict && $0.verdict != .ok }
        report.summary = worst.map { "\($0.name.rawValue): \($0.text)" } ?? healthy(report)
        // Whoever reads the error alone has to hear of what was found above the login, too.
        if report.failure == nil, let worst, let code = codes[worst.name] {
            report.failure = Failure(code, report.summary, hint: worst.hint)
        }
        return report
    }

    private func healthy(_ report: CheckReport) -> String {
        guard let server = report.server else { return "the connection is resolved" }
        let latency = report.latency.map { ", SELECT 1 in \(Ladder.milliseconds($0.p50S)) ms" } ?? ""
        return "PostgreSQL \(server.version) (\(server.role)) answers\(latency), "
            + "\(server.ordinaryFree) of \(server.maxConnections) connections free"
    }

    static func milliseconds(_ seconds: Double) -> String {
        String(Double((seconds * 100_000).rounded()) / 100)
    }
}
