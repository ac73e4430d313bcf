// Sessions that hold slots and locks, for as long as a test needs them.

public import Postgres
public import Sandbox

extension Sandbox {
    /// Over TCP, as this role.
    public func login(user: String = "postgres", database: String = "postgres", _ more: [String: String] = [:])
        -> ConnectionParameters
    {
        var parameters = ConnectionParameters()
        let all = ["host": "127.0.0.1", "port": "\(port)", "user": user, "dbname": database, "sslmode": "disable"]
        for (keyword, value) in all.merging(more, uniquingKeysWith: { $1 }) { parameters.set(keyword, value) }
        return parameters
    }

    public func open(_ application: String, user: String = "app") async throws -> Connection {
        try await Connection.open(login(user: user), settings: SessionSettings(applicationName: application))
    }

    /// Sessions of one application for as long as the body runs.
    public func withSessions<T: Sendable>(
        _ count: Int, _ application: String, user: String = "app", isolation: isolated (any Actor)? = #isolation,
        _ body: ([Connection]) async throws -> T
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
    public func withWaiters<T: Sendable>(
        _ statements: [String], _ application: String = "web", user: String = "app", database: String = "postgres",
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        var settings = SessionSettings(applicationName: application)
        settings.lockTimeout = .zero
        var connections: [Connection] = []
        for _ in statements {
            connections.append(try await Connection.open(login(user: user, database: database), settings: settings))
        }
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
