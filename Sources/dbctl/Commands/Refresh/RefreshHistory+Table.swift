import DBKit

extension RefreshHistoryReport: CommandResult {
    func human(_ style: Style) -> String {
        guard !runs.isEmpty else { return nothing }
        // Said of the run whose batches are only partly in.
        let hasPending = runs.contains { $0.pending > 0 }
        var columns: [TextTable.Column] = [
            "RUN", "STARTED", "FEED", "TABLE", "STATE", .right("READ"), .right("INSERTED"), .right("UPDATED"),
            .right("REJECTED"),
        ]
        if hasPending { columns.append(.right("PENDING")) }
        columns.append("UNDO")
        var list = TextTable(columns)
        for run in runs {
            var cells: [String] = [
                run.runID, Style.timestamp(run.startedAt), run.feed ?? "-", run.table, run.state.painted(style),
                String(run.read), String(run.inserted), String(run.updated), String(run.rejected),
            ]
            if hasPending { cells.append(String(run.pending)) }
            cells.append(run.undo)
            list.add(cells)
        }
        return list.rendered(style)
    }

    private var nothing: String {
        let filters = [feed.map { "of the feed \($0)" }, table.map { "into a table called \($0)" }].compactMap { $0 }
        guard !filters.isEmpty else { return "No refresh is recorded in this database." }
        return TextTable.printable(
            "No refresh \(filters.joined(separator: " ")) is recorded in this database; dbctl refresh history lists all of them."
        )
    }
}

extension RefreshRunDetail: CommandResult {
    func human(_ style: Style) -> String {
        let blocks = [run.figures(style), PriceMove.table(moves, style), changed(style)]
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func changed(_ style: Style) -> String {
        guard !changes.isEmpty else { return "" }
        var table = TextTable("CHANGED", "", "COLUMN", "BEFORE", "NOW")
        for change in changes {
            let key = change.key.joined(separator: " ")
            for column in change.columns {
                table.add(
                    key, change.kind.rawValue, column, Self.text(change.before[column]),
                    Self.text(change.now[column]))
            }
            if change.columns.isEmpty { table.add(key, change.kind.rawValue, change.now.isEmpty ? "(gone)" : "") }
        }
        let hidden = changesCount - Int64(changes.count)
        return table.rendered(style) + (hidden > 0 ? "\n… and \(Style.counted(hidden, "row")) more (--limit)" : "")
    }

    /// Nothing where there was no row; NULL is a value.
    private static func text(_ value: String??) -> String {
        switch value {
        case nil: ""
        case .some(nil): "NULL"
        case .some(let text?): text
        }
    }
}

extension RefreshChange {
    /// Those that differ; none where the row is gone, or somebody put back what was there.
    fileprivate var columns: [String] {
        now.keys.sorted().filter { before[$0] != now[$0] }
    }
}

extension RefreshRunRecord {
    /// Whether it can be taken back.
    fileprivate var undo: String {
        if state == .undone, let undoneBy { return "undone by \(undoneBy)" }
        guard isUndoable else { return "-" }
        return undoableUntil.map { "until \(Style.timestamp($0).prefix(10))" } ?? "yes"
    }

    fileprivate func figures(_ style: Style) -> String {
        var lines = TextTable("RUN", .init(stringLiteral: runID))
        lines.add("feed", feed ?? "-")
        lines.add("table", tableNow.map { "\(table), which is called \($0) now" } ?? table)
        lines.add("files", files.joined(separator: ", "))
        lines.add("state", state.painted(style))
        lines.add("started", Style.timestamp(startedAt))
        lines.add("finished", finishedAt.map(Style.timestamp) ?? "-")
        for (name, count) in [
            ("read", read), ("inserted", inserted), ("updated", updated), ("unchanged", unchanged),
            ("rejected", rejected), ("collapsed", collapsed), ("suppressed", suppressed),
        ] {
            lines.add(name, String(count))
        }
        if pending > 0 { lines.add("pending", String(pending)) }
        lines.add("batches", String(batches))
        lines.add("undo", undo)
        if let backupSet { lines.add("taken before", "backup set \(backupSet)") }
        return lines.rendered(style)
    }
}

extension RefreshRunRecord.State {
    fileprivate func painted(_ style: Style) -> String {
        switch self {
        case .applied: style.good(rawValue)
        case .partlyUndone, .undone: style.warning(rawValue)
        case .partial: style.bad(rawValue)
        }
    }
}
