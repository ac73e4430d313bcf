import DBKit

extension DrillReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    var alarms: [String] { unkept.map { ["\(database)/\(set): \($0)"] } ?? [] }

    func human(_ style: Style) -> String {
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
