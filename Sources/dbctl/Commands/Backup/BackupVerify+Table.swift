import DBKit

extension VerifyReports: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    var alarms: [String] {
        sets.compactMap { report in report.unkept.map { "\(report.database)/\(report.set): \($0)" } }
    }

    func human(_ style: Style) -> String {
        let verdicts = sets.map { report in
            let read =
                "\(report.files) files, \(ByteCount(bytes: report.readBytes).forEyes) in \(Style.span(report.duration))"
            let verdict = report.ok ? style.good("WHOLE") : style.bad("DAMAGED")
            let lines = ["\(verdict) \(report.database)/\(report.set): \(read)"]
            let notes = report.warnings.map { "  \(style.warning("warning:")) \($0)" }
            return (lines + report.damages.map { "  \($0.sentence)" } + notes).map(TextTable.printable).joined(
                separator: "\n")
        }
        let unknown = failed.map {
            TextTable.printable("\(style.warning("NOT VERIFIED")) \($0.database)/\($0.set): \($0.message)")
        }
        let notes = warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        return (verdicts + unknown + notes).joined(separator: "\n")
    }
}
