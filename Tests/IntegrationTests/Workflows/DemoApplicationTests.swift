import DBKit
import TestSupport
import Testing

@testable import Workflows

/// The part of the demo that exhausts a server, by itself.
@Suite struct DemoApplicationTests {
    private static func with(_ body: (Sandbox, DemoApplication) async throws -> Void) async throws {
        try await TestServer.withSandbox(settings: ["max_connections": "24"]) { server in
            try await server.psql(
                """
                CREATE TABLE users (id int PRIMARY KEY, name text);
                INSERT INTO users VALUES (1, 'a'), (2, 'b');
                \(OperationLog.creationSQL)
                """)
            let application = DemoApplication(server: server.login())
            try await application.prepare(SessionSettings(applicationName: "demo"))
            try await body(server, application)
        }
    }

    private static func sessions(_ server: Sandbox) async throws -> Int? {
        Int(try await server.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'web'"))
    }

    @Test("it takes what is left, whoever is on call gets in and frees it, and the record says so")
    func freed() async throws {
        try await Self.with { server, application in
            let taken = try await application.takeAll()
            let triage = DemoTriage(
                server: server.login(user: DemoApplication.onCall),
                run: OperationLog.Run(
                    id: .make(), command: "demo", arguments: [], operatingSystemUser: "me", host: "here",
                    version: "test"),
                applicationName: "dbctl demo")
            let full = try await triage.check()
            #expect(full.verdict == .critical && full.route == .walsender)
            let doctor = try await triage.examine()
            #expect(doctor.nextCommand == DemoTriage.rootBlocker)
            let root = try await triage.end(.rootBlocker)
            #expect(root.killed == 1 && root.before.waitingForLocks > 5 && root.warnings == [])
            let idle = try await triage.endIdle(as: try await triage.examine())
            #expect(idle.killed > 5)
            #expect(try await triage.check().verdict == .ok)
            await taken.leave()
            let recorded = try await server.psql("SELECT count(*) FROM dbctl.operations WHERE command = 'pool kill'")
            #expect(recorded == "2")
        }
    }

    @Test("whoever is stopped while it takes connections leaves none behind")
    func cancelled() async throws {
        try await Self.with { server, application in
            let taking = Task { try await application.takeAll() }
            try await eventually("some are taken") { try await Self.sessions(server) ?? 0 > 3 }
            taking.cancel()
            // On a busy machine it may have been done before.
            if let taken = try? await taking.value { await taken.leave() }
            try await eventually("they are gone") { try await Self.sessions(server) == 0 }
        }
    }
}
