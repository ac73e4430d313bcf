import ArgumentParser
import DBKit

/// `dbctl pool doctor`
struct PoolDoctorCommand: Verb {
    static let schema = "dbctl.pool.doctor/1"
    static let printsWhenQuiet = true
    static let refuses: [SharedOption: String] = [.dryRun: "it changes nothing"]
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What is wrong, who causes it, and what to type next.",
        discussion: """
            Example: dbctl pool doctor
            Gets in through one session, also when all slots are taken: as the role of the connection, as pool.rescue \
            (16+: pg_use_reserved_connections), as a superuser over the server's own socket, over replication=database \
            (a role with REPLICATION; it counts against max_wal_senders), at pgbouncer's console. Looks twice within half \
            a second and changes nothing. The verdict comes first, then the evidence, the one next command, and the tables.
            Exit codes: 0 a verdict was reached, good or bad; 64 bad command line, 69 no way leads in (the code says \
            which slots are gone), 75 another doctor is at it, 76 the server refused a \
            statement, 77 refused, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp(
            "Way in: auto, direct, reserved, superuser, walsender or pgbouncer (default: auto).", valueName: "way"))
    var via: WayIn = .auto

    func run(_ context: Context) async throws -> DoctorReport {
        var doctor = try Doctor(context.entrance(only: via.route), console: context.console())
        doctor.examination.wait = global.wait ?? .seconds(1)
        var report = try await doctor.examine()
        if let note = try context.consoleNote() { report.notes.append(note) }
        report.nextCommand = report.nextCommand.map(context.complete)
        for place in report.findings.indices {
            report.findings[place].nextCommand = report.findings[place].nextCommand.map(context.complete)
        }
        return report
    }
}
