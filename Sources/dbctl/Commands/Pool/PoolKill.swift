import ArgumentParser
import DBKit
import Foundation
import Logging

/// `dbctl pool kill`
struct PoolKillCommand: Verb {
    static let schema = "dbctl.pool.kill/1"
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "End the sessions that are in the way, after showing whom.",
        discussion: """
            Example: dbctl pool kill --root-blocker
                     dbctl pool kill --idle-in-transaction 5m --yes
                     dbctl pool kill --stale 30m --app billing --yes
            It is a dry run unless --yes is given or, on a terminal, the number of sessions is typed. Each victim is named \
            by its pid and the moment at which it began, so that a pid that has gone to somebody else is never hit; one \
            that works again by then is left alone. Never ended: its own session, walsenders, autovacuum and \
            superusers' sessions; other runs of dbctl only when --pid or --root-blocker means them. Afterwards it looks whether they are gone and how many slots came free. Each one is \
            logged to standard error as JSON and to dbctl.operations once the server has room.
            Exit codes: 0 done, or nobody to end; 64 bad command line, 69 no way leads in, 75 another kill is at it, 76 the server refused a statement, 77 the \
            role may not end them or may not see them, 78 configuration, 80 more than --max, protected, or not confirmed; \
            81 some were ended; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Flag(help: "Whoever everybody else waits for in the end.")
    var rootBlocker = false

    @Option(
        help: ArgumentHelp("Sessions that have been doing nothing in a transaction for so long.", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var idleInTransaction: Duration?

    @Option(
        help: ArgumentHelp("Sessions of --app that have been idle for so long.", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var stale: Duration?

    @Option(help: ArgumentHelp("Only sessions with this application_name.", valueName: "name"))
    var app: String?

    @Option(help: ArgumentHelp("This session; may be repeated.", valueName: "pid"))
    var pid: [Int32] = []

    @Option(
        help: ArgumentHelp(
            "When the session of --pid began, as pool doctor says it; another one is spared.", valueName: "time"),
        transform: { text in
            guard let time = PreciseTime(text) else {
                throw ValidationError("not a time like 2026-11-21T02:03:04.000123Z")
            }
            return time
        })
    var backendStart: PreciseTime?

    @Option(help: ArgumentHelp("Refuse when it would end more than so many.", valueName: "n"))
    var max = Kill.mostUnasked

    @Option(help: ArgumentHelp("Only this way in: auto, direct, reserved, superuser or walsender.", valueName: "way"))
    var via: WayIn = .auto

    func validate() throws {
        let ways = [rootBlocker, idleInTransaction != nil, stale != nil, !pid.isEmpty].count { $0 }
        guard ways == 1 else {
            throw ValidationError("say whom: one of --root-blocker, --idle-in-transaction, --stale or --pid")
        }
        if stale != nil, app == nil {
            throw ValidationError("--stale needs --app: idle sessions are a pool's normal state")
        }
        if app != nil, rootBlocker || !pid.isEmpty {
            throw ValidationError("--app goes with --stale and --idle-in-transaction")
        }
        if backendStart != nil, pid.count != 1 { throw ValidationError("--backend-start goes with one --pid") }
        if let wrong = pid.first(where: { $0 < 1 }) { throw ValidationError("--pid \(wrong) is no process") }
        if max < 1 { throw ValidationError("--max needs a number of at least 1") }
        if via == .pgbouncer { throw ValidationError("pgbouncer's console ends no session of the server") }
    }

    func run(_ context: Context) async throws -> KillReport {
        var kill = try Kill(context.entrance(only: via.route, isReadOnly: false, asksConsole: false), selection)
        kill.most = max
        kill.run = context.operationRun
        kill.clock = context.clock
        kill.examination.wait = global.wait ?? .seconds(1)
        let (runID, clock) = (context.runID, context.clock)
        kill.onEnding = { StandardStream.error.line(AuditLine.of($0, runID, at: clock.now)) }
        if global.yes, !global.dryRun { return try await kill.carryOut() }
        let preview = try await kill.preview()
        guard !preview.victims.isEmpty, Confirmation.isPossible(context) else { return preview }
        // Nobody is asked for what would then be refused.
        try preview.checkGuards()
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)),
            "This ends \(preview.victims.count) sessions", answer: String(preview.victims.count))
        return try await kill.carryOut(only: Set(preview.victims.map(\.session.id)))
    }

    private var selection: KillSelection {
        if let idleInTransaction { return .idleInTransaction(idleInTransaction, application: app) }
        if let stale { return .stale(stale, application: app ?? "") }
        return pid.isEmpty ? .rootBlocker : .sessions(pid, backendStart: backendStart)
    }
}

/// What is left of a session that was ended, whatever becomes of this run.
private enum AuditLine {
    static func of(_ ended: KillReport.Ended, _ runID: RunID, at time: Date) -> String {
        let session = ended.session
        let fields = [
            "event": "pool.kill", "pid": "\(session.pid)", "backend_start": "\(session.backendStart)",
            "application_name": session.applicationName, "user_name": session.userName,
            "database_name": session.databaseName, "client_address": session.clientAddress, "state": session.state,
            "reason": session.reason,
        ].compactMapValues { $0 }
        return LogLines.line(
            .json, at: time, level: .notice, message: "session was told to end", runID: runID.description,
            fields: fields)
    }
}
