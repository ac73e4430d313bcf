import DBKit
import FoundationEssentials

extension RunHistory: CommandResult {
    func human(_ style: Style) -> String {
        guard isRecorded else { return "Nothing: \(Self.nothingRecorded)." }
        guard !runs.isEmpty else {
            return
                "Nothing: no run of dbctl has changed this database yet. (What a restore fills is noted beside its set.)"
        }
        if isOneRun, let run = runs.first { return Self.whole(run, style) }
        var table = TextTable("RUN", "STARTED", "COMMAND", "OUTCOME", "TOOK", "BY")
        for run in runs {
            table.add(
                run.runID,
                Style.timestamp(run.startedAt),
                run.command,
                Self.outcome(run, style),
                Self.took(run),
                "\(run.operatingSystemUser)@\(run.host)"
            )
        }
        return table.rendered(style)
    }

    private static func whole(_ run: Operation, _ style: Style) -> String {
        var table = TextTable("RUN", .init(stringLiteral: run.runID))
        table.add("command", ([run.command] + run.arguments).joined(separator: " "))
        table.add("outcome", outcome(run, style))
        table.add("started", Style.timestamp(run.startedAt))
        table.add("finished", run.finishedAt.map(Style.timestamp) ?? "-")
        table.add("took", took(run))
        table.add("by", "\(run.operatingSystemUser)@\(run.host), database role \(run.databaseUser)")
        table.add("dbctl", run.version)
        if let code = run.errorCode { table.add("error", "\(code): \(run.error ?? "")") }
        for (name, count) in run.counts.sorted(by: { $0.key < $1.key }) { table.add(name, String(count)) }
        return table.rendered(style)
    }

    private static func outcome(_ run: Operation, _ style: Style) -> String {
        switch run.outcome {
        case .succeeded: style.good(run.outcome.rawValue)
        case .failed: style.bad([run.outcome.rawValue, run.errorCode].compactMap { $0 }.joined(separator: ": "))
        case .running: style.warning(run.outcome.rawValue)
        case .interrupted: style.bad("\(run.outcome.rawValue): no session of it is left")
        }
    }

    private static func took(_ run: Operation) -> String {
        run.finishedAt.map { Style.span(max(0, $0.timeIntervalSince(run.startedAt))) } ?? "-"
    }
}
