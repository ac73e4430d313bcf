import ArgumentParser
import DBKit

/// `dbctl history [RUN]`: what dbctl changed in this database.
struct History: Verb {
    static let schema = "dbctl.history/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "What dbctl did to this database, newest first; with RUN, one run in full.",
        discussion: """
            Example: dbctl history 01J9Z3
            Exit codes: 0 listed (also when there is nothing), 64 bad command line, 66 no such run, 69 unreachable, 75 \
            the record is locked, 76 the server refused, 77 login refused or not allowed to read it, 78 configuration, \
            130 SIGINT, 143 SIGTERM.
            """
    )

    @Argument(help: "A run id or its beginning.") var run: String?
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(_ context: Context) async throws -> RunHistory {
        let prefix = run?.uppercased()
        let history = try await context.withConnection { connection in
            try await connection.run { session in
                let log = OperationLog()
                let state = try log.state(in: session)
                switch state {
                case .missing, .unwelcome: return RunHistory(runs: [], isRecorded: false, isOneRun: false)
                case .unreadable: throw Self.unreadable(try log.readGrants(in: session))
                case .readOnly, .writable: break
                }
                let runs = try log.list(prefix: prefix, in: session)
                return RunHistory(runs: runs, isRecorded: true, isOneRun: prefix != nil && runs.count == 1)
            }
        }
        guard let prefix, history.runs.isEmpty else { return history }
        throw Failure(
            .runNotFound,
            "no run of dbctl in this database begins with \(prefix)",
            detail: history.isRecorded ? nil : RunHistory.nothingRecorded,
            hint: "dbctl history lists what there is"
        )
    }

    private static func unreadable(_ grants: String) -> Failure {
        Failure(
            .historyUnreadable,
            "the role may not read the record of operations (dbctl.operations)",
            hint: "as its owner: \(grants)"
        )
    }
}

/// The result of `dbctl history`.
struct RunHistory: Encodable, Sendable {
    let runs: [Operation]
    /// False: dbctl never wrote anything here that it would have recorded.
    let isRecorded: Bool
    let isOneRun: Bool

    static let nothingRecorded =
        "dbctl keeps no record in this database yet (there is no dbctl.operations): nothing was changed by it, unless a restore filled it"

    enum CodingKeys: String, CodingKey {
        case runs
        case isRecorded = "recorded"
    }
}
