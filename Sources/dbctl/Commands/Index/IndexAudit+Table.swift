import DBKit

extension IndexAuditReport: CommandResult {
    var exitStatus: ExitStatus { findings.isEmpty ? .done : .negative }

    func human(_ style: Style) -> String {
        guard !findings.isEmpty else { return style.good("NO FINDINGS") }
        var lines = [style.warning("\(Style.counted(findings.count, "FINDING", "FINDINGS"))")]
        for finding in findings {
            lines.append(
                "\(style.bold(finding.kind.rawValue))  \(TextTable.printable(finding.object))  \(ByteCount(bytes: finding.sizeBytes).forEyes)"
            )
            lines.append("  \(TextTable.printable(finding.why))")
            lines.append("  \(TextTable.printable(finding.command))")
        }
        return (lines + notes).joined(separator: "\n")
    }
}
