import Operations
import Postgres

/// Watches a statement that may run for hours from a connection of its own: says how far it is and for whom it waits,
/// and ends one that waits too long.
struct ConcurrentWatch: Sendable {
    let request: MigrationRequest
    let statement: String

    /// What is shorter is not worth a connection.
    private static let silence = Duration.seconds(2)

    func run(isConcurrent: Bool, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await watch(isConcurrent: isConcurrent)
                return false
            }
            defer { group.cancelAll() }
            // Of the two, the statement's end counts; the watch ends first only by its own failure.
            while let isStatement = try await group.next() {
                if isStatement { return }
            }
        }
    }

    private func watch(isConcurrent: Bool) async throws {
        try await Task.sleep(for: Self.silence)
        var settings = SessionSettings(applicationName: request.applicationName)
        settings.isReadOnly = true
        guard let connection = try? await Connection.open(request.server, settings: settings) else { return }
        try await connection.closing { connection in
            var waitingSince: ContinuousClock.Instant?
            while !Task.isCancelled {
                guard let look = try? await connection.run({ session in try look(in: session) }) else { return }
                request.onEvent(.running(statement: statement, phase: look.phase, blockers: look.blockers))
                waitingSince = look.isWaiting ? waitingSince ?? .now : nil
                if isConcurrent, let waitingSince, ContinuousClock.now - waitingSince > request.maximumWait {
                    throw Failure(
                        .migrationPartial, "\(statement) waited \(request.maximumWait) for others' transactions",
                        detail: (look.blockers + [
                            "It was stopped; an INVALID index that it left is dropped by the next run."
                        ])
                        .joined(separator: "\n"),
                        hint:
                            "end the transactions that it waits for, or give it longer with --max-wait, and run the same command again"
                    )
                }
                try await Task.sleep(for: .seconds(2))
            }
        }
    }

    private struct Look {
        var phase: String
        var isWaiting: Bool
        var blockers: [String]
    }

    private func look(in session: Session) throws -> Look {
        let query = Query(embedded: PackageResources.migrations_watch_sql, binds: [request.run.id.description])
        guard let row = try session.rows(query).first else {
            return Look(phase: "running", isWaiting: false, blockers: [])
        }
        return Look(
            phase: try row.value("phase"), isWaiting: try row.value("is_waiting"), blockers: try row.value("blockers"))
    }
}
