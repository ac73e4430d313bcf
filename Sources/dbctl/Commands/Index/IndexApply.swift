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
            another definition is reported and left alone. --prune also lists the indexes of declared tables that nobody \
            declares and no constraint needs, and drops them with --yes or, on a terminal, a typed confirmation.
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
    @Flag(help: "Also what is not declared, of tables that are.") var prune = false

    func run(_ context: Context) async throws -> IndexApplyReport {
        var apply = IndexApply(
            try IndexRequest(context, maximumWait: maxWait), declared: try context.configuration.indexes())
        apply.prunes = prune
        guard !global.dryRun else { return try await apply.plan() }
        var consent: IndexApply.Consent = prune && global.yes ? .all : .none
        if prune, !global.yes, Confirmation.isPossible(context) {
            let preview = try await apply.plan()
            let undeclared = preview.indexes.filter { $0.state == .undeclared }
            let doomed = undeclared.compactMap(\.name)
            if !doomed.isEmpty {
                try Confirmation.ask(
                    showing: preview.human(Style(color: false, now: context.clock.now)),
                    "This drops \(doomed.joined(separator: ", "))", answer: "drop \(doomed.count)")
                consent = .shown(Set(undeclared.map { "\($0.schema).\($0.name ?? "")" }))
            }
        }
        return try await apply.run(dropping: consent)
    }
}
