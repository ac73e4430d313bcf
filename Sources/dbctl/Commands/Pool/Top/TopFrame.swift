import DBKit
import Foundation

/// What the screen shows: a function of the look, of those before it, of what was chosen and of the size. All times are
/// the observation's own, so that a record shows the same frames another day.
struct TopFrame {
    /// The way to the server.
    enum Link: Sendable, Hashable {
        case up
        /// Since when, by our own clock, and why: `connect.refused`, and in words
        case away(since: Date, code: String, why: String)
    }

    let look: TopLook
    let history: TopHistory
    let view: TopView
    let link: Link
    let size: ScreenSize
    /// Names the kind of a run in the headline: `replay`, `recording`.
    var labels: [String] = []

    var isOld: Bool { link != .up }
    var columns: Int { max(1, size.columns) }

    /// At most as many lines as there are, none wider than there is room.
    func lines() -> [ScreenLine] {
        let height = max(1, size.lines)
        let wanted: [ScreenLine]
        if view.mode == .help {
            wanted = TopHelp.lines(isReplay: view.isReplay)
        } else {
            wanted = content(height)
        }
        var shown = Array(wanted.prefix(max(1, height - 1)))
        if height > 1 {
            while shown.count < height - 1, height < .max { shown.append(ScreenLine("")) }
            shown.append(footer)
        }
        return shown.map {
            ScreenLine(ScreenText.cut($0.text, to: columns), isOld && $0.tone != .bad ? .faint : $0.tone)
        }
    }

    /// One look for somebody who reads a file or a pipe: everything, and nothing about keys.
    func plainLines() -> [String] {
        var lines = content(.max)
        while lines.last?.text.isEmpty == true { lines.removeLast() }
        return lines.map { line in
            var text = ScreenText.cut(line.text, to: columns)
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    private func content(_ height: Int) -> [ScreenLine] {
        let isRoomy = height >= 18
        var lines = head(isRoomy: isRoomy)
        // Without the footer.
        var rest = height == .max ? Int.max : height - 1 - lines.count
        let blocks = isRoomy ? blocks(rows: height >= 30 ? 8 : 5) : rest >= 6 ? briefBlocks() : []
        lines += blocks
        rest -= height == .max ? 0 : blocks.count
        if view.showsLocks, !look.tree.waiting.isEmpty, rest >= 4 {
            // The sessions keep the larger part.
            let locks = lockLines(rows: rest == .max ? .max : max(2, rest * 2 / 5))
            lines += locks
            rest -= rest == .max ? 0 : locks.count
        }
        return lines + sessionLines(rows: rest)
    }

    /// How many sessions one page of the list is.
    static func page(_ size: ScreenSize) -> Int { max(1, size.lines / 2) }

    private var footer: ScreenLine {
        switch view.mode {
        case .typingFilter:
            return ScreenLine("filter: \(ScreenText.clean(view.filter))_   Enter done, Esc none", .heading)
        case .confirming(let name):
            let session = look.sessions[name.pid].map { one in
                [one.applicationName, one.userName ?? "", one.stateForEyes].filter { !$0.isEmpty }
                    .map(ScreenText.clean).joined(separator: ", ")
            }
            return ScreenLine("End pid \(name.pid) (\(session ?? "gone"))? y ends it, any other key does not", .bad)
        case .help: return ScreenLine("any key goes back, q quits", .heading)
        case .watching:
            if let message = view.message { return ScreenLine(ScreenText.clean(message), .warning) }
            let step = view.isReplay ? "  ←→ step" : "  K kill"
            return ScreenLine("q quit  ? help  s sort  / filter  space pause  l locks  ↑↓ select\(step)", .heading)
        }
    }
}
