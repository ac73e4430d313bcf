// Trouble of the other kinds, made for real: load, logins, limits, vanished hosts, standbys, and nothing at all.

import Foundation
import TestSupport
import Testing

@testable import DBKit
@testable import Triage

@Suite struct ScarcityTests {
    @Test("a quiet server is healthy", arguments: TestServer.majors)
    func healthy(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await server.withSessions(2, "web") { _ in
                let verdict = try await server.observe().verdict
                #expect(verdict.code == .healthy && verdict.grade == .ok && verdict.nextCommand == nil)
                #expect(
                    verdict.text.contains("95 ordinary slots are free") && verdict.findings.isEmpty, "\(verdict.text)")
            }
        }
    }

    @Test("somebody without any login hears at the door whether all slots are gone", arguments: TestServer.majors)
    func doorKnock(_ major: Int) async throws {
        let settings = ["max_connections": "6", "superuser_reserved_connections": "2", "max_wal_senders": "2"]
        try await TestServer.withSandbox(major: major, settings: settings) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            func heard() async -> String? {
                await DoorKnock(server.login(user: "nobody"), timeout: .seconds(5)).answer()?.code.name
            }
            try await eventually("all are free") { try await server.observe().sessions.isEmpty }
            try await server.withSessions(4, "web") { _ in
                #expect(await heard() != "slots.all", "the superusers' are left")
                try await server.withSessions(2, "admin", user: "postgres") { _ in
                    #expect(await heard() == "slots.all")
                }
            }
            try await server.stopServer()
            #expect(await heard() == "connect.refused")
        }
    }

    @Test("more statements at work than the machine has cores is an overload")
    func overload() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE app LOGIN")
            let burning = "SELECT count(*) FROM generate_series(1, 1000000000) AS g (n) WHERE n % 7 = 8"
            try await server.withWaiters(Array(repeating: burning, count: 9)) {
                var seen = try await server.observe(until: "all nine work") { look in
                    look.sessions.count { $0.state == .active && $0.kind == .client } == 9
                }
                seen.server.cores = 2
                #expect(seen.verdict.code == .overload, "\(seen.verdict.text)")
                #expect(seen.verdict.text.contains("9 sessions work at the same time on 2 cores"))
            }
        }
    }

    @Test("clients that come and go, seen between two looks, are a login storm", arguments: TestServer.majors)
    func loginStorm(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql("CREATE ROLE app LOGIN")
            let before = try await server.observe()
            for _ in 0..<60 { await (try server.open("worker")).close() }
            // The server counts a session at its end, a moment later.
            let after = try await server.observe(until: "they are counted") { look in
                let came = look.databases.compactMap(\.sessions).reduce(0, +)
                return came - before.databases.compactMap(\.sessions).reduce(0, +) >= 60
            }
            // As many a second as a fast machine would have brought.
            var earlier = before
            earlier.time = after.time - 1
            let verdict = Triage.verdict(of: after, after: earlier)
            #expect(verdict.code == .loginStorm, "\(verdict.text)")
            #expect(Triage.verdict(of: after).code == .healthy, "one look alone does not show it")
        }
    }

    @Test("connections that never log in are half-open clients, not a storm, once two looks have seen the same ones")
    func silentAtTheDoor() async throws {
        let hba = ["host all slow 127.0.0.1/32 scram-sha-256"]
        try await TestServer.withSandbox(settings: ["max_connections": "20"], hba: hba) { server in
            try await server.psql("CREATE ROLE slow LOGIN PASSWORD 'x'")
            let address = try #require(
                try ServerAddress.resolve(host: "127.0.0.1", port: server.port, timeout: .seconds(5)).first)
            let probes = try (0..<15).map { _ in try ServerProbe(address, timeout: .seconds(30)) }
            // Each is asked for its password, and says nothing.
            for probe in probes { _ = try probe.requestLogin([("user", "slow"), ("database", "postgres")]) }
            _ = try await server.observe(until: "15 hidden") { $0.hiddenConnections.count == 15 }
            // As the doctor looks: twice through one session, so that its own logins are none.
            let looks = try await server.open("doctor", user: "postgres").closing { doctor in
                try await doctor.run { _ = try $0.rows("SELECT pg_sleep(1.5)") }
                return try await doctor.run { session in
                    let before = try Observer(timeout: .seconds(30)).observe(in: session)
                    _ = try session.rows("SELECT pg_sleep(0.5)")
                    return (before: before, after: try Observer(timeout: .seconds(30)).observe(in: session))
                }
            }
            let (before, after) = (looks.before, looks.after)
            let verdict = Triage.verdict(of: after, after: before)
            #expect(verdict.code == .halfOpen && verdict.grade == .critical, "\(verdict.text)")
            #expect(verdict.nextCommand?.contains("authentication_timeout") == true)
            #expect(Triage.verdict(of: after).code == .loginStorm, "one look alone cannot tell")
            for probe in probes { probe.leave() }
        }
    }

    @Test("the limit of a role, and of a database, is reached while the server has room", arguments: TestServer.majors)
    func limits(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { server in
            try await server.psql("CREATE ROLE app LOGIN CONNECTION LIMIT 3")
            try await server.withSessions(3, "web") { _ in
                let role = try await server.observe().verdict
                #expect(role.code == .roleLimit, "\(role.text)")
                #expect(role.nextCommand?.hasPrefix("ALTER ROLE \"app\" CONNECTION LIMIT ") == true)
                try await server.psql(try #require(role.nextCommand))
                try await server.psql("ALTER DATABASE postgres CONNECTION LIMIT 3")
                let database = try await server.observe().verdict
                #expect(database.code == .databaseLimit, "\(database.text)")
                try await server.psql(try #require(database.nextCommand))
                #expect(try await server.observe().verdict.code == .healthy)
            }
        }
    }

    @Test("a query on a standby holds back clean-up by its feedback, and its walsender is told as a standby")
    func standbyFeedback() async throws {
        let settings = ["hot_standby_feedback": "on", "wal_receiver_status_interval": "1"]
        try await TestServer.withPair(standby: settings) { primary, standby in
            try await standby.withWaiters(["SELECT pg_sleep(600)"], "report", user: "postgres") {
                try await eventually("the report runs") {
                    try await standby.psql(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'report' AND state = 'active'")
                        == "1"
                }
                var seen = try await primary.observe(until: "its snapshot grows old on the primary") { look in
                    try await primary.psql("SELECT pg_current_xact_id()")
                    return look.standbys.contains { ($0.xminAge ?? 0) >= 3 }
                }
                #expect(seen.verdict.code == .healthy, "\(seen.verdict.text)")
                #expect(seen.verdict.xminHolders.map(\.source) == [.standby])
                // The same two million transactions later.
                seen.standbys[0].xminAge = 2_000_000
                #expect(seen.verdict.code == .standbyFeedback, "\(seen.verdict.text)")
                #expect(seen.verdict.nextCommand?.hasPrefix("ALTER SYSTEM SET hot_standby_feedback = off") == true)
            }
        }
    }

    @Test("sessions of a host that has vanished stay idle for ever, while the application lives elsewhere")
    func halfOpen() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await server.withSessions(4, "web") { _ in
                var seen = try await server.observe()
                // Two hours later; loopback cannot lose a host, so two other addresses stand for it.
                seen = seen.later(7200)
                for index in seen.sessions.indices {
                    seen.sessions[index].clientAddress = index < 3 ? "10.0.0.7" : "10.0.0.8"
                    if index == 3 { seen.sessions[index].stateChange = seen.time - 1 }
                }
                let verdict = seen.verdict
                #expect(verdict.code == .halfOpen, "\(verdict.text)")
                #expect(verdict.text.contains("all 3 sessions of “web” from 10.0.0.7"))
            }
        }
    }
}
