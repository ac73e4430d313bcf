// "Too many clients" is five limits behind one SQLSTATE: P3.

import DBKit
import TestSupport
import Testing

@Suite struct SlotFailureTests {
    private func withHeld(
        _ count: Int, _ parameters: ConnectionParameters, _ body: () async throws -> Void
    ) async throws {
        var held: [Connection] = []
        for _ in 0..<count { held.append(try await connectWhenFree(parameters)) }
        let connections = held
        try await finally {
            try await body()
        } cleanUp: {
            for connection in connections { await connection.close() }
        }
    }

    /// The session of the step before may still be ending on the server, and hold its slot for that long.
    private func connectWhenFree(_ parameters: ConnectionParameters) async throws -> Connection {
        var tries = 0
        while true {
            do {
                return try await connect(parameters)
            } catch let error as PostgresError {
                tries += 1
                guard error.sqlState == .tooManyConnections, tries < 200 else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test("ordinary slots gone is told from all slots gone, P3", arguments: TestServer.majors)
    func ordinaryAndAll(_ major: Int) async throws {
        let settings = ["max_connections": "6", "superuser_reserved_connections": "2", "max_wal_senders": "0"]
        try await TestServer.withSandbox(major: major, settings: settings) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            let app = server.login(user: "app")
            let superuser = server.login()
            try await withHeld(4, app) {
                try await expectRefusal(.slotsOrdinary, sqlState: "53300", at: .authentication, app)
                // The superuser still gets in, and sees that nobody else does.
                let report = try await check(superuser)
                #expect(report.verdict == .critical)
                #expect(report.failure?.code == .slotsOrdinary && report.server != nil)
                #expect(report.summary.contains("0 ordinary slots free"))
                try await withHeld(2, superuser) {
                    try await expectRefusal(.slotsAll, sqlState: "53300", at: .authentication, superuser)
                    try await expectRefusal(.slotsAll, sqlState: "53300", at: .authentication, app)
                }
            }
        }
    }

    @Test("on 16 and later the reserve of pg_use_reserved_connections counts too", arguments: [16, 18])
    func reservedConnections(_ major: Int) async throws {
        let settings = [
            "max_connections": "6", "superuser_reserved_connections": "1", "reserved_connections": "2",
            "max_wal_senders": "0",
        ]
        try await TestServer.withSandbox(major: major, settings: settings) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            let app = server.login(user: "app")
            try await withHeld(3, app) {
                try await expectRefusal(.slotsOrdinary, sqlState: "53300", at: .authentication, app)
                #expect(try await check(server.login()).summary.contains("0 ordinary slots free"))
            }
        }
    }

    @Test("a role's and a database's own limits, P3", arguments: TestServer.majors)
    func ownLimits(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql("CREATE ROLE app LOGIN; CREATE ROLE other LOGIN; CREATE DATABASE small")
            try await server.psql("ALTER ROLE app CONNECTION LIMIT 1; ALTER DATABASE small CONNECTION LIMIT 1")
            try await withHeld(1, server.login(user: "app")) {
                try await expectRefusal(
                    .slotsRole, sqlState: "53300", at: .authentication, server.login(user: "app"))
            }
            try await withHeld(1, server.login(user: "other", database: "small")) {
                try await expectRefusal(
                    .slotsDatabase, sqlState: "53300", at: .database,
                    server.login(user: "other", database: "small"))
            }
        }
    }

    @Test("the look from outside never takes the slot that the login then misses")
    func lookLeavesItsSlot() async throws {
        let settings = ["max_connections": "5", "superuser_reserved_connections": "1", "max_wal_senders": "0"]
        try await TestServer.withSandbox(settings: settings) { server in
            try await server.psql("CREATE ROLE app LOGIN CONNECTION LIMIT 1")
            // A session of its own looks on: one that comes and goes would take the very slot.
            let watcher = try await connect(server.login())
            try await withHeld(2, server.login()) {
                for _ in 0..<20 {
                    // One ordinary slot, one session for this role: both are free again each time, once the server has
                    // seen that the client of the round before is gone.
                    try await eventually("the session of the last round has ended") {
                        try await watcher.run { session in
                            try session.rows("SELECT FROM pg_stat_activity WHERE usename = 'app'").isEmpty
                        }
                    }
                    let report = try await check(server.login(user: "app"))
                    #expect(report.server != nil, "\(report.summary)")
                }
            }
            await watcher.close()
        }
    }

    @Test("replication connections have a limit of their own, P3", arguments: TestServer.majors)
    func walsenders(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major, settings: ["max_wal_senders": "1"]) { server in
            let walsender = server.login(["replication": "database"])
            try await withHeld(1, walsender) {
                try await expectRefusal(.slotsWalsender, sqlState: "53300", at: .authentication, walsender)
            }
        }
    }
}
