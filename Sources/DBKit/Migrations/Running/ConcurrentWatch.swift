import Operations
import Postgres

/// Watches a statement of a migration that may run for hours: says how far it is and for whom it waits, and ends one that
/// waits too long.
struct ConcurrentWatch: Sendable {
    let request: MigrationRequest
    let statement: String

    /// What is shorter is not worth a connection.
    private static let silence = Duration.seconds(2)

    /// - Parameter connection: That `body` sends the statement through.
    func run(
        isConcurrent: Bool, on connection: Connection, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        var settings = SessionSettings(applicationName: request.applicationName)
        settings.isReadOnly = true
        var watch = StatementWatch(
            pid: await connection.backendPID, server: request.server, settings: settings,
            maximumWait: isConcurrent ? request.maximumWait : nil)
        // A limit that is shorter is kept to all the same.
        let limit = isConcurrent ? request.maximumWait : Self.silence
        watch.delay = min(Self.silence, limit / 2)
        watch.pace = min(.seconds(1), max(limit / 4, .milliseconds(50)))
        watch.onLook = { look in
            request.onEvent(
                .running(
                    statement: statement, phase: look.percentage, blockers: look.blockers.map(\.sentence)))
        }
        do {
            try await watch.run(body)
        } catch let waited as StatementWatch.WaitedTooLong {
            throw Failure(
                .migrationPartial,
                "\(statement) waited \(request.maximumWait.spelled) for others' transactions",
                detail: (waited.blockers.map(\.sentence) + [
                    "It was stopped; an INVALID index that it left is dropped by the next run."
                ])
                .joined(separator: "\n"),
                hint:
                    "\(waited.blockers.remedy), or give it longer with --max-wait, and run the same command again"
            )
        }
    }
}

extension StatementWatch.Look {
    fileprivate var percentage: String { total > 0 ? "\(phase) (\(100 * done / total) %)" : phase }
}
