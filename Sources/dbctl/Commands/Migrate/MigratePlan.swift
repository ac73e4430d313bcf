import ArgumentParser
import DBKit

/// `dbctl migrate plan`
struct MigratePlanCommand: Verb {
    static let schema = "dbctl.migrate.plan/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "What up would do: transactions, locks, rewrites and scans, statement by statement.",
        discussion: """
            Example: dbctl migrate plan --dir migrations
            It writes nothing (its session is read only), takes no lock and waits for nobody. Rows and bytes are the \
            catalog's estimates. What the model does not know it calls unknown.
            Exit codes: 0 shown, also when nothing is pending; 64 bad command line, 65 an applied file was edited, or a \
            file cannot be read; 66 no such folder or version, 69 unreachable, 75 busy, 76 the server refused, 77 not \
            allowed, 78 configuration, or a pooler where a direct_url is needed; 80 a late version, or files that another \
            tool has applied or failed in; 81 a migration is half undone, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions
    @OptionGroup var choice: MigrationChoiceOptions

    func run(_ context: Context) async throws -> MigrationPlan {
        try await choice.up(MigrationRunOptions.request(context), place, context).plan()
    }
}

/// Which of the pending migrations are meant.
struct MigrationChoiceOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Nothing above this version.", valueName: "version"))
    var to: MigrationVersion?

    @Flag(help: "Late files, too: those with a version lower than what is applied already.")
    var allowOutOfOrder = false

    @Flag(help: "Also files that another tool's history in this database has as applied.")
    var ignoreForeignHistory = false

    func up(
        _ request: MigrationRequest, _ place: MigrationFolderOptions, _ context: Context
    ) throws -> MigrateUp {
        var up = MigrateUp(request, folder: try place.folder(context))
        up.limit = to
        up.ignoresForeignHistory = ignoreForeignHistory
        up.allowsOutOfOrder =
            try context.setting(.migrateAllowOutOfOrder, flag: allowOutOfOrder ? true : nil) ?? false
        return up
    }
}

extension MigrationPlan: CommandResult {
    func human(_ style: Style) -> String {
        let head = warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        guard !migrations.isEmpty || afterAll != nil else {
            return (head + ["\(style.good("UP TO DATE")): nothing to apply"]).joined(separator: "\n")
        }
        let count = "\(migrations.count) migration\(migrations.count == 1 ? "" : "s")"
        let hook = afterAll.map { [style.bold("afterAll.sql")] + $0.lines(style) }?.joined(separator: "\n")
        let blocks = migrations.map { $0.text(style) } + [hook].compactMap(\.self)
        return (head + ["\(style.bold("PLAN")): \(count) would be applied; nothing was changed"] + blocks)
            .joined(separator: "\n\n")
    }
}

extension MigrationPlan.Item {
    /// - Parameter verb: What would be done with it, where that is not clear.
    func text(_ style: Style, verb: String? = nil) -> String {
        let place = resumeAt.map { ", going on at statement \($0)" } ?? ""
        let name = [verb, version, name].compactMap(\.self).joined(separator: " ")
        return (["\(style.bold(TextTable.printable(name)))\(place)"] + segments.flatMap { $0.lines(style) })
            .joined(separator: "\n")
    }
}

extension MigrationPlan.PlannedSegment {
    fileprivate func lines(_ style: Style) -> [String] {
        var lines = [isTransaction ? "  BEGIN" : "  outside of a transaction (\(reason ?? ""))"]
        for statement in statements {
            lines.append(
                "    \(TextTable.printable(statement.sql))   \(style.faint("\(statement.file):\(statement.line)"))")
            lines.append("      \(paint(statement.effect, style))")
            lines += statement.effect.notes.map { "      note: \(TextTable.printable($0))" }
        }
        if isTransaction { lines.append("  COMMIT") }
        return lines
    }

    /// Red for what stops readers, yellow for what stops writers or is not known.
    private func paint(_ effect: StatementEffect, _ style: Style) -> String {
        let text = TextTable.printable(effect.summary)
        if effect.strongestLock?.conflictsWithReads == true { return style.bad(text) }
        let isDoubtful = effect.isUnknown || effect.strongestLock?.conflictsWithWrites == true
        return isDoubtful ? style.warning(text) : style.good(text)
    }
}
