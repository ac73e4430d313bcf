import DBKit

extension EnsureWithIndexesReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func human(_ style: Style) -> String {
        let changed = indexes.filter { $0.state != .equivalent && $0.state != .covered }
        let lines = [partitions.human(style)] + (changed.isEmpty ? [] : [IndexChange.table(changed, style)])
        return lines.filter { !$0.isEmpty }.joined(separator: "\n")
    }
}

extension PartitionEnsureReport {
    func human(_ style: Style) -> String {
        var lines: [String] = []
        if isDryRun, !partitions.isEmpty { lines.append("\(style.bold("DRY RUN")): nothing was changed.") }
        if partitions.isEmpty, failure == nil {
            lines.append("\(Style.counted(sets.count, "table has", "tables have")) all partitions.")
        } else if !partitions.isEmpty {
            var table = TextTable("TABLE", "PARTITION", "FROM", "TO", "STATE", "")
            for partition in partitions {
                table.add(
                    partition.table, partition.name, partition.lower, partition.upper,
                    partition.state.painted(style), partition.note ?? "")
            }
            lines.append(table.rendered(style))
        }
        lines += statements.map { TextTable.printable("\($0);") }
        return (lines + notes.map(TextTable.printable)).joined(separator: "\n")
    }
}

extension PartitionChange.State {
    fileprivate func painted(_ style: Style) -> String {
        switch self {
        case .planned: rawValue
        case .created, .drained: style.good(rawValue)
        case .failed: style.bad(rawValue)
        }
    }
}
