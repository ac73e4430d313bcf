import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl pool check`, as a monitoring system runs it.
@Suite("pool check") struct PoolCheckCommandTests {
    @Test("17 of 20, 3 reserved: CRITICAL, 0 ordinary slots free, P1", arguments: TestServer.majors)
    func exhausted(_ major: Int) async throws {
        let settings = ["max_connections": "20", "superuser_reserved_connections": "3"]
        try await FullServer.with(major: major, settings: settings) { full in
            try await full.server.withSessions(17, "web") { _ in
                let line = try await full.run(["check"], as: "mon")
                #expect(line.exitCode == 2, "\(line)")
                #expect(
                    line.stdout.hasPrefix(
                        "CRITICAL: 17 of 20 connections used, 3 reserved: 0 ordinary slots free (way in: walsender) | "
                            + "used=17;14;16;0;17 free=0;;;0;17 active=0 idle=17 "), "\(line)")
                #expect(line.stdout.split(separator: "\n").count == 1)
                let seen = try await full.json(["check"], as: "mon")
                #expect(seen.envelope.text("schema") == "dbctl.pool.check/1" && seen.exitCode == 2)
                #expect(seen.envelope.text("error.code") == "slots.ordinary")
                #expect(seen.data.text("verdict") == "CRITICAL" && seen.data.number("budget.used") == 17)
                #expect(seen.data.number("budget.ordinary_free") == 0)
            }
        }
    }

    @Test("the thresholds: of the command line, of dbctl.yaml, and their own sense")
    func thresholds() async throws {
        try await FullServer.with { full in
            try await full.server.withSessions(5, "web") { _ in
                let well = try await full.run(["check"], as: "mon")
                #expect(well.exitCode == 0 && well.stdout.hasPrefix("OK: 5 of 12"), "\(well)")
                #expect(try await full.run(["check", "--quiet"], as: "mon").stdout.isEmpty)
                let warning = try await full.json(["check", "--warning", "50", "--critical", "60"], as: "mon")
                #expect(warning.exitCode == 1 && warning.envelope.text("error.code") == "pool.short", "\(warning)")
                #expect(try await full.run(["check", "--warning", "40", "--critical", "50"], as: "mon").exitCode == 2)
                let set = ["DBCTL_POOL_WARNING": "50"]
                let configured = try await Dbctl.run(["pool", "check", "--database-url", full.url("mon")], env: set)
                #expect(configured.exitCode == 1, "\(configured)")
                for wrong in [["--warning", "0"], ["--critical", "101"], ["--warning", "90", "--critical", "80"]] {
                    #expect(try await full.run(["check"] + wrong).exitCode == 64)
                }
                let crossed = try await full.run(["check", "--critical", "70"], as: "mon")
                #expect(crossed.exitCode == 3 && crossed.stderr.contains("lies above"), "\(crossed)")
            }
        }
    }

    @Test("a role that may not look says UNKNOWN and the GRANT, never zero, P8")
    func hidden() async throws {
        try await FullServer.with { full in
            try await full.server.withSessions(2, "web", user: "mon") { _ in
                let seen = try await full.run(["check"])
                #expect(seen.exitCode == 3 && seen.stdout.hasPrefix("UNKNOWN: "), "\(seen)")
                #expect(seen.stdout.contains("GRANT pg_monitor TO \"app\"") && seen.stdout.contains("idle=U"))
                #expect(seen.stdout.contains("2 of 12 connections used") && seen.stderr.contains("pool.hidden"))
                try await full.server.psql("GRANT pg_monitor TO app")
                let granted = try await full.run(["check"])
                #expect(granted.exitCode == 0 && granted.stdout.contains("idle=2"), "\(granted)")
            }
        }
    }

    @Test("the limits of roles and databases count, P1")
    func limits() async throws {
        try await FullServer.with { full in
            try await full.server.psql("ALTER ROLE app CONNECTION LIMIT 2")
            try await full.server.withSessions(2, "web") { _ in
                let role = try await full.json(["check"], as: "mon")
                #expect(role.exitCode == 2 && role.envelope.text("error.code") == "slots.role", "\(role)")
                #expect(role.data.text("summary")?.contains("role app has 2 of its 2") == true)
                try await full.server.psql(
                    "ALTER ROLE app CONNECTION LIMIT -1; ALTER DATABASE postgres CONNECTION LIMIT 2")
                let database = try await full.json(["check"], as: "mon")
                #expect(database.envelope.text("error.code") == "slots.database", "\(database)")
            }
        }
    }

    @Test("a server that cannot be reached is CRITICAL on standard output, too")
    func unreachable() async throws {
        let outcome = try await Dbctl.run(["pool", "check", "--database-url", "postgresql://app@127.0.0.1:1/app"])
        #expect(outcome.exitCode == 2 && outcome.stdout.hasPrefix("CRITICAL: "), "\(outcome)")
        #expect(outcome.stdout.contains("(connect.refused)"))
    }
}
