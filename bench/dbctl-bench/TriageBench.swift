// Connection triage beside check_postgres, pg_activity and pg_isready: what each says of a server whose slots are taken,
// and what a look costs on a server with 500 sessions.

import DBKit
import Foundation

struct TriageBench: Sendable {
    let binaries: ServerBinaries
    /// The built program: its start counts, too.
    let program: String

    func run(_ repetitions: Int) async throws -> [Table] {
        let full = try await onServer(connections: 20) { server in
            try await server.hold(17) {
                let ordinary = try await answers(server, "17 of 20 taken: no ordinary slot is free")
                return [
                    ordinary, try await server.hold(3, user: "postgres") { try await answers(server, "All 20 taken") },
                ]
            }
        }
        let crowd = try await onServer(connections: 600) { server in
            try await server.hold(500) { [try await costs(server, max(10, repetitions)), try await screen(server)] }
        }
        return full + crowd + [lockTree(max(10, repetitions))]
    }

    /// As the server tells it of a queue for ACCESS EXCLUSIVE: everybody waits for all before.
    private func lockTree(_ repetitions: Int) -> Table {
        let waits = (2...301).map { pid in
            LockWait(
                pid: Int32(pid), blockers: (1..<pid).map { LockHolder(pid: Int32($0)) }, mode: "AccessExclusiveLock")
        }
        let times = (0..<repetitions).map { _ in
            ContinuousClock().measure { precondition(LockTree(waits).roots[0].victims.count == 300) } / .milliseconds(1)
        }
        var table = Table(title: "The lock tree of 300 waiters, 45,150 edges", columns: ["who", "median ms", "target"])
        table.rows.append(["**LockTree**", rounded(median(times)), "< 100"])
        return table
    }

    // What is said

    private func answers(_ server: TriageServer, _ title: String) async throws -> Table {
        let check = "check_postgres --host=\(server.sandbox.folder) --port=\(server.sandbox.port) --dbname=postgres"
        let commands = [
            ("`pg_isready`", "pg_isready -U app"),
            ("`check_postgres --action=backends`, as app", "\(check) --dbuser=app --action=backends -w 80% -c 90%"),
            (
                "`check_postgres --action=backends`, as postgres",
                "\(check) --dbuser=postgres --action=backends -w 80% -c 90%"
            ),
            (
                "`pg_activity`, as app",
                "script -qec 'timeout 5 pg_activity -U app -h \(server.sandbox.folder) -p \(server.sandbox.port)' /dev/null"
                    + " | tr -d '\\r' | tail -1"
            ),
            ("**dbctl pool check**, as mon", "\(program) pool check --database-url \(server.url("mon"))"),
            ("**dbctl pool doctor**, as mon", "\(program) pool doctor --database-url \(server.url("mon"))"),
            (
                "**dbctl pool doctor**, as app, who may nothing",
                "\(program) pool doctor --database-url \(server.url("app"))"
            ),
        ]
        var table = Table(title: title, columns: ["who", "exit", "ms", "its first words"])
        for (name, command) in commands {
            let start = ContinuousClock.now
            let said = try await server.shell("set -o pipefail; { \(command); } 2>&1; echo \"exit $?\"")
            let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            let lines = said.split(separator: "\n").map(String.init)
            let code = lines.last { $0.hasPrefix("exit ") }?.dropFirst(5) ?? ""
            let words = (lines.first { !$0.hasPrefix("exit ") } ?? "").replacing("|", with: "\\|").prefix(150)
            table.rows.append([name, String(code), rounded(milliseconds), String(words)])
        }
        return table
    }

    // What it costs

    private func costs(_ server: TriageServer, _ repetitions: Int) async throws -> Table {
        let check = "check_postgres --host=\(server.sandbox.folder) --port=\(server.sandbox.port) --dbname=postgres"
        let commands = [
            ("`dbctl --version`: the start of the program", "\(program) --version > /dev/null", ""),
            (
                "**dbctl pool check**", "\(program) pool check --quiet --database-url \(server.url("postgres"))", "< 50"
            ),
            (
                "**dbctl pool doctor**, two looks 250 ms apart",
                "\(program) pool doctor --database-url \(server.url("postgres")) > /dev/null", "< 1000"
            ),
            (
                "`check_postgres --action=backends`",
                "\(check) --dbuser=postgres --action=backends > /dev/null || true", ""
            ),
        ]
        let samples = try await alternate(
            commands.map { name, command, _ in
                Contender(name: name) {
                    try await timed(children: true) { _ = try await server.shell("\(command) || true") }
                }
            }, repetitions)
        var table = Table(
            title: "A look at a server with 500 sessions, end to end",
            columns: ["who", "least ms", "median ms", "client CPU ms", "target"])
        for ((name, _, target), samples) in zip(commands, samples) {
            let milliseconds = samples.map { $0.value * 1000 }
            table.rows.append([
                name, rounded(milliseconds.min() ?? .nan), rounded(median(milliseconds)),
                rounded(median(samples.map { $0.processorTime * 1000 })), target,
            ])
        }
        return table
    }

