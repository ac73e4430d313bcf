import DBKit

/// What `backup create` made: one set, or one for each database.
struct BackupOutcome: CommandResult {
    private let all: AllDatabasesReport?
    private let one: BackupReport?

    init(_ report: BackupReport) {
        (all, one) = (nil, report)
    }

    init(allDatabases report: AllDatabasesReport) {
        (all, one) = (report, nil)
    }

    var failure: Failure? { all?.failure }
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func encode(to encoder: any Encoder) throws {
        try all?.encode(to: encoder)
        try one?.encode(to: encoder)
    }

    func human(_ style: Style) -> String {
        let failed = all?.failed.map { "\(style.bad("FAILED")) \($0.database): \($0.message)" } ?? []
        return (([one].compactMap { $0 } + (all?.sets ?? [])).map { text($0, style) } + failed).joined(separator: "\n")
    }

    private func text(_ report: BackupReport, _ style: Style) -> String {
        let amount = "\(report.tables) tables, \(report.rows) rows, \(ByteCount(bytes: report.sizeBytes).forEyes)"
        var lines = [
            "\(style.good("BACKED UP")) \(report.database): \(amount) in \(Style.span(report.duration)), read back whole",
            "  \(report.path)",
        ]
        let age = report.snapshot.xminAge.map { ", \($0) transactions" } ?? ""
        lines.append(style.faint("  the snapshot held back vacuum for \(Style.span(report.snapshot.held))\(age)"))
        for (reason, words) in Self.reasons {
            let names = report.omitted.filter { $0.reason == reason }.map(\.what)
            if !names.isEmpty { lines.append("  \(style.warning(words)): \(names.joined(separator: ", "))") }
        }
        if !report.swept.isEmpty {
            lines.append("  removed what a killed run had left: \(report.swept.joined(separator: ", "))")
        }
        return lines.map(TextTable.printable).joined(separator: "\n")
    }

    private static let reasons: [(Omission.Reason, String)] = [
        (.excluded, "left out as asked"), (.foreignTable, "foreign tables, whose rows are elsewhere"),
        (.unloggedOnStandby, "unlogged, which a standby does not have"), (.notVisible, "not visible to this role"),
    ]
}
