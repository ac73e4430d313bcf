import DBKit

/// What `backup create` made: one set, or one for each database; or what it would make.
enum BackupOutcome: CommandResult {
    case one(BackupReport)
    case all(AllDatabasesReport<BackupReport>)
    case preview(BackupPreview)
    case previewOfAll(AllDatabasesReport<BackupPreview>)

    var failure: Failure? {
        switch self {
        case .one(let report): report.pruneFailure
        case .all(let report): report.failure
        case .previewOfAll(let report): report.failure
        case .preview: nil
        }
    }

    /// Every set that was asked for is made, whatever retention did afterwards.
    var isBackedUp: Bool {
        switch self {
        case .one, .preview, .previewOfAll: true
        case .all(let report): report.failed.isEmpty
        }
    }

    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .one(let report): try report.encode(to: encoder)
        case .all(let report): try report.encode(to: encoder)
        case .preview(let preview): try preview.encode(to: encoder)
        case .previewOfAll(let report): try report.encode(to: encoder)
        }
    }

    func human(_ style: Style) -> String {
        switch self {
        case .one(let report): text(report, style)
        case .all(let report):
            (report.sets.map { text($0, style) } + failed(report.failed, style)).joined(separator: "\n")
        case .preview(let preview): text(preview, style)
        case .previewOfAll(let report):
            (report.sets.map { text($0, style) } + failed(report.failed, style)).joined(separator: "\n\n")
        }
    }

    private func failed(_ databases: [FailedDatabase], _ style: Style) -> [String] {
        databases.map { TextTable.printable("\(style.bad("FAILED")) \($0.database): \($0.message)") }
    }

    private func text(_ preview: BackupPreview, _ style: Style) -> String {
        let free = preview.freeBytes.map { ", \(ByteCount(bytes: $0).forEyes) are free there" } ?? ""
        let rest = [
            "  into       \(preview.folder)",
            "  needs      at least \(ByteCount(bytes: preview.neededBytes).forEyes)\(free)",
            "  method     \(preview.compression), \(preview.jobs) jobs, pg_dump of \(preview.tools)",
            "  also       \(preview.sequences) sequences, \(preview.largeObjects) large objects",
        ]
        let head =
            "\(style.bold("DRY RUN")): nothing was written. A set of \(preview.database) would hold "
            + "\(preview.tables) tables, \(ByteCount(bytes: preview.tableBytes).forEyes) on disk"
        var table = TextTable("TABLE", .right("ON DISK"), "FORM", .right("CHUNKS"))
        for entry in preview.contents {
            table.add(
                "\(entry.schema).\(entry.name)", ByteCount(bytes: entry.tableBytes).forEyes,
                entry.copyFormat.rawValue, String(entry.chunks))
        }
        let lines = [head] + rest + notes(preview.omitted, preview.warnings, style)
        let listing = preview.contents.isEmpty ? "" : "\n\n" + table.rendered(style)
        return lines.map(TextTable.printable).joined(separator: "\n") + listing
    }

    private func notes(_ omitted: [Omission], _ warnings: [String], _ style: Style) -> [String] {
        var lines: [String] = []
        for (reason, words) in Self.reasons {
            let names = omitted.filter { $0.reason == reason }.map(\.what)
            if !names.isEmpty { lines.append("  \(style.warning(words)): \(names.joined(separator: ", "))") }
        }
        return lines + warnings.map { "  \(style.warning("warning:")) \($0)" }
    }

    private func text(_ report: BackupReport, _ style: Style) -> String {
        let amount = "\(report.tables) tables, \(report.rows) rows, \(ByteCount(bytes: report.sizeBytes).forEyes)"
        var lines = [
            "\(style.good("BACKED UP")) \(report.database): \(amount) in \(Style.span(report.duration)), read back whole",
            "  \(report.path)",
        ]
        let age = report.snapshot.xminAge.map { ", \($0) transactions" } ?? ""
        lines.append(style.faint("  the snapshot held back vacuum for \(Style.span(report.snapshot.held))\(age)"))
        lines += notes(report.omitted, report.warnings, style)
        if let pruned = report.pruned {
            lines.append("  retention  \(pruned.deleted) of \(pruned.sets.count) sets deleted, \(pruned.kept) kept")
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
