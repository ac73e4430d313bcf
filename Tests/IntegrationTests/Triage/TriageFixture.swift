// Trouble made for real, and one look at it.

import DBKit
import Foundation
import TestSupport

extension Sandbox {
    /// One look, as this role; through a `replication=database` session when asked to.
    func observe(user: String = "postgres", asWalsender: Bool = false) async throws -> Observation {
        var settings = SessionSettings(applicationName: "dbctl pool doctor")
        settings.isReadOnly = true
        settings.statementTimeout = .seconds(30)
        return try await Connection.with(
            login(user: user, asWalsender ? ["replication": "database"] : [:]), settings: settings
        ) { connection in
            try await connection.run { try Observer(timeout: .seconds(30)).observe(in: $0) }
        }
    }

    /// Looks until what is waited for has come about; other sessions need their time.
    func observe(
        user: String = "postgres", asWalsender: Bool = false, until what: String, _ isThere: (Observation) -> Bool
    ) async throws -> Observation {
        var last: Observation?
        try await eventually(what) {
            let look = try await observe(user: user, asWalsender: asWalsender)
            last = look
            return isThere(look)
        }
        guard let last else { throw TestSupportError("nothing was observed") }
        return last
    }

    func open(_ application: String, user: String = "app") async throws -> Connection {
        try await Connection.open(login(user: user), settings: SessionSettings(applicationName: application))
    }

    /// Sessions of one application for as long as the body runs.
    func withSessions<T: Sendable>(
        _ count: Int, _ application: String, user: String = "app", _ body: ([Connection]) async throws -> T
    ) async throws -> T {
        var opened: [Connection] = []
        for _ in 0..<count { opened.append(try await open(application, user: user)) }
        let connections = opened
        return try await finally {
            try await body(connections)
        } cleanUp: {
            for connection in connections { await connection.close() }
        }
    }

    /// Statements that will have to wait, each on a session of its own, for as long as the body runs.
    func withWaiters<T: Sendable>(
        _ statements: [String], _ application: String = "web", user: String = "app",
        _ body: () async throws -> T
    ) async throws -> T {
        var settings = SessionSettings(applicationName: application)
        settings.lockTimeout = .zero
        var connections: [Connection] = []
        for _ in statements { connections.append(try await Connection.open(login(user: user), settings: settings)) }
        let tasks = zip(connections, statements).map { connection, statement in
            Task { _ = try? await connection.run { try $0.script(ServerText(file: statement)) } }
        }
        return try await finally {
            try await body()
        } cleanUp: {
            for task in tasks {
                task.cancel()
                await task.value
            }
        }
    }
}

extension Observation {
    func later(_ seconds: Double) -> Observation {
        var later = self
        later.time += seconds
        return later
    }

    func session(_ application: String) -> ObservedSession? {
        sessions.first { $0.applicationName == application }
    }

    var verdict: Verdict { Triage.verdict(of: self) }
}
