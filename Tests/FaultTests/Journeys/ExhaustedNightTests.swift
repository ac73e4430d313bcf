import DBKit
import Foundation
import TestSupport
import Testing

/// A night on which an application holds all connections, from the alarm to the morning after, with the commands of
/// `runbooks/connection-exhaustion.md` and no others.
@Suite struct ExhaustedNightTests {
    private typealias Book = ConnectionExhaustionRunbookTests

    private static let onCall = "oncall"

    @Test("the alarm, the cause, whom it would end, the end of it, and the record of who did what")
    func night() async throws {
        try await Book.with { server in
            try await server.psql(
                """
                CREATE ROLE \(Self.onCall) LOGIN REPLICATION;
                GRANT pg_monitor, pg_signal_backend TO \(Self.onCall);
                \(OperationLog.creationSQL);
                GRANT USAGE ON SCHEMA dbctl TO \(Self.onCall);
                GRANT SELECT, INSERT, UPDATE ON dbctl.operations TO \(Self.onCall);
                """)
            #expect(try await Self.check(server).exitCode == 0)
            // Ten slots for ordinary clients: six transactions that nobody ends, one of them with the lock that four wait for.
            try await server.withSessions(6, "web") { web in
                for connection in web { try await connection.run { _ = try $0.execute("BEGIN") } }
                try await web[0].run { _ = try $0.execute("LOCK TABLE public.orders") }
                try await server.withWaiters(Array(repeating: "SELECT count(*) FROM public.orders", count: 4)) {
                    try await eventually("they have been waiting for a while") {
                        try await server.psql(
                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND waitstart < now() - interval '0.6 s'")
                            == "4"
                    }
                    try await Self.free(server)
                }
            }
            try await Self.remember(server)
        }
    }

    private static func check(_ server: Sandbox) async throws -> DbctlOutcome {
        try await Dbctl.run([
            "pool", "check", "--format", "json", "--database-url",
            "postgresql://\(onCall)@127.0.0.1:\(server.port)/postgres",
        ])
    }

    private static func free(_ server: Sandbox) async throws {
        let alarm = try await check(server)
        #expect(try alarm.exitCode == 2 && alarm.error()["code"] as? String == "slots.ordinary", "\(alarm)")
        #expect(try alarm.data()["verdict"] as? String == "CRITICAL", "\(alarm)")
        let verdict = try await Book.run("Symptom and verdict", on: server, user: onCall)
        #expect(verdict.stdout.hasPrefix("CRITICAL: Lock pile-up"), "\(verdict.stdout)")
        #expect(verdict.stdout.contains("Next: dbctl pool kill --root-blocker"), "\(verdict.stdout)")
        #expect(verdict.stdout.contains("way in: walsender"), "\(verdict.stdout)")

        let root = try await Book.run("Everybody waits for one", on: server, user: onCall)
        #expect(root.stdout.contains("DRY RUN: 1 session") && root.stdout.contains("Ended 1 of 1"), "\(root.stdout)")
        #expect(try await server.psql("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0")
        // Nobody waits any more, and there is hardly room: the alarm goes on.
        let still = try await check(server)
        #expect(still.exitCode == 2, "\(still)")
        let second = try await Book.run("Symptom and verdict", on: server, user: onCall)
        #expect(second.stdout.hasPrefix("CRITICAL: Idle in transaction: 5 sessions"), "\(second.stdout)")

        let idle = try await Book.run("Idle in transaction", on: server, user: onCall, replaced: [("5m", "0s")])
        #expect(idle.stdout.contains("DRY RUN: 5 sessions") && idle.stdout.contains("Ended 5 of 5"), "\(idle.stdout)")
        let over = try await Book.run("How to know that it is over", on: server, user: onCall)
        #expect(over.stdout.hasPrefix("OK: "), "\(over.stdout)")
    }

    /// The morning after: what was done, by whom, in which order.
    private static func remember(_ server: Sandbox) async throws {
        let history = try await Dbctl.run([
            "history", "--format", "json", "--database-url",
            "postgresql://\(onCall)@127.0.0.1:\(server.port)/postgres",
        ])
        let runs = try #require(try history.data()["runs"] as? [[String: Any]], "\(history)")
        #expect(runs.map { $0["command"] as? String } == ["pool kill", "pool kill"], "\(history)")
        #expect(runs.allSatisfy { $0["db_user"] as? String == onCall && $0["outcome"] as? String == "succeeded" })
        let arguments = runs.map { ($0["arguments"] as? [String] ?? []).joined(separator: " ") }
        #expect(arguments[0].hasPrefix("--idle-in-transaction 0s") && arguments[1].hasPrefix("--root-blocker"))
        let killed = runs.map { ($0["counts"] as? [String: Any])?["killed"] as? Int }
        #expect(killed == [5, 1], "\(history)")
    }
}
