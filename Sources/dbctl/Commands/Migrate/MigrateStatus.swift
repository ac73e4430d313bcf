import ArgumentParser
import DBKit

/// `dbctl migrate status`
struct MigrateStatusCommand: Verb {
    static let schema = "dbctl.migrate.status/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Which migrations are applied, pending, half done, edited, missing or late.",
        discussion: """
            Example: dbctl migrate status --exit-code
            It changes nothing, waits for nobody, and works on a standby.
            Exit codes: 0 shown, 1 with --exit-code when something is pending or does not fit; 64 bad command line, \
            65 a file that cannot be read, 66 no such folder, 69 unreachable, 75 busy, 76 the server refused, 77 not \
            allowed, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions

    @Flag(help: "Exit 1 when something is pending or does not fit.")
    var exitCode = false

    func run(_ context: Context) async throws -> StatusResult {
        let folder = try place.folder(context)
        let overview = try await context.withConnection { connection in
            try await connection.run { session in
                try session.transaction(.readOnly) { session in try MigrationOverview(folder, in: session) }
            }
        }
        return StatusResult(overview: overview, usesExitCode: exitCode)
    }
}

/// The result of `dbctl migrate status`.
struct StatusResult: CommandResult {
    let overview: MigrationOverview
    let usesExitCode: Bool

    var exitStatus: ExitStatus {
        usesExitCode && (overview.pending > 0 || overview.problems > 0) ? .negative : .done
    }

    func encode(to encoder: any Encoder) throws {
        try overview.encode(to: encoder)
    }

    func human(_ style: Style) -> String {
        guard !overview.migrations.isEmpty else { return "Nothing: there are no migrations, neither here nor applied." }
        var table = TextTable("VERSION", "NAME", "STATE", "APPLIED", .right("TOOK"), "BY")
        for migration in overview.migrations {
            // How many its down section has is not recorded.
            let count = migration.state == .undoing ? " of its down section" : " of \(migration.statements)"
            let place = migration.resumeAt.map { ", goes on at statement \($0)\(count)" } ?? ""
            table.add(
                migration.version, migration.name, state(migration.state, style) + place,
                migration.appliedAt.map(Style.timestamp) ?? "-", migration.durationS.map(Style.span) ?? "-",
                migration.appliedBy ?? "-")
        }
        return "\(verdict(style))\n\n\(table.rendered(style))"
    }

    private func verdict(_ style: Style) -> String {
        let counts = "\(overview.applied) applied, \(overview.pending) pending"
        if overview.problems > 0 {
            return "\(style.bad("ATTENTION")): \(counts), \(overview.problems) that do not fit"
        }
        return overview.pending > 0
            ? "\(style.warning("PENDING")): \(counts)" : "\(style.good("UP TO DATE")): \(counts)"
    }

    private func state(_ state: MigrationStatus.State, _ style: Style) -> String {
        switch state {
        case .applied: style.good(state.rawValue)
        case .pending: style.warning(state.rawValue)
        default: style.bad(state.rawValue)
        }
    }
}
