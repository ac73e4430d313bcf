import DBKit

/// The list of sessions, around the one that is selected.
extension TopFrame {
    private struct Column: Sendable {
        let title: String
        let widest: Int
        var alignsRight = false
        /// It is left out on narrower screens.
        var fromColumns = 0
        let text: @Sendable (ObservedSession, TopLook) -> String
    }

    private static let kinds: [Column] = [
        Column(title: "PID", widest: 8, alignsRight: true) { session, _ in "\(session.pid)" },
        Column(title: "USER", widest: 14, fromColumns: 60) { session, _ in session.userName ?? "" },
        Column(title: "APPLICATION", widest: 20, fromColumns: 60) { session, _ in session.applicationName },
        Column(title: "DATABASE", widest: 14, fromColumns: 90) { session, _ in session.databaseName ?? "" },
        Column(title: "CLIENT", widest: 18, fromColumns: 100) { session, _ in session.clientAddress ?? "" },
        Column(title: "STATE", widest: 10) { session, _ in session.stateForEyes },
        Column(title: "AGE", widest: 8, alignsRight: true) { session, look in look.rest(session).map(Style.span) ?? ""
        },
        Column(title: "WAIT", widest: 26, fromColumns: 80) { session, _ in session.waitForEyes },
    ]

    func sessionLines(rows: Int) -> [ScreenLine] {
        guard rows > 1 else { return [] }
        let all = view.arranged(look)
        // A line of its own for what is shown of how many, where there is room for it.
        let hasTitle = rows >= 4
        let room = rows == .max ? Int.max : rows - (hasTitle ? 2 : 1)
        let shown = window(all, room)
        let cells = shown.map { session in
            Self.kinds.filter { columns >= $0.fromColumns }.map { column in
                ScreenText.clean(column.text(session, look))
            }
        }
        let kinds = Self.kinds.filter { columns >= $0.fromColumns }
        let widths = kinds.indices.map { index in
            let content = cells.map { ScreenText.width($0[index]) }.max() ?? 0
            return min(kinds[index].widest, max(kinds[index].title.count, content))
        }
        func line(_ mark: String, _ cells: [String], _ last: String) -> String {
            let parts = kinds.indices.map {
                ScreenText.fit(cells[$0], widths[$0], right: kinds[$0].alignsRight)
            }
            return mark + (parts + [last]).joined(separator: "  ")
        }
        var lines = hasTitle ? [ScreenLine(title(all, shown.count), .heading)] : []
        lines.append(ScreenLine(line("  ", kinds.map(\.title), "QUERY"), .heading))
        for (session, cells) in zip(shown, cells) {
            let isSelected = view.selection == SessionName(session)
            let text = line(isSelected ? "> " : "  ", cells, ScreenText.clean(session.query ?? ""))
            lines.append(ScreenLine(isSelected ? ScreenText.fit(text, columns) : text, tone(session, isSelected)))
        }
        if all.isEmpty {
            lines.append(ScreenLine(view.filter.isEmpty ? "  no sessions" : "  no session has that in it", .faint))
        }
        return lines
    }

    private func title(_ all: [ObservedSession], _ shown: Int) -> String {
        var title = "SESSIONS: \(all.count)"
        if !view.filter.isEmpty { title += " with “\(ScreenText.clean(view.filter))”" }
        title += " by \(view.sort.rawValue)\(view.isReversed ? " (reversed)" : "")"
        return shown < all.count ? "\(title), \(shown) shown" : title
    }

    /// As many as there is room for, with the selected one in the middle as soon as the list has to move.
    private func window(_ all: [ObservedSession], _ room: Int) -> ArraySlice<ObservedSession> {
        guard all.count > room else { return all[...] }
        let selected = view.selection.flatMap { name in all.firstIndex { SessionName($0) == name } } ?? 0
        let start = max(0, min(selected - room / 2, all.count - room))
        return all[start..<start + room]
    }

    private func tone(_ session: ObservedSession, _ isSelected: Bool) -> ScreenLine.Tone {
        if isSelected { return .selected }
        if look.isWaitingForLock(session) { return .bad }
        if session.isIdleInTransaction { return .warning }
        return session.state == .active ? .plain : .faint
    }
}
