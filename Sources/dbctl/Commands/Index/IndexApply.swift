import ArgumentParser
import DBKit

/// `dbctl index apply`
struct IndexApplyCommand: Verb {
    static let schema = "dbctl.index.apply/1"
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Build what indexes: of dbctl.yaml declares and is missing; say what differs.",
        discussion: """
            Example: dbctl index apply --dry-run
                     dbctl index apply --prune --yes
            An index that is equivalent to a declared one counts, whatever its name. One with the declared name and \
            another definition is reported and left alone. --prune also drops the indexes of declared tables that nobody \
            declares, but for unique ones and what a constraint needs; with it, all is a dry run unless --yes is given or, on \
            a terminal, the drop is confirmed.
            Exit codes: 0 all declared are there; 1 one differs; 64 bad command line, 65 a unique one over rows with the \
            same key, 66 no such table or column, 69 unreachable, 73 the disk is too small, 75 another run or build is at \
            it, or others' transactions lasted too long; 76 the server refused, 77 not allowed, 78 configuration or a \
            pooler without direct_url, 80 a foreign partition, or it was not confirmed; 81 partly done: run it again; 130 \
            SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Longest wait for others' transactions (default: 10m).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxWait: Duration?
    @Flag(help: "Also drop what is not declared, of tables that are.") var prune = false

    func run(_ context: Context) async throws -> IndexApplyReport {
        var apply = IndexApply(
            try IndexRequest(context, maximumWait: maxWait), declared: try context.configuration.indexes())
        apply.prunes = prune
        guard !global.dryRun else { return try await apply.plan() }
        guard prune else { return try await apply.run(dropping: .none) }
        guard !global.yes else { return try await apply.run(dropping: .all) }
        let preview = try await apply.plan()
        guard Confirmation.isPossible(context) else { return preview }
        let doomed = preview.indexes.filter { $0.state == .undeclared }
        guard !doomed.isEmpty else { return try await apply.run(dropping: .none) }
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)),
            "This drops \(doomed.compactMap(\.name).joined(separator: ", "))", answer: "drop \(doomed.count)")
        return try await apply.run(dropping: .shown(Set(doomed.map { "\($0.schema).\($0.name ?? "")" })))
    }
}
