import Backup
import Operations

/// Tells the demo's steps as they happen, and keeps them with their times.
struct DemoStory {
    private var report: DemoReport
    private let progress: any ProgressSink
    private let begun = ContinuousClock.now

    init(serverVersion: String, progress: any ProgressSink) {
        report = DemoReport(serverVersion: serverVersion)
        self.progress = progress
    }

    mutating func tell<T>(_ title: String, _ command: String?, _ step: () async throws -> T) async throws -> T {
        progress.report(
            Progress(phase: "demo", done: Int64(report.steps.count), total: nil, unit: .items, note: title))
        let start = ContinuousClock.now
        let value = try await step()
        let duration = (ContinuousClock.now - start) / .seconds(1)
        report.steps.append(DemoReport.Step(title: title, command: command, durationS: duration))
        return value
    }

    /// Replaces the last step's title by what only its result could say.
    mutating func amend(_ title: String) {
        guard !report.steps.isEmpty else { return }
        report.steps[report.steps.count - 1].title = title
    }

    /// Puts the tables of before and after side by side; one that is missing after counts no rows.
    mutating func compare(_ before: DemoTables, _ after: DemoTables) {
        report.tables = before.tables.map { table in
            let found = after.tables.first { $0.schema == table.schema && $0.name == table.name }
            return DemoReport.Table(
                schema: table.schema,
                name: table.name,
                rows: table.rows,
                checksum: table.checksum.description,
                restoredRows: found?.rows ?? 0,
                restoredChecksum: found?.checksum.description ?? "",
                matches: found.map { $0.rows == table.rows && $0.checksum == table.checksum } ?? false
            )
        }
    }

    mutating func connections(_ found: DemoReport.Connections) {
        report.connections = found
    }

    func finished() -> DemoReport {
        var report = report
        report.durationS = (ContinuousClock.now - begun) / .seconds(1)
        return report
    }
}
