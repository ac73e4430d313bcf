import ArgumentParser
import DBKit

/// `dbctl index audit`
struct IndexAuditCommand: Verb {
    static let schema = "dbctl.index.audit/1"
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Indexes that cost more than they give, and keys that are missing or will run out.",
        discussion: """
            Example: dbctl index audit
                     dbctl index audit --bloat 30% --format json
            Finds INVALID, duplicate, redundant, unused and bloated indexes, the one to think about where no update is HOT, \
            foreign keys without an index, tables without a primary key, and keys of two or four bytes that are half used \
            up; each with its size, the reason and the command. Other targets of dbctl.yaml are asked whether they are \
            standbys that use an index. It changes nothing; with --quiet it prints nothing when nothing is found.
            Exit codes: 0 nothing found, 1 findings, 64 bad command line, 69 unreachable, 75 busy, 76 the server refused, \
            77 not allowed, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("How much of an index may be empty (default: 50%).", valueName: "share"),
        transform: { try Double(percent: $0) })
    var bloat: Double?

    func run(_ context: Context) async throws -> IndexAuditReport {
        var audit = IndexAudit(try IndexRequest(context))
        audit.bloat = bloat ?? audit.bloat
        audit.others = context.otherTargets()
        return try await audit.run()
    }
}

extension Context {
    /// What dbctl.yaml names besides the target in question; one that cannot be read is not a reason to stop.
    fileprivate func otherTargets() -> [StandbyScans.Target] {
        let resolution = ServerResolution(environment: environment, configuration: configuration)
        return configuration.targets.names.filter { $0 != targetName }.compactMap { name in
            guard let server = try? resolution.server(databaseURL: nil, target: name, direct: true) else { return nil }
            return StandbyScans.Target(name: name, server: server.parameters)
        }
    }
}
