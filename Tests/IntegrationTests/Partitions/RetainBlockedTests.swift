import DBKit
import Foundation
import TestSupport
import Testing

@Suite("partition retain stops nobody, and ends where it would have to wait for ever (T8)")
struct RetainBlockedTests {
    private static let drop = PartitionDeclaration.Expiry.drop

    /// What an application does, with so short a patience that it would fail behind a queue.
    private func use(_ fixture: PartitionFixture) async throws {
        try await fixture.database.psql(
            """
            SET lock_timeout = '1s';
            SELECT count(*) FROM attempts;
            INSERT INTO attempts (attempted_at, user_id) VALUES ('2026-01-20', 2);
            UPDATE users SET id = id WHERE id = 2;
            """)
    }

    private func pending(_ fixture: PartitionFixture) async throws -> String {
        try await fixture.database.psql("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")
    }

    /// The session that detaches waits for somebody.
    private func isWaiting(_ fixture: PartitionFixture, _ event: String) async throws -> Bool {
        try await fixture.database.psql(
            """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = '\(event)'
                AND query LIKE 'ALTER TABLE%DETACH PARTITION%'
            """) == "1"
    }

    @Test(
        "behind an open transaction DETACH CONCURRENTLY waits while all others read and write; it is bounded, and the next run finishes it",
        arguments: TestServer.majors)
    func reader(_ major: Int) async throws {
        try await PartitionFixture.with(PartitionFixture.year, major: major) { fixture in
            let expiry = try fixture.expiry(Self.drop)
            try await fixture.holding("SELECT count(*) FROM attempts") {
                async let running = fixture.retain(expiry, maximumWait: .seconds(3))
                try await eventually("it waits for the reader") { try await isWaiting(fixture, "virtualxid") }
                for _ in 0..<3 { try await use(fixture) }
                let report = try await running
                let failure = try #require(report.failure)
                #expect(failure.code == .partitionDetachPending && failure.category == .partial, "\(failure)")
                #expect("\(failure)".contains("forgotten") && "\(failure)".contains("FINALIZE"), "\(failure)")
                #expect(try await pending(fixture) == "1")
                try await use(fixture)
                // Still held: it says so again, and does not begin with another one.
                let again = try await fixture.retain(try fixture.expiry(Self.drop, keep: "2 months"))
                #expect(again.failure?.code == .partitionDetachPending)
                try await use(fixture)
            }
            let planned = try await fixture.retention([expiry]).plan()
            let finished = try await fixture.retain(expiry)
            #expect(finished.failure == nil && finished.partitions.map(\.state) == [.dropped])
            #expect(planned.sets.map(\.expired) == [1] && finished.sets.map(\.expired) == [1], "\(finished)")
            #expect(try await pending(fixture) == "0")
            #expect(try await fixture.months() == "01 02 09 10 11 12 | ")
        }
    }

