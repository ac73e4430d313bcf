// The whole ladder on servers that are well: what it reports, and what it takes no offence at.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite struct CheckLadderTests {
    @Test("all rungs in order, each with a verdict, on every major", arguments: TestServer.majors)
    func everyRung(_ major: Int) async throws {
        try await TestServer.withDatabase(major: major) { database in
            let parameters = database.server.login(
                database: database.name, ["host": "localhost", "sslmode": "prefer"])
            let report = try await check(parameters)
            #expect(report.verdict == .ok, "\(report.summary)")
            let names: [CheckStep.Name] = [
                .configuration, .dns, .tcp, .tls, .authentication, .database, .privileges, .latency, .server,
                .connections, .extensions,
            ]
            #expect(report.steps.map(\.name) == names)
            #expect(report.server?.version.hasPrefix("\(major).") == true)
            #expect(report.server?.role == "primary")
            #expect(report.server?.encoding == "UTF8")
            #expect(report.server?.timeZone == "UTC")
            #expect(report.server?.extensions.map(\.name) == ["plpgsql"])
            #expect(report.latency?.samples == 10)
        }
    }

    @Test("a role's own time zone and a database in another encoding are seen through dbctl's own settings")
    func defaultsOfOthers() async throws {
        let role = TestServer.uniqueName("berlin")
        try await TestServer.withDatabase(options: "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'") { database in
            let report = try await check(database.server.login(database: database.name))
            #expect(report.verdict == .warning)
            #expect(report.summary.contains("LATIN1"))
        }
        let server = try await TestServer.shared()
        try await server.psql("CREATE ROLE \(role) LOGIN; ALTER ROLE \(role) SET timezone = 'Europe/Berlin'")
        let report = try await check(server.login(user: role))
        #expect(report.server?.timeZone == "Europe/Berlin")
        #expect(report.steps.first { $0.name == .server }?.verdict == .warning)
        try await server.psql("DROP ROLE \(role)")
    }

    @Test("a missing pg_monitor is a note with the GRANT, never a verdict, D4")
    func noMonitor() async throws {
        let server = try await TestServer.shared()
        let role = TestServer.uniqueName("plain")
        try await server.psql("CREATE ROLE \(role) LOGIN")
        let report = try await check(server.login(user: role))
        #expect(report.verdict == .ok, "\(report.summary)")
        #expect(report.notes.contains { $0.contains("GRANT pg_monitor TO \(role)") })
        try await server.psql("DROP ROLE \(role)")
    }

    @Test("the authentication method is named")
    func method() async throws {
        try await TestServer.withSandbox(authentication: .scram) { server in
            let report = try await check(server.login(["password": server.password ?? ""]))
            #expect(report.steps.first { $0.name == .authentication }?.text.contains("SCRAM-SHA-256") == true)
        }
    }

    @Test("a URL that libpq cannot read ends on the first rung as UNKNOWN")
    func unreadable() async throws {
        let report = try await check(ConnectionParameters(url: "postgresql://app@127.0.0.1:port/app"))
        #expect(report.verdict == .unknown)
        #expect(report.failure?.code == .connectParameters)
        #expect(report.steps.map(\.name) == [.configuration])
    }
}
