import DBKit

/// What `backup drill` came to, or with `--dry-run` would be held on.
enum DrillOutcome: CommandResult {
    case held(DrillReport)
    case preview(DrillPreview)

    var failure: Failure? {
        if case .held(let report) = self { report.failure } else { nil }
    }

    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    var alarms: [String] {
        guard case .held(let report) = self, let unkept = report.unkept else { return [] }
        return ["\(report.database)/\(report.set): \(unkept)"]
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .held(let report): try report.encode(to: encoder)
        case .preview(let preview): try preview.encode(to: encoder)
        }
    }

    func human(_ style: Style) -> String {
        switch self {
        case .held(let report): report.human(style)
        case .preview(let preview): preview.human(style)
        }
    }
}

extension DrillPreview {
    fileprivate func human(_ style: Style) -> String {
        let place = into.map { "a new database \($0)" } ?? "a cluster of its own"
        let lines = [
            "\(style.bold("DRY RUN")): nothing was restored. \(database)/\(set) is whole and would be restored into \(place)",
            "  on PostgreSQL \(serverVersion): \(tables) tables with \(rows) rows compared, then all of it removed",
        ]
        return lines.map(TextTable.printable).joined(separator: "\n")
    }
}

extension DrillReport {
    fileprivate func human(_ style: Style) -> String {
        let verdict = ok ? style.good("EVERY ROW CAME BACK") : style.bad("NOT THE SAME")
        var lines = ["\(verdict): \(database)/\(set) on PostgreSQL \(serverVersion)"]
        if damage == nil {
            lines.append(
                "  restored \(tables) tables, \(rows) rows in \(Style.span(restoreDuration)), compared in "
                    + "\(Style.span(compareDuration)), and removed")
        }
        lines += differences.map { "  \($0.sentence)" }
        lines += warnings.map { "  \(style.warning("warning:")) \($0)" }
        return lines.map(TextTable.printable).joined(separator: "\n")
    }
}
