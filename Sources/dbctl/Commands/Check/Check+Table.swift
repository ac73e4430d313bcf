import DBKit

extension CheckReport: CommandResult {
    var exitStatus: ExitStatus { ExitStatus(verdict) }

    func human(_ style: Style) -> String {
        let blocks = [
            "\(style.verdict(verdict)): \(summary)",
            isClimbed ? ladder(style) : parts(style),
            steps.compactMap { step in step.hint.map { "\(step.name.rawValue): \($0)" } }.joined(separator: "\n"),
            notes.map { "note: \($0)" }.joined(separator: "\n"),
        ]
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// More than the first rung: the server was really asked.
    private var isClimbed: Bool {
        steps.count > 1 || failure != nil
    }

    private func ladder(_ style: Style) -> String {
        var table = TextTable("VERDICT", "RUNG", .right("TIME"), "FOUND")
        for step in steps {
            let time = step.timeS > 0 ? "\((step.timeS * 1000).rounded(toDigits: 2)) ms" : ""
            table.add(style.verdict(step.verdict), step.name.rawValue, time, step.text)
        }
        return table.rendered(style)
    }

    private func parts(_ style: Style) -> String {
        var table = TextTable("KEYWORD", "VALUE", "FROM")
        for part in connection { table.add(part.keyword, part.value, part.origin) }
        return table.rendered(style)
    }
}
