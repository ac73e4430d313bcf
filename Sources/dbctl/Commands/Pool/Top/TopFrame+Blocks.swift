import DBKit

/// How many sessions do what: by state, by what they wait for, by application.
extension TopFrame {
    struct Count {
        let name: String
        let count: Int
        /// Of the oldest, in seconds.
        var age: Double?
    }

    /// Side by side where there is room for it, else below each other.
    func blocks(rows: Int) -> [ScreenLine] {
        let states = block("STATE", states, 26, rows)
        let waits = block("WAITS FOR", waits, 34, rows)
        guard columns >= 100 else { return briefBlocks() }
        let applications = applicationBlock(columns - 66, rows)
        let height = max(states.count, waits.count, applications.count)
        return (0..<height).map { row in
            let cells = [states, waits].map { row < $0.count ? $0[row] : String(repeating: " ", count: $0[0].count) }
            let last = row < applications.count ? applications[row] : ""
            return ScreenLine("\(cells[0])   \(cells[1])   \(last)", row == 0 ? .heading : .plain)
        } + [ScreenLine("")]
    }

    /// One line each.
    func briefBlocks() -> [ScreenLine] {
        func line(_ title: String, _ counts: [Count]) -> ScreenLine {
            let parts = counts.map { "\($0.name) \($0.count)" }
            return ScreenLine("\(title): \(parts.isEmpty ? "none" : parts.joined(separator: ", "))")
        }
        return [line("states", states), line("waits", waits), line("apps", applications)]
    }

    /// Also of those that are not logged in yet and hold a slot all the same.
    var states: [Count] {
        var counts: [String: Count] = [:]
        for session in look.observation.sessions {
            let name = session.stateForEyes
            let known = counts[name]
            let age = [known?.age, look.observation.age(session.stateChange)].compactMap { $0 }.max()
            counts[name] = Count(name: name, count: (known?.count ?? 0) + 1, age: age)
        }
        let hidden = look.observation.hiddenConnections.count
        if hidden > 0 { counts["logging in"] = Count(name: "logging in", count: hidden) }
        return Self.largestFirst(counts.values)
    }

    var waits: [Count] {
        var counts: [String: Int] = [:]
        for session in look.observation.sessions where session.waitEventType != nil {
            counts[ScreenText.clean(session.waitForEyes), default: 0] += 1
        }
        return Self.largestFirst(counts.map { Count(name: $0.key, count: $0.value) })
    }

    private var applications: [Count] {
        look.applications.map { Count(name: applicationName($0), count: $0.sessions) }
    }

    private static func largestFirst(_ counts: some Sequence<Count>) -> [Count] {
        counts.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
    }

    private func block(_ title: String, _ counts: [Count], _ width: Int, _ rows: Int) -> [String] {
        let hasAge = counts.contains { $0.age != nil }
        let nameWidth = width - 7 - (hasAge ? 9 : 0)
        let head =
            ScreenText.fit(title, nameWidth) + ScreenText.fit("COUNT", 7, right: true)
            + (hasAge ? ScreenText.fit("OLDEST", 9, right: true) : "")
        return [head]
            + shortened(counts, rows).map { one in
                ScreenText.fit(one.name, nameWidth) + ScreenText.fit("\(one.count)", 7, right: true)
                    + (hasAge ? ScreenText.fit(one.age.map(Style.span) ?? "", 9, right: true) : "")
            }
    }

    /// The last row stands for all that have none.
    private func shortened(_ counts: [Count], _ rows: Int) -> [Count] {
        guard counts.count > rows else { return counts }
        let rest = counts[(rows - 1)...]
        return counts.prefix(rows - 1) + [Count(name: "\(rest.count) more", count: rest.reduce(0) { $0 + $1.count })]
    }

    private func applicationName(_ use: ApplicationUse) -> String {
        let name = ScreenText.clean(use.applicationName)
        let user = ScreenText.clean(use.userName ?? "?")
        return name.isEmpty ? "(\(user))" : "\(name) (\(user))"
    }

    private func applicationBlock(_ width: Int, _ rows: Int) -> [String] {
        let numbers = 8 + 7 + 7 + 7
        let nameWidth = max(4, width - numbers)
        func line(_ name: String, _ cells: [String]) -> String {
            ScreenText.fit(name, nameWidth)
                + zip(cells, [8, 7, 7, 7]).map { ScreenText.fit($0, $1, right: true) }.joined()
        }
        var lines = [line("APPLICATION (USER)", ["COUNT", "ACTIVE", "IN TX", "LOCKED"])]
        let uses = look.applications
        for use in uses.prefix(uses.count > rows ? rows - 1 : rows) {
            let active = use.active.map(String.init) ?? "?"
            let inTransaction = use.idleInTransaction.map(String.init) ?? "?"
            lines.append(
                line(applicationName(use), ["\(use.sessions)", active, inTransaction, "\(use.waitingForLocks)"]))
        }
        if uses.count > rows {
            let rest = uses[(rows - 1)...]
            lines.append(line("\(rest.count) more", ["\(rest.reduce(0) { $0 + $1.sessions })"]))
        }
        return lines
    }
}
