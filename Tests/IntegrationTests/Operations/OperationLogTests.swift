import DBKit
import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("OperationLog: what dbctl changed")
struct OperationLogTests {
    @Test("a run is recorded when it begins and completed when it ends; the newest comes first")
    func roundTrip() async throws {
        try await withSession { session in
            var now = Date(timeIntervalSince1970: 1_800_000_000)
            let log = OperationLog(clock: WallClock { [now] in now })
            #expect(try log.state(in: session) == .missing)
            #expect(try log.prepare(in: session) == nil)
            #expect(try log.prepare(in: session) == nil)
            #expect(try log.state(in: session) == .writable)
            let first = run("migrate up", ["--to", "it's \"5\""], at: now)
            try log.begin(first, in: session)
            let begun = try #require(try log.list(in: session).first)
            #expect(begun.outcome == .interrupted, "no session has its name")
            try session.execute(
                "SELECT pg_catalog.set_config('application_name', \("dbctl migrate up \(first.id)"), false)")
            #expect(try log.list(in: session).first?.outcome == .running)
            #expect(begun.finishedAt == nil)
            try log.finish(first, failure: nil, counts: ["rows": 7], in: session)
            now += 60
            let later = OperationLog(clock: WallClock { [now] in now })
            let second = run("index create", [], at: now)
            try later.begin(second, in: session)
            try later.finish(second, failure: Failure(.lockHeld, "busy; DROP TABLE x"), counts: [:], in: session)
            let runs = try later.list(in: session)
            #expect(runs.map(\.command) == ["index create", "migrate up"])
            #expect(runs.map(\.outcome) == [.failed, .succeeded])
            #expect(runs.last?.arguments == ["--to", "it's \"5\""])
            #expect(runs.last?.counts == ["rows": 7])
            #expect(runs.first?.errorCode == "lock.held")
            #expect(runs.first?.startedAt == now)
            let one = try later.list(prefix: String(second.id.description.prefix(20)).lowercased(), in: session)
            #expect(one.map(\.runID) == [second.id.description])
        }
    }

    @Test(
        "a role that may not create the schema is told what to type, and that is enough; nothing is tried that the server would refuse, and the command goes on"
    )
    func unprivileged() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE \"night-job\" LOGIN")
            try await server.psql("CREATE DATABASE \"Shop\"")
            let database = TestDatabase(name: "Shop", server: server)
            let session = try Session.connect(
                database.parameters.setting("user", "night-job"), settings: SessionSettings(applicationName: "plain"))
            let warning = try #require(try OperationLog().prepare(in: session))
            let hint = try #require(warning.hint)
            #expect(hint.hasPrefix("Run this once as postgres, in the database \"Shop\":\nCREATE SCHEMA"), "\(hint)")
            #expect(!session.isInTransaction)
            // As a log has it.
            let typed = try #require(warning.note.components(separatedBy: "\"Shop\": ").last)
            #expect(typed.hasSuffix("ON dbctl.operations TO \"night-job\";") && !typed.contains("\n"), "\(typed)")
            try await database.psql(typed)
            #expect(try OperationLog().state(in: session) == .writable)
            #expect(try OperationLog().prepare(in: session) == nil)
            let run = run("partition ensure", [], at: Date(timeIntervalSince1970: 1_800_000_000))
            try OperationLog().begin(run, in: session)
            try OperationLog().finish(run, failure: nil, counts: [:], in: session)
            try await database.psql("REVOKE INSERT ON dbctl.operations FROM \"night-job\"")
            #expect(try OperationLog().state(in: session) == .readOnly)
            try await database.psql("REVOKE SELECT ON dbctl.operations FROM \"night-job\"")
            #expect(try OperationLog().state(in: session) == .unreadable)
            try await database.psql("REVOKE USAGE ON SCHEMA dbctl FROM \"night-job\"")
            #expect(try OperationLog().state(in: session) == .unreadable)
            // Who may make tables there and owns nothing else makes the record.
            try await database.psql(
                "DROP TABLE dbctl.operations; GRANT USAGE, CREATE ON SCHEMA dbctl TO \"night-job\"")
            #expect(try OperationLog().prepare(in: session) == nil)
            #expect(try OperationLog().state(in: session) == .writable)
            session.close()
            let log = try server.log()
            #expect(!log.contains("ERROR"), "\(log)")
        }
    }

    @Test("who finds another command creating the record looks again, and never waits inside a lock")
    func noBlockedLock() async throws {
        try await TestServer.withDatabase { database in
            let key = JobLock.key(of: OperationLog.lockName)
            let other = try await open(database, name: "other")
            try await other.run { try $0.execute("SELECT pg_advisory_lock(\(key))") }
            let late = try await open(database, name: "late")
            let preparing = Task { try await late.run { try OperationLog().prepare(in: $0) } }
            try await eventually("it has looked and not found the lock free") {
                try await database.psql(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE application_name = 'late' AND datname = current_database() AND wait_event = 'PgSleep'
                    """) == "1"
            }
            let waiting = try await database.psql(
                """
                SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
                WHERE datname = current_database() AND NOT granted
                """)
            #expect(waiting == "0")
            await other.close()
            let warning = try await preparing.value
            #expect(warning == nil)
            await late.close()
        }
    }

    @Test("eight commands that create the record at once do not disturb each other")
    func concurrentCreation() async throws {
        try await TestServer.withDatabase { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let connection = try await open(database, name: "log")
                        let warning = try await connection.run { try OperationLog().prepare(in: $0) }
                        #expect(warning == nil)
                        await connection.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.psql("SELECT to_regclass('dbctl.operations') IS NOT NULL") == "t")
        }
    }

    private func run(_ command: String, _ arguments: [String], at date: Date) -> OperationLog.Run {
        OperationLog.Run(
            id: .make(at: WallClock { date }),
            command: command,
            arguments: arguments,
            operatingSystemUser: "operator",
            host: "db1",
            version: "1"
        )
    }

    private func open(_ database: TestDatabase, name: String) async throws -> Connection {
        try await Connection.open(
            ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: name))
    }
}