    @Test("an interrupted DETACH of somebody else is finished also when nothing is past keeping, and the table stays")
    func alien() async throws {
        try await PartitionFixture.with(PartitionFixture.year) { fixture in
            try await fixture.holding("SELECT count(*) FROM attempts") {
                _ = try? await fixture.database.psql(
                    "SET lock_timeout = '50ms'; ALTER TABLE attempts DETACH PARTITION attempts_p2025_12 CONCURRENTLY")
            }
            #expect(try await pending(fixture) == "1")
            let plan = try await fixture.retention([try fixture.expiry(Self.drop, keep: "2 years")]).plan()
            #expect(
                plan.partitions.map(\.statements) == [
                    ["ALTER TABLE \"public\".\"attempts\" DETACH PARTITION \"public\".\"attempts_p2025_12\" FINALIZE"]
                ])
            let report = try await fixture.retain(try fixture.expiry(Self.drop, keep: "2 years"))
            #expect(report.failure == nil && report.partitions.map(\.state) == [.finalized])
            #expect(try await pending(fixture) == "0")
            #expect(try await fixture.months() == "01 02 08 09 10 11 | 12")
        }
    }

    @Test(
        "a writer of a table that the partition refers to: nobody queues behind the DETACH, which ends it and comes again",
        arguments: TestServer.majors)
    func referencedWriter(_ major: Int) async throws {
        try await PartitionFixture.with(PartitionFixture.year, major: major) { fixture in
            try await fixture.holding("UPDATE users SET id = id WHERE id = 1") {
                async let running = fixture.retain(try fixture.expiry(Self.drop))
                try await eventually("it has given way") { try await pending(fixture) == "1" }
                for _ in 0..<5 { try await use(fixture) }
                let report = try await running
                #expect(report.failure?.code == .partitionDetachPending, "\(String(describing: report.failure))")
                try await use(fixture)
            }
            let finished = try await fixture.retain(try fixture.expiry(Self.drop))
            #expect(finished.failure == nil && finished.partitions.map(\.state) == [.dropped])
        }
    }

    @Test("with a default partition the lock of the whole table is tried in vain: 75, and nothing is changed")
    func fallback() async throws {
        let schema = PartitionFixture.year + "CREATE TABLE rest PARTITION OF attempts DEFAULT;"
        try await PartitionFixture.with(schema) { fixture in
            try await fixture.holding("SELECT count(*) FROM attempts") {
                async let running = fixture.retain(try fixture.expiry(Self.drop))
                for _ in 0..<3 { try await use(fixture) }
                let report = try await running
                let failure = try #require(report.failure)
                #expect(failure.code == .partitionLocked && failure.category == .busy)
                #expect("\(failure)".contains("forgotten"), "\(failure)")
                let hurried = try await fixture.retain(
                    try fixture.expiry(Self.drop), maximumWait: .milliseconds(200))
                #expect(hurried.failure?.message.contains("for as long as --max-wait allows") == true, "\(hurried)")
            }
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
        }
    }

    @Test("a reader of the detached table keeps it from being dropped: 81, and the next run drops it")
    func detachedReader() async throws {
        try await PartitionFixture.with(PartitionFixture.year) { fixture in
            try await fixture.retain(try fixture.expiry(.archive), archiving: Refusing())
            try await fixture.holding("SELECT count(*) FROM attempts_p2025_08") {
                let report = try await fixture.retain(try fixture.expiry(Self.drop))
                let failure = try #require(report.failure)
                #expect(failure.code == .partitionDetached && failure.category == .partial)
                #expect(failure.message.contains("detached and not dropped"), "\(failure)")
            }
            #expect(try await fixture.months() == "01 02 09 10 11 12 | 08")
            #expect(try await fixture.retain(try fixture.expiry(Self.drop)).partitions.map(\.state) == [.dropped])
        }
    }

    @Test("a DETACH that somebody is at is not interrupted: 75 names him, and his comes to its end")
    func live() async throws {
        try await PartitionFixture.with(PartitionFixture.year) { fixture in
            let detaching = Guarded<Task<String, any Error>?>(nil)
            try await fixture.holding("SELECT count(*) FROM attempts") {
                let task = Task {
                    try await fixture.database.psql(
                        "ALTER TABLE attempts DETACH PARTITION attempts_p2025_12 CONCURRENTLY")
                }
                detaching.withLock { $0 = task }
                try await eventually("it is half detached") { try await pending(fixture) == "1" }
                let retention = fixture.retention([try fixture.expiry(Self.drop)])
                for report in [try await retention.plan(), try await retention.run()] {
                    let failure = try #require(report.failure)
                    #expect(failure.code == .partitionLocked && failure.category == .busy, "\(failure)")
                    #expect(failure.message.contains("attempts_p2025_12 is being detached"), "\(failure)")
                }
                #expect(try await pending(fixture) == "1")
            }
            _ = try await detaching.withLock { $0 }?.value
            #expect(try await fixture.retain(try fixture.expiry(Self.drop)).partitions.map(\.state) == [.dropped])
            #expect(try await fixture.months() == "01 02 09 10 11 | 12")
        }
    }

    @Test(
        "connections lost in the middle of a DETACH: what became of it is looked at anew, and where nobody can look, that is said",
        arguments: [true, false])
    func lost(_ answers: Bool) async throws {
        try await PartitionFixture.with(PartitionFixture.year) { fixture in
            let name = fixture.database.name
            let server = fixture.database.server
            try await fixture.holding("SELECT count(*) FROM attempts") {
                async let running = fixture.retain(try fixture.expiry(Self.drop))
                try await eventually("it waits for the reader") { try await isWaiting(fixture, "virtualxid") }
                if !answers { try await server.psql("ALTER DATABASE \(name) ALLOW_CONNECTIONS false") }
                try await server.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND application_name LIKE 'dbctl partition%'"
                )
                let report = try await running
                if !answers { try await server.psql("ALTER DATABASE \(name) ALLOW_CONNECTIONS true") }
                let failure = try #require(report.failure)
                #expect(failure.code == .partitionDetachPending && failure.category == .partial, "\(failure)")
                #expect(failure.message.contains(answers ? "is half detached" : "is not known"), "\(failure)")
                #expect(!"\(failure)".contains("Nothing was changed"), "\(failure)")
            }
            #expect(try await fixture.retain(try fixture.expiry(Self.drop)).partitions.map(\.state) == [.dropped])
            #expect(try await fixture.months() == "01 02 09 10 11 12 | ")
        }
    }
}