    /// The processor time of the client, for as long as it looks once a second.
    private func screen(_ server: TriageServer) async throws -> Table {
        let seconds = 30
        let url = server.url("postgres")
        let start = try await timed(children: true) {
            _ = try await server.shell("\(program) pool top --count 1 --database-url \(url) > /dev/null")
        }
        let run = try await timed(children: true) {
            _ = try await server.shell("\(program) pool top --count \(seconds + 1) --database-url \(url) > /dev/null")
        }
        let peer = try await timed(children: true) {
            _ = try await server.shell(
                "script -qec 'timeout -s INT \(seconds) pg_activity -U postgres -h \(server.sandbox.folder) "
                    + "-p \(server.sandbox.port) --refresh 1' /dev/null > /dev/null || true")
        }
        var table = Table(
            title: "A live screen of 500 sessions, a look a second",
            columns: ["who", "client CPU % of a core", "target"])
        let own = (run.processorTime - start.processorTime) * 100 / Double(seconds)
        table.rows.append(["**dbctl pool top**, after its start", rounded(own), "< 1"])
        table.rows.append([
            "`pg_activity --refresh 1`, with its start", rounded(peer.processorTime * 100 / peer.value), "",
        ])
        return table
    }

    private func onServer(
        connections: Int, _ body: (TriageServer) async throws -> [Table]
    ) async throws -> [Table] {
        var options = SandboxOptions(
            root: "/tmp/dbctl-bench-pool-\(ProcessInfo.processInfo.processIdentifier)-\(connections)")
        options.settings = ["max_connections": "\(connections)", "superuser_reserved_connections": "3"]
        let sandbox = try await Sandbox.start(options, binaries: binaries)
        do {
            let server = TriageServer(sandbox: sandbox)
            _ = try await server.shell(
                "psql -XAtq -c 'CREATE ROLE app LOGIN' -c 'CREATE ROLE mon LOGIN REPLICATION' "
                    + "-c 'GRANT pg_monitor, pg_signal_backend TO mon'")
            let tables = try await body(server)
            try await sandbox.stop()
            return tables
        } catch {
            try await sandbox.stop()
            throw error
        }
    }
}

/// A server of its own: its slots are what is measured.
struct TriageServer: Sendable {
    let sandbox: Sandbox

    /// Over the socket, so that no TLS is spoken; a superuser's way in is that of `mon`, `app` has none.
    func url(_ user: String) -> String {
        "'postgresql://\(user)@127.0.0.1:\(sandbox.port)/postgres?sslmode=disable'"
    }

    /// Idle sessions for as long as the body runs.
    func hold<T>(_ count: Int, user: String = "app", _ body: () async throws -> T) async throws -> T {
        let parameters = ConnectionParameters(
            url: "host=\(sandbox.folder) port=\(sandbox.port) user=\(user) dbname=postgres")
        var held: [Connection] = []
        for _ in 0..<count {
            held.append(try await Connection.open(parameters, settings: SessionSettings(applicationName: "web")))
        }
        do {
            let value = try await body()
            for connection in held { await connection.close() }
            return value
        } catch {
            for connection in held { await connection.close() }
            throw error
        }
    }

    func shell(_ command: String) async throws -> String {
        let variables = [
            "PATH": "\(sandbox.binaries.folder):/usr/bin:/bin", "HOME": "/tmp", "TERM": "xterm", "COLUMNS": "160",
            "LINES": "50", "PGHOST": sandbox.folder, "PGPORT": "\(sandbox.port)", "PGUSER": "postgres",
            "PGDATABASE": "postgres",
        ]
        return try await Peer.output("/bin/bash", ["-c", command], variables, folder: "/tmp")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
