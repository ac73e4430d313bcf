import ArgumentParser
import DBKit
import Logging

/// How carefully a verb that changes the schema takes its locks.
struct MigrationRunOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "How often a transaction that lost the race for a lock is run again (default: migrate.retries, else 5).",
            valueName: "n"))
    var retries: Int?

    @Option(
        help: ArgumentHelp(
            "How long CONCURRENTLY forms may wait for others' transactions, which stalls nobody (default: 1h).",
            valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxWait: Duration?

    func validate() throws {
        if let retries, retries < 0 { throw ValidationError("--retries needs a number of at least 0") }
    }

    func request(_ context: Context) throws -> MigrationRequest {
        var request = try Self.request(context)
        request.retries = try context.setting(.migrateRetries, flag: retries) ?? request.retries
        request.maximumWait = maxWait ?? request.maximumWait
        return request
    }

    /// For verbs that only write the history.
    static func request(_ context: Context) throws -> MigrationRequest {
        let server = try context.server(direct: true)
        var request = MigrationRequest(
            server: server.parameters, run: context.operationRun, applicationName: context.applicationName)
        request.searchPath = try server.searchPath?.setting
        request.lockTimeout =
            try context.options.lockTimeout ?? context.setting(.migrateLockTimeout, flag: nil) ?? context.lockTimeout()
        guard request.lockTimeout > .zero else {
            throw Failure(
                .usage, "--lock-timeout 0s would let a migration make everybody wait for as long as it likes",
                hint: "give it a limit; the default is 2s")
        }
        request.statementTimeout = try context.statementTimeout()
        request.wait = try context.setting(.migrateWait, flag: context.options.wait) ?? request.wait
        request.clock = context.clock
        let log = context.log
        request.onEvent = { event in log.notice("\(event.line)") }
        return request
    }
}

extension MigrationEvent {
    /// One line of a deploy log.
    var line: String {
        switch self {
        case .started(let migration, let isUndo, let statements, let place):
            let from = place.map { ", going on at statement \($0)" } ?? ""
            return
                "\(isUndo ? "undoing" : "applying") \(migration) (\(statements) statement\(statements == 1 ? "" : "s")\(from))"
        case .retrying(let migration, let reason, let attempt, let limit, let pause):
            return "\(migration): \(reason); try \(attempt) of \(limit) in \(Style.span(pause / .seconds(1)))"
        case .running(let statement, let phase, let blockers):
            return (["\(statement): \(phase)"] + blockers.map { "waits for \($0)" }).joined(separator: "; ")
        case .cleaned(let what): return what
        case .finished(let migration, let isUndo, let duration):
            return "\(isUndo ? "undone:" : "applied") \(migration) in \(Style.span(duration / .seconds(1)))"
        }
    }
}
