// A server without slots, and what `dbctl pool` says of it.

import DBKit
import Foundation
import TestSupport

/// A small server on which applications have taken all ordinary slots, and on wish the superusers' too.
struct FullServer {
    let server: Sandbox

    /// Over TCP, where no superuser's way in is looked for.
    func url(_ user: String) -> String { "postgresql://\(user)@127.0.0.1:\(server.port)/postgres?sslmode=disable" }

    /// Over the server's own socket.
    func socketURL(_ user: String) -> String {
        "postgresql://\(user)@/postgres?host=\(server.folder)&port=\(server.port)"
    }

    func run(_ arguments: [String], as user: String = "app", overSocket: Bool = false) async throws -> DbctlOutcome {
        try await Dbctl.run(
            ["pool"] + arguments + ["--database-url", overSocket ? socketURL(user) : url(user)])
    }

    /// The members of `data`, and those of the envelope beside it.
    func json(
        _ arguments: [String], as user: String = "app", overSocket: Bool = false
    ) async throws -> (envelope: [String: Any], data: [String: Any], exitCode: Int32) {
        let outcome = try await run(arguments + ["--format", "json"], as: user, overSocket: overSocket)
        let envelope = try outcome.json()
        return (envelope, envelope["data"] as? [String: Any] ?? [:], outcome.exitCode)
    }

    /// Twelve connections, two of them for superusers. `app` is an ordinary role, `mon` may replicate, look and end
    /// sessions.
    static func with<T: Sendable>(
        major: Int = 15, settings: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
        _ body: (FullServer) async throws -> T
    ) async throws -> T {
        let own = ["max_connections": "12", "superuser_reserved_connections": "2", "max_wal_senders": "4"]
        return try await TestServer.withSandbox(major: major, settings: own.merging(settings) { $1 }) { server in
            try await server.psql(
                """
                CREATE ROLE app LOGIN; CREATE ROLE mon LOGIN REPLICATION;
                GRANT pg_monitor, pg_signal_backend TO mon; CREATE TABLE orders (id int); ALTER TABLE orders OWNER TO app
                """)
            return try await body(FullServer(server: server))
        }
    }

    /// The ordinary slots are taken.
    func exhausted<T: Sendable>(
        superusersToo: Bool = false, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        // A session of `psql` that has just been closed may still be there.
        try await eventually("all slots are free") {
            try await server.psql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") == "1"
        }
        return try await server.withSessions(10, "web") { _ in
            guard superusersToo else { return try await body() }
            return try await server.withSessions(2, "admin", user: "postgres") { _ in try await body() }
        }
    }
}

extension [String: Any] {
    /// A member by its path.
    func at(_ path: String) -> Any? {
        path.split(separator: ".").reduce(self as Any?) { ($0 as? [String: Any])?[String($1)] }
    }

    func text(_ path: String) -> String? { at(path) as? String }
    func number(_ path: String) -> Int? { at(path) as? Int }
    func list(_ path: String) -> [[String: Any]] { at(path) as? [[String: Any]] ?? [] }
}
