import DBKit

extension IndexApplyReport: CommandResult {
    var exitStatus: ExitStatus {
        if let failure { return ExitStatus(failure.category) }
        return indexes.contains { $0.state == .differs } ? .negative : .done
    }

    func human(_ style: Style) -> String {
        guard !indexes.isEmpty else { return "No index is declared." }
        let table = IndexChange.table(indexes, style)
        let planned = indexes.filter { [.planned, .undeclared].contains($0.state) }.compactMap(\.statement)
        let undeclared = indexes.count { $0.state == .undeclared }
        let them = undeclared == 1 ? "it" : "them"
        let lines = [
            isDryRun
                ? "\(style.bold("DRY RUN")): nothing was changed\(prunes ? "; --prune --yes does it" : "")." : nil,
            table,
            isDryRun && !planned.isEmpty ? planned.map { TextTable.printable("\($0);") }.joined(separator: "\n") : nil,
            undeclared > 0
                ? "\(Style.counted(undeclared, "index is", "indexes are")) not declared; --prune --yes drops \(them)"
                : nil,
        ]
        return lines.compactMap(\.self).joined(separator: "\n")
    }
}

extension IndexChange {
    /// One line an index.
    static func table(_ changes: [IndexChange], _ style: Style) -> String {
        var table = TextTable("TABLE", "INDEX", "STATE", .right("SIZE"), "")
        for change in changes {
            table.add(
                "\(change.schema).\(change.table)", change.name ?? "-", change.state.painted(style),
                (change.sizeBytes ?? change.estimateBytes).map { ByteCount(bytes: $0).forEyes } ?? "", change.note ?? ""
            )
        }
        return table.rendered(style)
    }
}

extension IndexChange.State {
    fileprivate func painted(_ style: Style) -> String {
        switch self {
        case .equivalent, .covered, .planned, .kept: rawValue
        case .created, .rebuilt, .dropped: style.good(rawValue)
        case .undeclared, .skipped: style.warning(rawValue)
        case .differs, .failed: style.bad(rawValue)
        }
    }
}
