import ArgumentParser
import DBKit

/// `dbctl migrate adopt`
struct MigrateAdoptCommand: Verb {
    static let schema = "dbctl.migrate.adopt/1"
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Take over the history of another migration tool.",
        discussion: """
            Example: dbctl migrate adopt --from flyway --dir sql --dry-run
            What the tool has applied is recorded as applied, and nothing is run; its own tables are only read, and may \
            be dropped later. Where it noted a checksum of a file (Flyway, Prisma, sqlx, refinery, Atlas, sqitch), the \
            file must still have it. Of Alembic, Liquibase and Rails, whose migrations are no SQL, the entries are kept \
            without files. Times without a zone are taken for UTC. Run again it adds what is new.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 65 a file that cannot be read or is not what was \
            applied, several histories, or one that contradicts dbctl's own; 66 no history, or no such folder, \
            69 unreachable, 75 another run is at it, 76 the server refused, 77 not allowed, 78 configuration, 80 the \
            tool had failed in the middle, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions

    @Option(
        help: ArgumentHelp(
            "Whose history: auto, \(ForeignTool.allCases.map(\.rawValue).joined(separator: ", ")) (default: auto).",
            valueName: "tool"))
    var from: ForeignToolChoice?

    func run(_ context: Context) async throws -> AdoptReport {
        let request = try MigrationRunOptions.request(context)
        var adopt: MigrateAdopt
        do throws(Failure) {
            adopt = MigrateAdopt(request, folder: try place.folder(context))
        } catch {
            // Who comes from a tool without SQL files may not have begun a folder yet.
            guard error.code == .migrationFolderNotFound, place.dir == nil else { throw error }
            adopt = MigrateAdopt(request, folder: nil, absence: error)
        }
        adopt.tool = from?.tool
        adopt.isDryRun = global.dryRun
        return try await adopt.run()
    }
}

/// `auto`, or the name of one tool.
struct ForeignToolChoice: ExpressibleByArgument, Sendable {
    /// Nil finds it out.
    let tool: ForeignTool?

    static var allValueStrings: [String] { ["auto"] + ForeignTool.allCases.map(\.rawValue) }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

    init?(argument: String) {
        tool = ForeignTool(rawValue: argument)
        guard tool != nil || argument == "auto" else { return nil }
    }
}

extension AdoptReport: CommandResult {
    func human(_ style: Style) -> String {
        var lines = [verdict(style)]
        lines += warnings.map { "\(style.warning("WARNING")): \($0)" }
        guard !changes.isEmpty else { return lines.joined(separator: "\n") }
        var table = TextTable("VERSION", "NAME", "CHANGE")
        for change in changes { table.add(change.version, change.name, change.change) }
        return lines.joined(separator: "\n") + "\n\n" + table.rendered(style)
    }

    private func verdict(_ style: Style) -> String {
        let source = "the history of \(tool.rawValue) (\(table))"
        guard !changes.isEmpty else {
            return "\(style.good("NOTHING TO DO")): \(source) is adopted already, \(pending) pending"
        }
        let what = "\(changes.count) of \(source), \(pending) pending"
        return isDryRun
            ? "\(style.bold("DRY RUN")): nothing was changed. To be adopted: \(what)"
            : "\(style.good("ADOPTED")): \(what)"
    }
}
