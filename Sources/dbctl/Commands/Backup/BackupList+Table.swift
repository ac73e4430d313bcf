import DBKit

extension SetListing: CommandResult {
    func human(_ style: Style) -> String {
        let notes = warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        guard !sets.isEmpty else { return notes.joined(separator: "\n") }
        var table = TextTable(
            "DATABASE", "SET", "AGE", .right("SIZE"), .right("RATIO"), .right("TOOK"), .right("TABLES"), .right("ROWS"),
            "VERIFIED", "DRILLED", "")
        for set in sets {
            table.add(
                set.database, set.set, style.age(set.time), set.sizeBytes.map { ByteCount(bytes: $0).forEyes } ?? "?",
                set.compressionRatio.map { "\($0.rounded(toDigits: 2))x" } ?? "", set.duration.map(Style.span) ?? "?",
                String(set.tables), String(set.rows), set.verified.map(style.age) ?? style.warning("never"),
                set.drilled.map(style.age) ?? "never",
                [set.pinned ? "pinned" : nil, set.problem.map { style.bad($0) }].compactMap { $0 }.joined(
                    separator: ", "))
        }
        return ([table.rendered(style)] + notes).joined(separator: "\n")
    }
}
