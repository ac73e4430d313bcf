// One look at real servers: what is seen, by whom, and through which door.

import Foundation
import TestSupport
import Testing

@testable import DBKit
@testable import Postgres
@testable import Triage

@Suite struct ObserverTests {
    @Test("a look at a quiet server: its limits, its sessions, and not the look itself", arguments: TestServer.majors)
    func quiet(_ major: Int) async throws {
        let settings = ["max_connections": "30", "superuser_reserved_connections": "2"]
            .merging(major >= 16 ? ["reserved_connections": "4"] : [:]) { $1 }
        try await TestServer.withSandbox(major: major, settings: settings) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await server.withSessions(3, "web") { connections in
                try await connections[0].run { session in
                    try session.execute("BEGIN")
                    try session.execute("CREATE TEMPORARY TABLE t (password text)")
                    try session.script(ServerText(file: "SET search_path = 'x' -- PASSWORD 'secret'"))
                }
                let seen = try await server.observe(until: "three sessions") { $0.sessions.count == 3 }
                #expect(seen.server.major == major)
                #expect(seen.server.maxConnections == 30 && seen.server.superuserReservedConnections == 2)
                #expect(seen.server.reservedConnections == (major >= 16 ? 4 : 0))
                #expect(seen.server.seesAllSessions && !seen.server.isStandby)
                #expect(abs(seen.time.timeIntervalSinceNow) < 600 && seen.server.started < seen.time)
                #expect(seen.databases.map(\.name) == ["postgres", "template0", "template1"])
                #expect(seen.hiddenConnections.isEmpty && seen.lockWaits.isEmpty)
                let writer = try #require(seen.sessions.first { $0.isIdleInTransaction })
                #expect(writer.kind == .client && writer.userName == "app" && !writer.isSuperuser)
                #expect(writer.xidAge != nil, "it has written")
                #expect(
                    writer.backendStart != nil && writer.transactionStart != nil && writer.clientAddress == "127.0.0.1")
                #expect(writer.query?.contains("secret") == false && writer.query?.contains("PASSWORD ***") == true)
                #expect(seen.verdict.code == .healthy)
                #expect(seen.verdict.xminHolders.map(\.pid) == [writer.pid])
                #expect(try Observation(recorded: seen.recorded()) == seen)
            }
        }
    }

    @Test("a walsender session sees the same, and takes none of the ordinary slots", arguments: TestServer.majors)
    func walsender(_ major: Int) async throws {
        let settings = ["max_connections": "8", "superuser_reserved_connections": "2", "max_wal_senders": "2"]
        try await TestServer.withSandbox(major: major, settings: settings) { server in
            try await server.psql("CREATE ROLE app LOGIN; CREATE ROLE triage LOGIN REPLICATION IN ROLE pg_monitor")
            try await server.withSessions(6, "web") { _ in
                try await server.withSessions(2, "rescue", user: "postgres") { _ in
                    // Not even a superuser gets in any more.
                    let seen = try await server.observe(user: "triage", asWalsender: true)
                    #expect(seen.sessions.count == 8)
                    #expect(seen.verdict.budget.used == 8 && seen.verdict.budget.ordinaryFree == 0)
                    #expect(seen.verdict.budget.verdict().verdict == .critical)
                    #expect(seen.later(2).verdict.code == .leak)
                }
            }
        }
    }

    @Test(
        "connections that have not logged in yet are counted, which no view shows before 18, P1",
        arguments: TestServer.majors)
    func hidden(_ major: Int) async throws {
        let hba = ["host all slow 127.0.0.1/32 scram-sha-256"]
        try await TestServer.withSandbox(major: major, settings: ["max_connections": "10"], hba: hba) { server in
            try await server.psql(
                "CREATE ROLE slow LOGIN PASSWORD 'x'; CREATE ROLE app LOGIN; CREATE ROLE triage LOGIN")
            let address = try #require(
                try ServerAddress.resolve(host: "127.0.0.1", port: server.port, timeout: .seconds(5)).first)
            let probes = try (0..<5).map { _ in try ServerProbe(address, timeout: .seconds(30)) }
            // Each is asked for its password, and says nothing.
            for probe in probes { _ = try probe.requestLogin([("user", "slow"), ("database", "postgres")]) }
            for user in ["postgres", "triage"] {
                let seen = try await server.observe(user: user, until: "five hidden") {
                    $0.hiddenConnections.count == 5
                }
                #expect(seen.sessions.isEmpty, "\(seen.sessions)")
                #expect(seen.verdict.budget.used == 5 && seen.verdict.budget.hidden == 5)
                #expect(seen.verdict.budget.ordinaryFree == 2)
                #expect(seen.verdict.code == .loginStorm)
            }
            for probe in probes { probe.leave() }
            _ = try await server.observe(until: "they are gone") { $0.hiddenConnections.isEmpty }
        }
    }

    @Test("without pg_monitor what others do is unknown, never nothing, P8", arguments: TestServer.majors)
    func noMonitor(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql("CREATE ROLE app LOGIN; CREATE ROLE \"Plain\" LOGIN")
            try await server.withSessions(4, "web") { connections in
                try await connections[0].run { _ = try $0.execute("BEGIN") }
                let seen = try await server.observe(user: "Plain", until: "four sessions") { $0.sessions.count == 4 }
                #expect(!seen.server.seesAllSessions)
                #expect(seen.sessions.allSatisfy { !$0.isVisible && $0.state == nil && $0.query == nil })
                let verdict = seen.verdict
                #expect(verdict.code == .unknown && verdict.grade == .unknown)
                #expect(verdict.nextCommand == "GRANT pg_monitor TO \"Plain\"")
                #expect(verdict.budget.used == 4)
                #expect(verdict.applications.map(\.unknown) == [4])
                try await server.psql(try #require(verdict.nextCommand))
                let after = try await server.observe(user: "Plain")
                #expect(after.server.seesAllSessions && after.verdict.code == .healthy)
            }
        }
    }

    @Test("a role's limit and a database's are counted as the server counts them", arguments: TestServer.majors)
    func limits(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql(
                """
                CREATE ROLE app LOGIN CONNECTION LIMIT 3; CREATE ROLE boss SUPERUSER LOGIN CONNECTION LIMIT 1;
                CREATE DATABASE small CONNECTION LIMIT 7
                """)
            try await server.withSessions(3, "web") { _ in
                let seen = try await server.observe(until: "three sessions") { $0.sessions.count == 3 }
                #expect(seen.roles == [RoleLimit(name: "app", connectionLimit: 3)])
                #expect(seen.databases.first { $0.name == "small" }?.connectionLimit == 7)
                #expect(seen.verdict.code == .roleLimit)
                #expect(seen.verdict.nextCommand == "ALTER ROLE \"app\" CONNECTION LIMIT 6")
                try await server.psql(try #require(seen.verdict.nextCommand))
                try await server.withSessions(1, "web") { _ in }
            }
        }
    }
}
