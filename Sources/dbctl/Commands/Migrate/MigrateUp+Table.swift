import DBKit

extension MigrationReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }
    var alarms: [String] { warnings }

    func human(_ style: Style) -> String {
        var lines = [verdict(style)]
        lines += warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        if let dump { lines.append("schema file: \(TextTable.printable(dump))") }
        guard !applied.isEmpty || !undone.isEmpty else { return lines.joined(separator: "\n") }
        var table = TextTable("VERSION", "NAME", .right("STATEMENTS"), .right("TOOK"), "")
        for (entry, isUndone) in undone.map({ ($0, true) }) + applied.map({ ($0, false) }) {
            let notes = [
                isUndone ? (isDryRun ? "to undo" : "undone") : undone.isEmpty ? nil : isDryRun ? "to apply" : "applied",
                entry.resumedAt.map { "resumed at statement \($0)" },
                entry.retries > 0 ? "\(entry.retries) retries" : nil,
            ].compactMap { $0 }
            table.add(
                entry.version, entry.name, String(entry.statements), isDryRun ? "-" : Style.span(entry.durationS),
                notes.joined(separator: ", "))
        }
        let blocks = (plan ?? []).map { $0.text(style, verb: $0.direction == .down ? "undo" : "apply") }
        return ([lines.joined(separator: "\n"), table.rendered(style)] + blocks).joined(separator: "\n\n")
    }

    private func verdict(_ style: Style) -> String {
        let done = [count(undone.count, "undone"), count(applied.count, "applied")].compactMap { $0 }
        let what = done.isEmpty ? "nothing to do" : done.joined(separator: ", ")
        if failure != nil { return "\(style.bad("STOPPED")): \(what), \(pending) still to come" }
        if isDryRun {
            return done.isEmpty
                ? "\(style.good("NOTHING TO DO")): nothing is applied"
                : "\(style.bold("DRY RUN")): nothing was changed. It would be: \(what); --yes does it"
        }
        return done.isEmpty ? "\(style.good("UP TO DATE")): \(what)" : "\(style.good("DONE")): \(what)"
    }

    private func count(_ number: Int, _ what: String) -> String? {
        number > 0 ? "\(number) migration\(number == 1 ? "" : "s") \(what)" : nil
    }
}
