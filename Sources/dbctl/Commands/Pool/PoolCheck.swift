import ArgumentParser
import DBKit

/// `dbctl pool check`
struct PoolCheckCommand: Verb {
    static let schema = "dbctl.pool.check/1"
    static let isMonitor = true
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "How many connections are left: for a monitoring system.",
        discussion: """
            Example: dbctl pool check --warning 80 --critical 90
            Judges what ordinary clients can still get: max_connections less the reserves, connections that have not \
            logged in yet counted, and the limits of roles and databases. One line with performance data. It takes one \
            session at most, also when all slots are taken, and reads only; with --quiet nothing is printed when all is \
            well.
            Exit codes: 0 OK, 1 WARNING, 2 CRITICAL (also unreachable, exhausted, refused: the code says why), 3 UNKNOWN \
            (other users' sessions are hidden: it names the GRANT; another check is running), 64 bad command line, 130 \
            SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("Per cent of the ordinary slots (default: pool.warning, else 80).", valueName: "n"))
    var warning: Int?

    @Option(help: ArgumentHelp("The same for CRITICAL (default: pool.critical, else 90).", valueName: "n"))
    var critical: Int?

    @Option(help: ArgumentHelp("Only this way in: direct, reserved, superuser or walsender.", valueName: "way"))
    var via: WayIn = .auto

    func validate() throws {
        for (option, value) in [("--warning", warning), ("--critical", critical)] {
            if let value, !(1...100).contains(value) {
                throw ValidationError("\(option) is a percentage, 1 to 100")
            }
        }
        if let warning, let critical, warning > critical {
            throw ValidationError("--warning \(warning) lies above --critical \(critical)")
        }
        if via == .pgbouncer { throw ValidationError("pgbouncer's console does not know the server's slots") }
    }

    func run(_ context: Context) async throws -> PoolCheckReport {
        let warning = try context.required(.poolWarning, flag: warning, option: "--warning")
        let critical = try context.required(.poolCritical, flag: critical, option: "--critical")
        guard warning <= critical else {
            throw Failure(
                .configurationType, "the warning threshold \(warning) lies above the critical one, \(critical)",
                hint: "correct pool.warning and pool.critical, or pass --warning and --critical")
        }
        var check = try PoolCheck(
            context.entrance(only: via.route, asksConsole: false),
            thresholds: PoolCheck.Thresholds(warning: Double(warning), critical: Double(critical)))
        // It takes a moment: two monitors, or two targets on one database, are no reason for an alarm.
        check.examination.wait = global.wait ?? .seconds(2)
        return try await check.run()
    }
}

extension PoolCheckReport: CommandResult {
    var exitStatus: ExitStatus { ExitStatus(verdict) }

    func human(_ style: Style) -> String {
        let way = route == .direct ? "" : " (way in: \(route.rawValue))"
        return "\(style.verdict(verdict)): \(TextTable.printable(summary))\(way) | \(performanceData)"
    }

    /// As Nagios and its kin read it: `label=value;warning;critical;least;most`. `U` is unknown.
    var performanceData: String {
        func threshold(_ percent: Double) -> Int { Int((percent * Double(budget.ordinary) / 100).rounded(.up)) }
        let used =
            "used=\(budget.used);\(threshold(warningPercent));\(threshold(criticalPercent));0;\(budget.ordinary)"
        let hidden = states.contains { $0.state == "unknown" }
        func count(_ names: String...) -> String {
            hidden ? "U" : String(states.filter { names.contains($0.state) }.map(\.sessions).reduce(0, +))
        }
        return [
            used, "free=\(budget.ordinaryFree);;;0;\(budget.ordinary)", "active=\(count("active"))",
            "idle=\(count("idle"))",
            "idle_in_transaction=\(count("idle in transaction", "idle in transaction (aborted)"))",
            "not_logged_in=\(budget.hidden)", "waiting_for_locks=\(waitingForLocks)",
            "walsenders=\(budget.walsendersUsed);;;0;\(budget.maxWalSenders)",
        ].joined(separator: " ")
    }
}
