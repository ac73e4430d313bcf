import DBKit

/// Who waits for whom.
extension TopFrame {
    func lockLines(rows: Int) -> [ScreenLine] {
        let outline = look.tree.outline()
        let waiting = look.tree.waiting.count
        let title = "LOCKS: \(waiting) wait\(waiting == 1 ? "s" : "")"
        let room = rows - 1
        let isCut = outline.count > room
        let shown = outline.prefix(isCut ? max(0, room - 1) : room)
        let victims = Dictionary(
            look.tree.roots.flatMap { root in root.holders.map { ($0, root.victims.count) } },
            uniquingKeysWith: { first, _ in first })
        var lines = [ScreenLine(title, .heading)]
        lines += shown.map { line in
            let behind = line.level == 0 ? victims[line.holder].map { " [\($0) behind it]" } ?? "" : ""
            // A long queue must not push its own text out of the screen.
            let indent = String(repeating: "  ", count: min(line.level, 8) + 1)
            return ScreenLine(indent + text(of: line.holder) + behind + queryText(of: line.holder))
        }
        if isCut, room > 0 { lines.append(ScreenLine("  … and \(outline.count - shown.count) more")) }
        return lines
    }

    private func text(of holder: LockHolder) -> String {
        guard holder.pid != 0 else {
            return "prepared transaction" + (holder.gid.map { " “\(ScreenText.clean($0))”" } ?? "")
        }
        guard let session = look.sessions[holder.pid] else { return "\(holder.pid)" }
        let age = look.rest(session).map { " \(Style.span($0))" } ?? ""
        let names = [session.applicationName, session.userName ?? ""].filter { !$0.isEmpty }.map(ScreenText.clean)
        return (["\(holder.pid)"] + names + [session.stateForEyes]).joined(separator: " ") + age
    }

    private func queryText(of holder: LockHolder) -> String {
        guard let query = look.sessions[holder.pid]?.query, !query.isEmpty else { return "" }
        return ": \(ScreenText.clean(query))"
    }
}
