import DBKit

extension RefreshUndoReport: CommandResult {
    var exitStatus: ExitStatus { isInVain ? .negative : .done }

    func human(_ style: Style) -> String {
        var lines = [verdict(style)] + warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        if kept > 0 {
            lines.append("\(Style.counted(kept, "inserted row")) \(stay); --remove-inserted deletes \(them)")
        }
        if referenced > 0 {
            lines.append(
                "\(style.warning("left as they are:")) \(Style.counted(referenced, "inserted row")) to which rows of other tables refer"
            )
        }
        if suppressed > 0 {
            lines.append(
                "\(style.warning("left as they are:")) \(Style.counted(suppressed, "row")) that a trigger of the table did not let go back"
            )
        }
        if edited > 0 {
            lines.append(
                "\(style.warning("left as they are:")) \(Style.counted(edited, "row")) that somebody has edited or deleted since"
            )
        }
        guard !editedKeys.isEmpty else { return lines.joined(separator: "\n") }
        let hidden = edited - Int64(editedKeys.count)
        lines += editedKeys.map { key in
            "  " + TextTable.printable(zip(keyColumns, key).map { "\($0) \($1)" }.joined(separator: ", "))
        }
        if hidden > 0 { lines.append("  … and \(hidden) more") }
        return lines.joined(separator: "\n")
    }

    private var stay: String { isDryRun ? "would stay" : kept == 1 ? "stays" : "stay" }
    private var them: String { kept == 1 ? "it" : "them" }

    private func verdict(_ style: Style) -> String {
        let removal = removed > 0 ? ", \(Style.counted(removed, "inserted row")) deleted" : ""
        let place = tableNow.map { "\($0) (\(table) when the run wrote it)" } ?? table
        let amount = "\(Style.counted(restored, "row")) of \(TextTable.printable(place)) put back\(removal)"
        let isEmpty = restored + removed == 0
        guard isDryRun else {
            return isEmpty
                ? "\(style.warning("NOTHING WAS PUT BACK")): no row that may be is as run \(undoneRunID) left it"
                : "\(style.good("UNDONE")) run \(undoneRunID): \(amount)"
        }
        return
            "\(style.bold("DRY RUN")): nothing was changed. Undoing run \(undoneRunID): \(amount)\(isEmpty ? "" : "; --yes does it")"
    }
}
