import DBKit

extension KillReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func human(_ style: Style) -> String {
        var table = TextTable(
            "PID", "BEGAN", "APPLICATION", "USER", "CLIENT", "STATE", .right("FOR"), "WHY",
            isDryRun ? "" : "WHAT BECAME OF IT")
        for victim in victims {
            let session = victim.session
            table.add(
                "\(session.pid)", "\(session.backendStart)", session.applicationName, session.userName ?? "",
                session.clientAddress ?? "socket", session.state ?? "unknown", session.stateS.map(Style.span) ?? "",
                session.reason, victim.outcome.map(Self.words) ?? "")
        }
        let blocks = [
            headline(style),
            table.isEmpty ? "" : table.rendered(style),
            spared.map { "pid \($0.pid) is left alone: \(TextTable.printable($0.reason))" }.joined(separator: "\n"),
            headroom,
            warnings.map { warning in
                "note: "
                    + warning.split(separator: "\n", omittingEmptySubsequences: false)
                    .map { TextTable.printable(String($0)) }.joined(separator: "\n")
            }.joined(separator: "\n"),
        ]
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func headline(_ style: Style) -> String {
        let way = route == .direct ? "" : " Way in: \(route.rawValue)."
        guard !victims.isEmpty else { return "Nobody to end.\(way)" }
        guard isDryRun else {
            return "\(killed == victims.count ? style.good("Ended") : style.warning("Ended")) \(killed) of "
                + "\(Self.sessions(victims.count)).\(way)"
        }
        let consent = victims.count > most ? "--yes --max \(victims.count)" : "--yes"
        return
            "\(style.bold("DRY RUN")): \(Self.sessions(victims.count)) would be ended, nobody was; \(consent) does it.\(way)"
    }

    private var headroom: String {
        guard let after else {
            return "\(before.ordinaryFree) ordinary slots are free, \(before.waitingForLocks) wait for a lock."
        }
        return "Ordinary slots free: \(before.ordinaryFree) before, \(after.ordinaryFree) now; waiting for a lock: "
            + "\(before.waitingForLocks) before, \(after.waitingForLocks) now."
    }

    private static func sessions(_ count: Int) -> String { count == 1 ? "1 session" : "\(count) sessions" }

    private static func words(_ outcome: KillReport.Outcome) -> String {
        switch outcome {
        case .ended: "ended"
        case .alreadyGone: "already gone"
        case .changed: "works again, left alone"
        case .refused: "never ended by dbctl, left alone"
        case .notPermitted: "the role may not end it"
        case .stillThere: "told to end, still there"
        }
    }
}
