import DBKit

/// What `refresh run` did, or `plan` would do, as JSON and to eyes.
struct RefreshOutcome: CommandResult {
    let report: RefreshReport

    var failure: Failure? { report.failure }
    var exitStatus: ExitStatus { report.failure.map { ExitStatus($0.category) } ?? .done }

    func encode(to encoder: any Encoder) throws { try report.encode(to: encoder) }

    func human(_ style: Style) -> String {
        let head = [verdict(style)] + report.warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        let blocks =
            [head.joined(separator: "\n"), figures(style)] + report.findings.map { finding($0, style) }
            + [rejects(style), moves(style), missing, notes.joined(separator: "\n")]
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    // The verdict

    private var changes: Int64 { report.inserted + report.updated }

    private func verdict(_ style: Style) -> String {
        let place = report.feed.map { "\($0) into \(report.table)" } ?? report.table
        let amount = "\(report.inserted) inserted, \(report.updated) updated"
        let span = "\(Style.counted(report.read, "record")) in \(Style.span(report.durationS))"
        let word: String
        let what: String
        switch (report.failure?.category, report.isDryRun) {
        case (nil, true):
            word = style.bold("PLAN")
            what = changes == 0 ? "nothing to write" : "it would be \(amount); nothing was written"
        case (_?, true):
            word = style.bad("PLAN")
            what = "the run would be refused; nothing was written"
        case (nil, false):
            word = style.good(changes + report.suppressed == 0 ? "NOTHING TO DO" : "APPLIED")
            what = changes + report.suppressed == 0 ? "the table says the same already" : amount
        case (.bug?, false) where report.isApplied:
            word = style.bad("STOPPED")
            what = "\(amount), which is recorded"
        case (_?, false) where report.isApplied:
            word = style.bad("PARTLY DONE")
            what = "\(amount) so far, \(report.pending) not written yet; the same command goes on with it"
        case (_?, false):
            word = style.bad("REFUSED")
            what = "nothing was written"
        }
        return TextTable.printable("\(word) \(place): \(what) (\(span))")
    }

    private func figures(_ style: Style) -> String {
        var figures: [(String, Int64)] = [
            ("READ", report.read), ("INSERTED", report.inserted), ("UPDATED", report.updated),
            ("UNCHANGED", report.unchanged), ("REJECTED", report.rejected), ("COLLAPSED", report.collapsed),
            ("SUPPRESSED", report.suppressed),
        ]
        if report.pending > 0 { figures.append(("PENDING", report.pending)) }
        var table = TextTable(figures.map { TextTable.Column.right($0.0) })
        table.add(figures.map { String($0.1) })
        return table.rendered(style)
    }

    // What was refused

    private func finding(_ finding: GuardFinding, _ style: Style) -> String {
        let hidden = finding.rows - Int64(finding.samples.count)
        let more = hidden > 0 && !finding.samples.isEmpty ? ["… and \(hidden) more"] : []
        let lines = (finding.samples + more).map { "  \($0)" } + ["  It is right? Add \(style.bold(finding.override))"]
        return ([style.bad("GUARD") + " \(finding.message)"] + lines).map(TextTable.printable).joined(separator: "\n")
    }

    private func rejects(_ style: Style) -> String {
        guard report.rejected > 0 else { return "" }
        var table = TextTable("REJECTED", .right("LINE"), "WHY")
        for reject in report.rejects { table.add(reject.file, String(reject.line), reject.reason) }
        let hidden = report.rejected - Int64(report.rejects.count)
        var lines = [table.rendered(style)]
        if hidden > 0 { lines.append("… and \(hidden) more") }
        lines.append(
            report.rejectedFiles.isEmpty
                ? "They are kept nowhere: --rejected FILE writes them."
                : "All of them, with reasons: \(Self.list(report.rejectedFiles))")
        return lines.joined(separator: "\n")
    }

    // What is worth a look

    private func moves(_ style: Style) -> String {
        PriceMove.table(report.moves, style)
    }

    private var missing: String {
        guard report.missingAssetsCount > 0 else { return "" }
        let shown = report.missingAssets.prefix(10)
        let hidden = report.missingAssetsCount - Int64(shown.count)
        let more = hidden > 0 ? " and \(hidden) more" : ""
        return TextTable.printable(
            "missing since the last run: \(Style.counted(report.missingAssetsCount, "asset")): "
                + shown.joined(separator: ", ") + more)
    }

    private var notes: [String] {
        var notes: [String] = []
        if !report.quarantineFiles.isEmpty {
            notes.append("What the guards held back, with reasons: \(Self.list(report.quarantineFiles))")
        }
        if let set = report.backupSet { notes.append("Taken before: backup set \(set)") }
        if report.batches > 1 || report.retries > 0 {
            notes.append(
                "\(Style.counted(report.batches, "transaction")), \(Style.counted(report.retries, "retry", "retries"))")
        }
        if report.walBytes > 0 {
            let hints = report.hintBitsWalBytes
            notes.append(
                "WAL: \(ByteCount(bytes: report.walBytes).forEyes)"
                    + (hints > 0 ? ", and \(ByteCount(bytes: hints).forEyes) of the first read after a load" : ""))
        }
        if let runID = report.runID, !report.isDryRun, changes > 0 {
            notes.append("What it changed: dbctl refresh show \(runID)")
            notes.append("To take it back: dbctl refresh undo \(runID)")
        }
        return notes.map(TextTable.printable)
    }

    private static func list(_ files: [String]) -> String {
        TextTable.printable(files.map(ShellWord.quoted).joined(separator: ", "))
    }
}

extension PriceMove {
    /// Empty where there are none.
    static func table(_ moves: [PriceMove], _ style: Style) -> String {
        guard !moves.isEmpty else { return "" }
        var table = TextTable("LARGEST MOVES", "COLUMN", .right("BEFORE"), .right("AFTER"), .right("CHANGE"))
        for move in moves {
            table.add(move.key.joined(separator: " "), move.column, move.before, move.after, move.change)
        }
        return table.rendered(style)
    }

    /// `+510 %`
    private var change: String {
        guard let factor, factor.isFinite else { return "-" }
        let percent = (factor - 1) * 100
        guard percent.magnitude < 1e12 else { return "-" }
        return "\(percent > 0 ? "+" : "")\(percent.rounded(toDigits: 3)) %"
    }
}
