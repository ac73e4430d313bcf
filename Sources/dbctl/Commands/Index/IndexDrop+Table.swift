import DBKit

extension IndexDropReport: CommandResult {
    func human(_ style: Style) -> String {
        guard let index = indexes.first else { return "" }
        let name = TextTable.printable(index.name ?? "")
        let size = ByteCount(bytes: index.sizeBytes ?? 0).forEyes
        guard isDryRun else {
            return
                "\(style.good("DROPPED")) \(name) of \(TextTable.printable("\(index.schema).\(index.table)")), \(size)"
        }
        return [
            "\(style.bold("DRY RUN")): nothing was changed; --yes does it:",
            statements.map { TextTable.printable("\($0);") }.joined(separator: "\n"),
            "What it is, should it be wanted again:",
            TextTable.printable("  \(index.note ?? "")"),
            "\(size), \(Style.counted(scans, "scan")) since the statistics were reset",
        ].joined(separator: "\n")
    }
}
