import DBKit
import Foundation

extension TopFrame {
    /// Who is asked, how many connections are left, and what is wrong.
    func head(isRoomy: Bool) -> [ScreenLine] {
        let server = look.observation.server
        let up = Style.span(look.observation.age(server.started) ?? 0)
        let kind = server.isStandby ? "standby " : ""
        let marks = (labels + (view.isPaused ? ["paused"] : [])).map { "  [\($0)]" }.joined()
        let title =
            "PostgreSQL \(server.version) \(kind)up \(up), database \(server.database) as \(server.role)  "
            + Style.timestamp(look.observation.time) + marks
        var lines = [ScreenLine(ScreenText.clean(title), .heading), slots]
        let (text, tone) = verdict
        // What is wrong is worth three lines, where there are some.
        lines += ScreenText.wrap(text, columns, lines: isRoomy ? 3 : 1).map { ScreenLine($0, tone) }
        if isRoomy, !isOld {
            lines.append(ScreenLine(look.nextCommand.map { "next: \(ScreenText.clean($0))" } ?? "", .plain))
        }
        return lines
    }

    /// The numbers on the left and, where there is room, the headroom of the last looks on the right.
    private var slots: ScreenLine {
        let text = look.budget.text
        let tone: ScreenLine.Tone =
            switch look.budget.verdict().verdict {
            case .ok: .good
            case .warning, .unknown: .warning
            case .critical: .bad
            }
        let room = columns - ScreenText.width(text) - 2
        let label = "headroom "
        let least = label.count + 8 + 10
        guard room >= least else { return ScreenLine(text, tone) }
        let bars = min(60, room - label.count - 8)
        let span = " \(Style.span(history.span(bars).rounded()))"
        return ScreenLine("\(text)  \(label)\(history.sparkline(bars))\(span)", tone)
    }

    private var verdict: (text: String, tone: ScreenLine.Tone) {
        if case .away(let since, let code, let why) = link {
            // The words last: they are long, and the line may be short.
            let text =
                "AWAY since \(Style.timestamp(since)): \(code), trying again; below is the look of "
                + "\(Style.timestamp(look.observation.time)). \(why)"
            return (ScreenText.clean(text), .bad)
        }
        let tone: ScreenLine.Tone =
            switch look.grade {
            case .ok: .good
            case .warning, .unknown: .warning
            case .critical: .bad
            }
        return ("\(look.grade.rawValue): \(ScreenText.clean(look.verdict))", tone)
    }
}
