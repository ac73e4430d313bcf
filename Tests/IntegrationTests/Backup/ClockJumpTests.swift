import DBKit
import Foundation
import TestSupport
import Testing

/// Backups on a machine whose clock is set: the order of sets is told by their names, and names by the clock.
@Suite struct ClockJumpTests {
    private static let today = Date(timeIntervalSince1970: 1_769_824_800)
    private static let nextYear = today + 365 * 86_400

    private func with(_ body: (BackupFixture, TestDatabase) async throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 10) AS g")
            try await BackupFixture.with { try await body($0, database) }
        }
    }

    private func create(
        _ backup: BackupFixture, _ database: TestDatabase, at time: Date, keep last: Int? = nil
    ) async throws -> MadeSet {
        try await backup.create(database.url) { request in
            request.clock = WallClock { time }
            request.run = .make(at: request.clock)
            if let last { request.retention = RetentionPolicy(last: last) }
        }
    }

    private func prune(_ backup: BackupFixture, at time: Date, keep last: Int) async throws -> PruneReport {
        var request = PruneRequest(
            repository: backup.repository, policy: RetentionPolicy(last: last), run: .make(),
            applicationName: "dbctl backup prune test")
        request.clock = WallClock { time }
        return try await Pruning(request).run()
    }

    @Test(
        "a clock that was a year ahead for one night: its set is kept and not counted, the others are the backup, B16")
    func setBack() async throws {
        try await with { backup, database in
            let before = try await create(backup, database, at: Self.today - 86_400)
            let ahead = try await create(backup, database, at: Self.nextYear)
            let after = try await create(backup, database, at: Self.today)
            for set in [before, ahead, after] { #expect(try await set.verify().ok) }
            #expect(try backup.names() == [ahead, after, before].map(\.report.set))
            // What list notes for later does not come from the wrong clock either.
            let report = try await prune(backup, at: Self.today + 60, keep: 1)
            #expect(report.sets.map(\.action) == [.keep, .keep, .delete])
            #expect(report.sets[0].why.contains("future"))
            #expect(try backup.names() == [ahead, after].map(\.report.set))
            let found = try SetCatalog.latest(in: backup.repository, database: database.name, now: Self.today + 60)
            #expect(found.set.path.name.text == after.report.set)
            #expect(found.passedOver.map(\.name.text) == [ahead.report.set])
            // Once the time has come, it is a set like any other, and an old one for whoever asks for its age.
            let later = try await prune(backup, at: Self.nextYear + 60, keep: 1)
            #expect(later.sets.map(\.action) == [.keep, .delete])
        }
    }

    @Test("--prune under a clock that is set back keeps the set that it has just made")
    func pruneAfterwards() async throws {
        try await with { backup, database in
            let ahead = try await create(backup, database, at: Self.nextYear)
            let older = try await create(backup, database, at: Self.today - 60)
            let made = try await create(backup, database, at: Self.today, keep: 1)
            #expect(try backup.names() == [ahead, made].map(\.report.set), "\(older.report.set) is superseded")
        }
    }

    @Test("two sets of the same second are two, in the order in which they were made")
    func sameSecond() async throws {
        try await with { backup, database in
            let first = try await create(backup, database, at: Self.today + 0.1)
            let second = try await create(backup, database, at: Self.today + 0.9)
            #expect(first.report.set.prefix(16) == second.report.set.prefix(16))
            #expect(try backup.names() == [second, first].map(\.report.set))
            #expect(try await prune(backup, at: Self.today + 60, keep: 1).deleted == 1)
            #expect(try backup.names() == [second.report.set])
        }
    }

    @Test("a lock whose holder's clock was ahead does not say a negative age, and the waiting ends by another clock")
    func lockedInTheFuture() async throws {
        try await with { backup, database in
            let lock = try backup.repository.lock(
                database.name, note: "dbctl backup create", now: Int64(Self.nextYear.timeIntervalSince1970))
            let failure = await #expect(throws: Failure.self) {
                try await create(backup, database, at: Self.today)
            }
            lock.release()
            #expect(failure?.code == .repositoryLocked && failure?.message.contains(", for 0 s") == true)
            _ = try await create(backup, database, at: Self.today)
        }
    }
}
