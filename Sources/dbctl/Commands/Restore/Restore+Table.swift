import DBKit

/// How a restore looks to eyes, and to JSON.
struct RestoreOutcome: CommandResult {
    let result: RestoreResult
    /// It was a dry run only because nobody said --yes.
    var lacksConsent = false

    func encode(to encoder: any Encoder) throws {
        try result.encode(to: encoder)
    }

    func human(_ style: Style) -> String {
        if let steps = result.steps { return dryRun(steps, style) }
        let amount = [
            "\(result.tables) tables", "\(result.rows) rows",
            result.largeObjects > 0 ? "\(result.largeObjects) large objects" : nil,
            "\(ByteCount(bytes: result.bytes).forEyes) of data files",
        ].compactMap { $0 }.joined(separator: ", ")
        let verdict = style.good("RESTORED")
        var lines = [
            "\(verdict) \(result.subject) into \(result.database): \(amount) in \(Style.span(result.durationS))"
        ]
        if let skipped = result.skipped, skipped.entries > 0 {
            let chunks = skipped.chunks > 0 ? "\(skipped.chunks) parts of tables" : nil
            let there = ["\(skipped.tables) tables", chunks, ByteCount(bytes: skipped.bytes).forEyes]
            lines.append(
                "there already, from the interrupted restore: " + there.compactMap { $0 }.joined(separator: ", "))
        }
        lines += notes(style)
        return lines.joined(separator: "\n")
    }

    private func dryRun(_ steps: [String], _ style: Style) -> String {
        let head =
            "\(style.bold("DRY RUN")): nothing was changed. \(result.subject) into \(result.database) would:"
        let consent = lacksConsent ? ["--yes does it."] : []
        return ([head] + steps.map { "  " + TextTable.printable($0) } + notes(style) + consent)
            .joined(separator: "\n")
    }

    private func notes(_ style: Style) -> [String] {
        var notes = result.warnings.map { style.warning("warning: ") + TextTable.printable($0) }
        if !result.omittedRoles.isEmpty {
            notes.append("left out, because they are not on the server: \(result.omittedRoles.joined(separator: ", "))")
        }
        if !result.swept.isEmpty {
            notes.append("removed what a killed restore had left: \(result.swept.joined(separator: ", "))")
        }
        return notes
    }
}
