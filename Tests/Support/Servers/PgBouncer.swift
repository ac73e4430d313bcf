// The real pooler in front of a server.

import Foundation
import Glibc
public import Sandbox
import Subprocess
import SystemPackage

/// A pgbouncer 1.18 in transaction mode that runs now.
public struct PgBouncer: Sendable {
    public let port: Int

    public func url(_ database: TestDatabase) -> String {
        "postgresql://postgres@127.0.0.1:\(port)/\(database.name)"
    }

    /// Runs the body with a pooler in front of the server; it is ended afterwards.
    ///
    /// - Parameter connections: Server connections a database; few, so that clients meet each other on them.
    public static func with<T: Sendable>(
        _ server: Sandbox,
        connections: Int = 5,
        settings: [String: String] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PgBouncer) async throws -> T
    ) async throws -> T {
        try await withTemporaryFolder { folder in
            let port = try freePort()
            var lines = [
                "[databases]", "* = host=127.0.0.1 port=\(server.port) user=postgres", "[pgbouncer]",
                "listen_addr = 127.0.0.1", "listen_port = \(port)", "unix_socket_dir =", "auth_type = any",
                "pool_mode = transaction", "default_pool_size = \(connections)", "max_client_conn = 500",
                "logfile = \(folder)/log", "admin_users = postgres", "ignore_startup_parameters =",
            ]
            lines += settings.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
            let file = "\(folder)/pgbouncer.ini"
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
            // It refuses to run as root.
            let user = getuid() == 0 ? ["-u", "postgres"] : []
            var value: T?
            _ = try await Subprocess.run(
                .path("/usr/sbin/pgbouncer"), arguments: Arguments(["-q"] + user + [file]), input: .none,
                output: .discarded, error: .discarded
            ) { execution in
                do {
                    try await eventually("pgbouncer listens") { listens(on: port) }
                    value = try await body(PgBouncer(port: port))
                } catch {
                    try? execution.send(signal: .kill)
                    throw error
                }
                // Not TERM, which waits for its clients.
                try execution.send(signal: .kill)
            }
            guard let value else {
                throw TestSupportError(
                    "pgbouncer ended early: \((try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "")")
            }
            return value
        }
    }
}

/// A port that was free a moment ago.
private func freePort() throws -> Int {
    let (descriptor, port) = try listenOnLoopback()
    close(descriptor)
    return port
}

private func listens(on port: Int) -> Bool {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(client) }
    var address = loopback(port: UInt16(port))
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
            unsafe connect(client, rebound, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

extension Program {
    /// The same query on several connections at once, so that each may meet another server connection of a pool.
    public static func psql(_ url: String, _ sql: String, times: Int) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<times {
                group.addTask {
                    let outcome = try await run(
                        "/usr/bin/psql", ["-X", "-q", "-A", "-t", url, "-c", sql], environment: [:], input: "")
                    guard outcome.exitCode == 0 else { throw TestSupportError(outcome.stderr) }
                    return outcome.stdout.trimmingCharacters(in: .newlines)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
