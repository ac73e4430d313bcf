import DBKit

extension PartitionRetainReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    /// What is asked before it is done.
    var question: String {
        let planned = partitions.filter { $0.state == .planned }
        let lost = planned.count { $0.action == .drop }
        return lost == 0
            ? "This retires \(Style.counted(planned.count, "partition", "partitions"))"
            : "This retires \(Style.counted(planned.count, "partition", "partitions")), and the rows of \(lost) are gone then"
    }

    func human(_ style: Style) -> String {
        var lines: [String] = []
        if isDryRun {
            let next = isEmpty ? "" : "; --yes does it"
            lines.append("\(style.bold("DRY RUN")): nothing was changed\(next).")
        }
        if partitions.isEmpty, failure == nil {
            lines.append("Nothing is past keeping in \(Style.counted(sets.count, "table", "tables")).")
        }
        if !partitions.isEmpty { lines.append(table(style)) }
        for partition in partitions {
            if isDryRun { lines += partition.statements.map { TextTable.printable("\($0);") } }
            if let set = partition.set {
                lines.append(
                    TextTable.printable("\(partition.schema).\(partition.name): \(partition.rows ?? 0) rows in \(set)"))
            }
        }
        return (lines + notes.map(TextTable.printable)).joined(separator: "\n")
    }

    private func table(_ style: Style) -> String {
        var table = TextTable(
            "TABLE", "PARTITION", "FROM", "TO", .right("ROWS"), .right("SIZE"), "ON EXPIRE", "STATE", "")
        for partition in partitions {
            table.add(
                partition.table, partition.name, partition.lower ?? "", partition.upper ?? "",
                partition.rows.map(String.init) ?? partition.rowEstimate.map { "~\($0)" } ?? "?",
                ByteCount(bytes: partition.sizeBytes).forEyes, partition.action.rawValue,
                partition.state.painted(style), partition.note ?? "")
        }
        return table.rendered(style)
    }
}

extension RetainedPartition.State {
    fileprivate func painted(_ style: Style) -> String {
        switch self {
        case .planned: rawValue
        case .finalized, .detached, .dropped, .archived: style.good(rawValue)
        case .kept: style.warning(rawValue)
        case .failed: style.bad(rawValue)
        }
    }
}
