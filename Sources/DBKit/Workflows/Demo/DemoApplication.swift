import Foundation
import Operations
import Postgres

/// An application with a mistake in it: a transaction that it forgets holds a row that others wait for, and as nothing comes
/// back it opens one connection after the other, until the server has no more.
struct DemoApplication: Sendable {
    /// As the superuser.
    let server: ConnectionParameters

    static let onCall = "oncall"
    /// More than half as many as are left idle in their transactions: a pile-up is what hurts most.
    private static let queue = 9
    private static let patience = Duration.seconds(60)

    /// What it holds, until it leaves.
    struct Taken: Sendable {
        fileprivate(set) var connections: [Connection] = []
        fileprivate var waiting: [Task<Void, Never>] = []
        /// What the server said to the one that was too many.
        fileprivate(set) var refusal = ""

        var sessions: Int { connections.count }

        func leave() async {
            for task in waiting { task.cancel() }
            for task in waiting { await task.value }
            for connection in connections { await connection.close() }
        }
    }

    /// The application's role, and that of whoever is on call, who is no superuser.
    func prepare(_ settings: SessionSettings) async throws {
        try await Connection.with(server, settings: settings) { connection in
            _ = try await connection.run { try $0.script(ServerText(embedded: PackageResources.demo_roles_sql)) }
        }
    }

    func takeAll() async throws -> Taken {
        var taken = Taken()
        do {
            try await open(&taken)
            try await forget(&taken)
            try await stand()
            return taken
        } catch {
            await taken.leave()
            throw error
        }
    }

    private func open(_ taken: inout Taken) async throws {
        let login = server.setting("user", "app")
        var settings = SessionSettings(applicationName: "web")
        settings.lockTimeout = .zero
        while taken.refusal.isEmpty {
            do {
                taken.connections.append(try await Connection.open(login, settings: settings))
            } catch let error as PostgresError where Failure(error).code.name.hasPrefix("slots.") {
                taken.refusal = error.message
            } catch { throw error }
        }
    }

    private func forget(_ taken: inout Taken) async throws {
        let update: Query = "UPDATE public.users SET name = name WHERE id = 1"
        for (place, connection) in taken.connections.enumerated() {
            switch place {
            case 0:
                try await connection.run { session in
                    try session.execute("BEGIN")
                    try session.execute(update)
                }
            case ...Self.queue:
                // Until the first one is gone; that this one may be ended, too, is part of the story.
                taken.waiting.append(Task { _ = try? await connection.run { try $0.execute(update) } })
            default:
                try await connection.run { session in
                    try session.execute("BEGIN")
                    try session.execute("SELECT name FROM public.users WHERE id = 2")
                }
            }
        }
    }

    /// A queue that has only just formed is none that anybody is called for.
    private func stand() async throws {
        let settings = SessionSettings(applicationName: "demo")
        try await Connection.with(server, settings: settings) { connection in
            let deadline = ContinuousClock.now + Self.patience
            while try await connection.run({ session in
                try session.row(Query(embedded: PackageResources.demo_queue_sql)).value("waiting", as: Int.self)
            }) < Self.queue, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
