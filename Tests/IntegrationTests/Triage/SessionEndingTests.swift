// Sessions ended for real: the one that was named, and no other.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Ending one session")
struct SessionEndingTests {
    private func end(
        _ name: ObservedSession, born: Date? = nil, user: String = "postgres", on server: Sandbox
    ) async throws -> SessionEnding.Outcome {
        let start = try #require(born ?? name.backendStart)
        return try await Connection.with(
            server.login(user: user), settings: SessionSettings(applicationName: "ending")
        ) { connection in
            try await connection.run { try SessionEnding.end(pid: name.pid, backendStart: start, in: $0) }
        }
    }

    @Test("pid and time of birth both have to fit; the second time it is gone", arguments: TestServer.majors)
    func ended(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await server.withSessions(2, "web") { connections in
                let seen = try await server.observe(until: "two sessions") { $0.sessions.count == 2 }
                let victim = try #require(seen.sessions.first)
                let born = try #require(victim.backendStart)
                for other in [born + 0.000_01, born - 0.000_01, born + 3600] {
                    #expect(try await end(victim, born: other, on: server) == .alreadyGone)
                }
                let pids = try await server.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'web'")
                #expect(pids == "2", "another session with this pid is left alone")
                #expect(try await end(victim, on: server) == .ended)
                #expect(try await end(victim, on: server) == .alreadyGone)
                let after = try await server.observe()
                #expect(after.sessions.map(\.pid) == [seen.sessions[1].pid])
                _ = connections
            }
        }
    }

    @Test("one that was meant because it did nothing, and works again, is left alone")
    func changed() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await server.withSessions(1, "web") { connections in
                let seen = try await server.observe(until: "it is idle") { $0.sessions.first?.state == .idle }
                let victim = try #require(seen.sessions.first)
                let (born, since) = (try #require(victim.backendStart), try #require(victim.stateChange))
                let boss = try await server.open("boss", user: "postgres")
                try await boss.closing { boss in
                    try await connections[0].run { _ = try $0.rows("SELECT 1") }
                    let outcome = try await boss.run {
                        try SessionEnding.end(pid: victim.pid, backendStart: born, stateChange: since, in: $0)
                    }
                    #expect(outcome == .changed)
                    let now = try await server.observe().sessions.first { $0.pid == victim.pid }
                    let again = try #require(now?.stateChange)
                    let last = try await boss.run {
                        try SessionEnding.end(pid: victim.pid, backendStart: born, stateChange: again, in: $0)
                    }
                    #expect(last == .ended)
                }
            }
        }
    }

    @Test("a superuser's session, a walsender and the asking session itself are refused by the statement itself")
    func refused() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE app LOGIN; CREATE ROLE repl LOGIN REPLICATION")
            let boss = try await server.open("boss", user: "postgres")
            let sender = try await Connection.open(
                server.login(user: "repl", ["replication": "database"]),
                settings: SessionSettings(applicationName: "sender"))
            let seen = try await server.observe(until: "both") { $0.sessions.count == 2 }
            #expect(try await end(try #require(seen.session("boss")), on: server) == .refused(.superuser))
            #expect(try await end(try #require(seen.session("sender")), on: server) == .refused(.walsender))
            let own = try #require(seen.session("boss"))
            let born = try #require(own.backendStart)
            let outcome = try await boss.run { try SessionEnding.end(pid: own.pid, backendStart: born, in: $0) }
            #expect(outcome == .refused(.own))
            #expect(try await server.observe().sessions.count == 2)
            await boss.close()
            await sender.close()
        }
    }

    @Test("one that does not end is not called ended")
    func stillThere() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await server.withSessions(1, "web") { _ in
                let seen = try await server.observe(until: "a session") { $0.sessions.count == 1 }
                let victim = try #require(seen.sessions.first)
                // Its process is stopped, as one that waits for a dead disk.
                kill(victim.pid, SIGSTOP)
                let outcome = try await end(victim, on: server)
                kill(victim.pid, SIGCONT)
                #expect(outcome == .stillThere)
                _ = try await server.observe(until: "it ends") { $0.sessions.isEmpty }
            }
        }
    }

    @Test("a role that may not end it is told so by the server: 42501")
    func notAllowed() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE app LOGIN; CREATE ROLE watch LOGIN IN ROLE pg_monitor")
            try await server.withSessions(1, "web") { _ in
                let seen = try await server.observe(until: "a session") { $0.sessions.count == 1 }
                let victim = try #require(seen.sessions.first)
                await #expect { try await end(victim, user: "watch", on: server) } throws: {
                    ($0 as? PostgresError)?.sqlState?.code == "42501"
                }
            }
        }
    }
}
