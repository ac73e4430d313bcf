import DBKit

/// How the demo looks to eyes, and to JSON.
struct DemoOutcome: CommandResult {
    let report: DemoReport

    var failure: Failure? { report.failure }
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
    }

    func human(_ style: Style) -> String {
        var lines: [String] = []
        for (number, step) in report.steps.enumerated() {
            lines.append("\(number + 1). \(step.title)  \(style.faint("(\(Style.span(step.durationS)))"))")
            if let command = step.command { lines.append("   " + style.faint("$ \(command)")) }
        }
        var table = TextTable("TABLE", .right("ROWS BEFORE"), .right("ROWS RESTORED"), "CHECKSUM", "SAME")
        for one in report.tables {
            let same = one.matches ? style.good("yes") : style.bad("NO")
            table.add("\(one.schema).\(one.name)", "\(one.rows)", "\(one.restoredRows)", one.restoredChecksum, same)
        }
        lines += ["", table.rendered(style), ""]
        if let found = report.connections { lines += [freed(found, style)] }
        let verdict =
            report.isComplete
            ? style.good("EVERY ROW CAME BACK") + ": \(report.tables.count) tables are equal by count and checksum"
            : style.bad("NOT EVERY ROW CAME BACK")
        lines.append("\(verdict), in \(Style.span(report.durationS)) on PostgreSQL \(report.serverVersion)")
        return lines.joined(separator: "\n")
    }

    private func freed(_ found: DemoReport.Connections, _ style: Style) -> String {
        let head = found.freed == .ok ? style.good("THE SERVER IS FREE AGAIN") : style.bad("THE SERVER IS NOT FREE")
        return "\(head): \(Style.counted(found.ended, "session was", "sessions were")) ended, pool check said "
            + "\(found.exhausted.rawValue), then \(found.freed.rawValue)"
    }
}
