import DBKit

extension IndexCreateReport: CommandResult {
    func human(_ style: Style) -> String {
        guard let first = indexes.first else { return "" }
        var lines: [String] = []
        if isDryRun, !statements.isEmpty {
            lines.append("\(style.bold("DRY RUN")): nothing was changed. These would be executed:")
            lines += statements.map { TextTable.printable("\($0);") }
            if let bytes = first.estimateBytes { lines.append("about \(ByteCount(bytes: bytes).forEyes)") }
        } else {
            lines.append(verdict(first, style))
        }
        let children = indexes.dropFirst().filter { $0.state == .created }
        if !isDryRun, !children.isEmpty {
            lines.append("with \(Style.counted(children.count, "index", "indexes")) of partitions")
        }
        return (lines + notes).joined(separator: "\n")
    }

    private func verdict(_ index: IndexChange, _ style: Style) -> String {
        let name = TextTable.printable(index.name ?? "")
        guard index.state == .created else { return "equivalent: \(name)" }
        let size = index.sizeBytes.map { ", \(ByteCount(bytes: $0).forEyes)" } ?? ""
        let time = index.durationS.map { " in \(Style.span($0))" } ?? ""
        return
            "\(style.good("CREATED")) \(name) on \(TextTable.printable("\(index.schema).\(index.table)"))\(size)\(time)"
    }
}
