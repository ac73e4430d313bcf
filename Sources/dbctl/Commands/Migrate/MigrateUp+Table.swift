import DBKit

extension MigrationReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func human(_ style: Style) -> String {
        var lines = [verdict(style)]
        lines += warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        guard !applied.isEmpty else { return lines.joined(separator: "\n") }
        var table = TextTable("VERSION", "NAME", .right("STATEMENTS"), .right("TOOK"), "")
        for entry in applied {
            let notes = [
                entry.resumedAt.map { "resumed at statement \($0)" },
                entry.retries > 0 ? "\(entry.retries) retries" : nil,
            ].compactMap { $0 }
            table.add(
                entry.version, entry.name, String(entry.statements), Style.span(entry.durationS),
                notes.joined(separator: ", "))
        }
        return lines.joined(separator: "\n") + "\n\n" + table.rendered(style)
    }

    private func verdict(_ style: Style) -> String {
        let count = "\(applied.count) migration\(applied.count == 1 ? "" : "s")"
        if failure != nil { return "\(style.bad("STOPPED")): \(count) applied, \(pending) still to come" }
        return applied.isEmpty ? "\(style.good("UP TO DATE")): nothing to apply" : "\(style.good("APPLIED")): \(count)"
    }
}
