import DBKit

extension ConvertReport: CommandResult {
    var failure: Failure? {
        guard state == .planned, let refusal = refusal(consented: isConsented) else { return nil }
        let count = refusal.findings.count
        let first = refusal.findings.first?.message ?? ""
        switch refusal.code {
        case .blocked:
            return Failure(
                .partitionConvertBlocked, "\(table) cannot be converted: \(first)",
                detail: count > 1 ? "\(count) things stand in the way, all listed under findings." : nil,
                hint: refusal.findings.first?.hint)
        case .consent:
            return Failure(
                .partitionConvertConsent, "the conversion of \(table) changes what it promises: \(first)",
                detail: count > 1 ? "\(count) such changes, all listed under findings." : nil,
                hint: "if the application can live with that, consent with --yes")
        }
    }

    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func human(_ style: Style) -> String {
        ([verdict(style)] + listed(style) + notes).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func verdict(_ style: Style) -> String {
        let name = TextTable.printable(table)
        guard !isDryRun else {
            return
                "\(style.bold("DRY RUN")): nothing was changed; \(name) by \(by) every \(every), strategy \(strategy.rawValue)"
        }
        switch state {
        case .converted:
            let rows = rowsCompared > 0 ? ", \(Style.counted(rowsCompared, "row")) compared" : ""
            let stall = stallS.map { ", swapped in \(Style.span($0))" } ?? ""
            let time = durationS.map { " in \(Style.span($0))" } ?? ""
            return "\(style.good("CONVERTED")) \(name) by \(by) every \(every)\(rows)\(stall)\(time)"
        case .finished: return "\(style.good("FINISHED")) \(name): what a way back needed is dropped"
        case .removed: return "\(style.good("REMOVED")) what the conversion of \(name), which was dropped, had made"
        case .undone:
            let stall = stallS.map { ", swapped in \(Style.span($0))" } ?? ""
            return "\(style.good("UNDONE")) \(name) is again what it was\(stall)"
        case .planned, .begun: return "\(name) is as it was"
        }
    }

    private func listed(_ style: Style) -> [String] {
        var lines: [String] = []
        for severity in ConvertFinding.Severity.allCases {
            let of = findings.filter { $0.severity == severity }
            guard !of.isEmpty, isDryRun || severity <= .consent else { continue }
            lines.append(heading(severity, style))
            for finding in of {
                lines.append("  \(TextTable.printable(finding.message))")
                lines += (finding.hint ?? "").split(separator: "\n").map {
                    "    \(style.faint(TextTable.printable(String($0))))"
                }
            }
        }
        guard isDryRun, state == .planned, !partitions.isEmpty else { return lines }
        var table = TextTable("PARTITION", "FROM", "TO")
        for partition in partitions { table.add(partition.name, partition.lower, partition.upper) }
        lines.append("\(Style.counted(partitions.count, "partition")):")
        lines.append(table.rendered(style))
        lines.append("These would be executed, before the swap:")
        lines += statements.map { TextTable.printable("\($0);") }
        let rows =
            rowsEstimate.map { "about \(Style.counted($0, "row"))" }
            ?? "how many rows is not known until an ANALYZE"
        lines.append(
            "\(rows), \(ByteCount(bytes: sizeBytes).forEyes)\(strategy == .copy ? "; the copy takes as much again" : "")"
        )
        return lines
    }

    private func heading(_ severity: ConvertFinding.Severity, _ style: Style) -> String {
        switch severity {
        case .blocks: style.bad("In the way:")
        case .consent: style.warning(isDryRun ? "To be consented to, with --yes:" : "Changed, as was consented to:")
        case .moves: "Moved in the swap:"
        case .note: "Besides:"
        }
    }
}
