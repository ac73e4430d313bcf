// Servers that are there and take nobody, or the wrong kind of session: P3.

import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct ServerStateFailureTests {
    @Test("a server that is starting, P3")
    func starting() async throws {
        try await TestServer.withSandbox { server in
            try await server.stopServer()
            // The recovery waits for a segment that never comes for as long as this file is there.
            let hold = "\(server.dataFolder)/hold"
            try await server.write([], to: "hold")
            try await server.write([], to: "recovery.signal")
            try await server.append(settings: [
                "restore_command": "while test -e '\(hold)'; do sleep 0.05; done; false"
            ])
            let start = Task { try? await server.startServer() }
            try await eventually("the server answers at all") {
                try await check(server.login()).failure?.code == .serverStarting
            }
            try await expectRefusal(.serverStarting, sqlState: "57P03", at: .authentication, server.login())
            #expect(server.signalServer(SIGQUIT))
            try? FileManager.default.removeItem(atPath: hold)
            await start.value
        }
    }

    @Test("a server that shuts down while somebody is still connected, P3")
    func stopping() async throws {
        try await TestServer.withSandbox { server in
            let last = try await connect(server.login())
            // SIGTERM is the smart shutdown: it waits for the last session.
            #expect(server.signalServer(SIGTERM))
            try await eventually("the server takes nobody any more") {
                try await check(server.login()).failure != nil
            }
            try await expectRefusal(.serverStopping, sqlState: "57P03", at: .authentication, server.login())
            await last.close()
        }
    }

    @Test("a server that recovers from a crash of a backend, P3")
    func recovering() async throws {
        try await TestServer.withSandbox { server in
            let victim = try await connect(server.login())
            let slow = try await connect(server.login())
            let (victimPID, slowPID) = (await victim.backendPID, await slow.backendPID)
            // A backend that cannot end keeps the postmaster from starting over.
            kill(slowPID, SIGSTOP)
            kill(victimPID, SIGKILL)
            try await eventually("the postmaster has noticed") {
                try await check(server.login()).failure != nil
            }
            try await expectRefusal(.serverRecovery, sqlState: "57P03", at: .authentication, server.login())
            kill(slowPID, SIGCONT)
            await victim.close()
            await slow.close()
        }
    }

    @Test("a standby with hot_standby = off, P3")
    func noHotStandby() async throws {
        try await TestServer.withSandbox { server in
            try await server.stopServer()
            try await server.write([], to: "standby.signal")
            try await server.append(settings: ["hot_standby": "off", "restore_command": "false"])
            try await server.startServer()
            try await expectRefusal(.serverNoHotStandby, sqlState: "57P03", at: .authentication, server.login())
        }
    }

    @Test("a writable session wanted of a standby, a read-only one of a primary, P3")
    func wrongKind() async throws {
        try await TestServer.withSandbox { server in
            for wanted in ["read-only", "standby"] {
                try await expectRefusal(
                    .serverReadWrite, sqlState: nil, at: .authentication,
                    server.login(["target_session_attrs": wanted]))
            }
            try await server.stopServer()
            try await server.write([], to: "standby.signal")
            try await server.append(settings: ["restore_command": "false"])
            try await server.startServer()
            for wanted in ["read-write", "primary"] {
                try await expectRefusal(
                    .serverReadOnly, sqlState: nil, at: .authentication,
                    server.login(["target_session_attrs": wanted]))
            }
            let report = try await check(server.login())
            #expect(report.server?.role == "standby")
            let standby = try await connect(server.login())
            let error = await #expect(throws: PostgresError.self) {
                try await standby.run { try $0.execute("CREATE TABLE t (a int)") }
            }
            #expect(error.map { Failure($0).code } == .serverReadOnly)
            #expect(error?.sqlState?.code == "25006")
            await standby.close()
        }
    }

    @Test("sessions that the server ends: terminated, crash, idle timeouts, P3")
    func endedSessions() async throws {
        try await TestServer.withSandbox { server in
            func ended(by end: (Connection) async throws -> Void) async throws -> Failure? {
                let connection = try await connect(server.login())
                let pid = await connection.backendPID
                try await end(connection)
                // Not by looking into pg_stat_activity: after a crash nobody gets in.
                try await eventually("backend \(pid) is gone") { kill(pid, 0) != 0 }
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.run { try $0.execute("SELECT 1") }
                }
                await connection.close()
                return error.map { Failure($0) }
            }
            let terminated = try await ended { connection in
                try await server.psql("SELECT pg_terminate_backend(\(await connection.backendPID))")
            }
            #expect(terminated?.code == .sessionTerminated && terminated?.sqlState == "57P01")
            let idle = try await ended { connection in
                _ = try await connection.run { try $0.execute("SET idle_session_timeout = '10ms'") }
            }
            #expect(idle?.code == .sessionIdleTimeout && idle?.sqlState == "57P05", "\(String(describing: idle))")
            let idleInTransaction = try await ended { connection in
                _ = try await connection.run { session in
                    try session.execute("SET idle_in_transaction_session_timeout = '10ms'")
                    try session.execute("BEGIN")
                }
            }
            #expect(idleInTransaction?.code == .sessionIdleTimeout && idleInTransaction?.sqlState == "25P03")
            // A backend says 57P02 from inside a signal handler, and on a busy machine it does not always get so far: then
            // the connection is only lost, and there is another try.
            var crashed: Failure?
            for _ in 0..<5 where crashed?.code != .sessionCrash {
                let other = try await connect(server.login())
                crashed = try await ended { _ in kill(await other.backendPID, SIGKILL) }
                await other.close()
                try await eventually("the server has recovered") {
                    try await check(server.login()).failure == nil
                }
            }
            #expect(crashed?.code == .sessionCrash && crashed?.sqlState == "57P02", "\(String(describing: crashed))")
            let killed = try await ended { connection in kill(await connection.backendPID, SIGKILL) }
            #expect(killed?.code == .connectLost && killed?.sqlState == nil)
        }
    }
}
