import Foundation
import Operations
import TestSupport
import Testing

@testable import Backup
@testable import Storage

/// `backup prune` against folders: what was decided is what happens, and half of it is never seen.
@Suite("Pruning") struct PruningTests {
    private static let now = Date(timeIntervalSince1970: 1_769_824_800)

    private func request(
        _ backup: BackupFixture, _ policy: RetentionPolicy, _ change: (inout PruneRequest) -> Void = { _ in }
    ) -> PruneRequest {
        var request = PruneRequest(
            repository: backup.repository, policy: policy, run: .make(), applicationName: "dbctl backup prune test")
        request.clock = WallClock { Self.now }
        change(&request)
        return request
    }

    private func summary(_ report: PruneReport) -> [String] {
        report.sets.map { "\($0.database) \($0.set) \($0.action) \($0.why)" }
    }

    @Test("the dry run says what the run then does, in twenty random repositories, B16", arguments: 1...20)
    func dryRunEqualsRun(seed: UInt64) async throws {
        try await BackupFixture.with { backup in
            var random = SeededGenerator(seed: seed)
            for database in ["app", "a/b"] {
                for _ in 0..<Int.random(in: 0...8, using: &random) {
                    let condition = PlantedCondition.allCases.randomElement(using: &random) ?? .verified
                    let offset = Double.random(in: -90...3, using: &random) * 86_400
                    try backup.plant(
                        database, at: Self.now + offset, condition, pinned: Int.random(in: 0..<8, using: &random) == 0)
                }
            }
            let policy = RetentionPropertyTests.policy(&random)
            guard !policy.keepsNothing, Folder.exists(backup.repository.location) else { return }
            let before = try Self.files(backup)
            let preview = try await Pruning(request(backup, policy)).preview()
            #expect(try Self.files(backup) == before, "a dry run writes nothing")
            let report = try await Pruning(request(backup, policy)).run()
            #expect(report.failure == nil)
            #expect(summary(preview) == summary(report))
            #expect(Set(try backup.names()) == Set(report.sets.filter { $0.action == .keep }.map(\.set)))
            let again = try await Pruning(request(backup, policy)).run()
            #expect(again.deleted == 0)
        }
    }

    /// Every path below the repository with its modification time.
    private static func files(_ backup: BackupFixture) throws -> [String: Date] {
        let root = backup.repository.location
        var found: [String: Date] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
            found[path] =
                try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")[.modificationDate] as? Date
        }
        return found
    }

    @Test("sets that nobody verified are verified, the result is noted, and a damaged one counts for nothing")
    func verifies() async throws {
        try await BackupFixture.with { backup in
            let good = try backup.plant(at: Self.now - 3000, .unverified)
            let damaged = try backup.plant(at: Self.now - 2000, .damaged)
            let wrongly = try backup.plant(at: Self.now - 4000, .verified)
            try SetState.update(wrongly, in: backup.repository) { $0.verified?.ok = false }
            let report = try await Pruning(request(backup, .init(last: 2))).run()
            #expect(report.deleted == 0, "\(report)")
            #expect(try SetState.read(good, in: backup.repository).verified?.ok == true)
            #expect(try SetState.read(damaged, in: backup.repository).verified?.ok == false)
            #expect(
                try SetState.read(wrongly, in: backup.repository).verified?.ok == true, "a failure is looked at again")

            try backup.plant(at: Self.now - 1000)
            let next = try await Pruning(request(backup, .init(last: 1))).run()
            #expect(
                Set(next.sets.filter { $0.action == .delete }.map(\.set))
                    == [good, damaged, wrongly].map(\.name.text).asSet)
        }
    }

    @Test("a set that was verified and lost its manifest since does not count as good")
    func lostManifest() async throws {
        try await BackupFixture.with { backup in
            let good = try backup.plant(at: Self.now - 3000)
            let hollow = try backup.plant(at: Self.now - 2000)
            try Folder.removeFile(backup.repository.url(hollow.file(ManifestFile.name)))
            let report = try await Pruning(request(backup, .init(last: 1))).run()
            #expect(Set(try backup.names()) == [good, hollow].map(\.name.text).asSet, "\(report)")
        }
    }

    @Test("each database is judged for itself, and --database leaves the others alone")
    func databases() async throws {
        try await BackupFixture.with { backup in
            for database in ["app", "other"] {
                for hours in 0..<3 { try backup.plant(database, at: Self.now - Double(hours) * 3600) }
            }
            _ = try await Pruning(request(backup, .init(last: 1)) { $0.database = "app" }).run()
            #expect(try backup.names(of: "app").count == 1 && backup.names(of: "other").count == 3)
            _ = try await Pruning(request(backup, .init(last: 2))).run()
            #expect(try backup.names(of: "app").count == 1 && backup.names(of: "other").count == 2)
            let unknown = await #expect(throws: Failure.self) {
                try await Pruning(request(backup, .init(last: 1)) { $0.database = "typo" }).run()
            }
            #expect(unknown?.code == .backupSetNotFound)
        }
    }

    @Test("a database whose lock is held is left alone with the holder named; the others are pruned")
    func locked() async throws {
        try await BackupFixture.with { backup in
            for database in ["app", "other"] {
                for hours in 0..<3 { try backup.plant(database, at: Self.now - Double(hours) * 3600) }
            }
            let lock = try backup.repository.lock("app", note: "dbctl backup create", now: 0)
            let report = try await Pruning(request(backup, .init(last: 1))).run()
            lock.release()
            #expect(report.failure?.code == .repositoryLocked && report.failure?.message.contains("pid ") == true)
            #expect(report.failed.map(\.database) == ["app"])
            #expect(try backup.names(of: "app").count == 3 && backup.names(of: "other").count == 1)
        }
    }

    @Test("a policy that keeps nothing is refused, with --allow-last only if nobody gave one, B16")
    func emptyPolicy() async throws {
        try await BackupFixture.with { backup in
            for hours in 0..<3 { try backup.plant(at: Self.now - Double(hours) * 3600) }
            for (policy, allowsLast) in [
                (RetentionPolicy(), false), (.init(), true), (.init(last: 0, daily: 0), false),
            ] {
                let failure = await #expect(throws: Failure.self) {
                    try await Pruning(request(backup, policy) { $0.allowsLast = allowsLast }).run()
                }
                #expect(failure?.code == .backupPolicyEmpty)
            }
            #expect(try backup.names().count == 3)
            _ = try await Pruning(request(backup, .init(last: 0)) { $0.allowsLast = true }).run()
            #expect(try backup.names().isEmpty)
        }
    }

    @Test("only what was consented to goes, also when there is more to delete by then")
    func consent() async throws {
        try await BackupFixture.with { backup in
            let sets = try (0..<3).map { try backup.plant(at: Self.now - Double($0) * 3600) }
            let only: Set = [backup.repository.url(sets[2].folder)]
            let report = try await Pruning(request(backup, .init(last: 1))).run(only: only)
            #expect(report.deleted == 1)
            #expect(try backup.names() == [sets[0], sets[1]].map(\.name.text))
        }
    }

    @Test("a set pinned at the last moment stays, and one that was deleted leaves no note")
    func lastMoment() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.now, pinned: true)
            #expect(try backup.repository.remove(set.folder) { () throws(Failure) in true } == false)
            #expect(try backup.names() == [set.name.text])
            #expect(try backup.repository.remove(set.folder) { () throws(Failure) in false })
            #expect(try Folder.items(backup.repository.url(set.databaseFolder)).map(\.name) == [".notes.lock"])
        }
    }

    @Test(
        "what a killed deletion left is never listed, and the next run removes it with its note",
        arguments: [true, false])
    func killed(noteIsLeft: Bool) async throws {
        try await BackupFixture.with { backup in
            let kept = try backup.plant(at: Self.now)
            let killed = try backup.plant(at: Self.now - 3600)
            let place = backup.repository.url(killed.folder)
            let hidden = backup.repository.url("app/.deleting-\(killed.name)")
            try Folder.rename(place, to: hidden)
            try Folder.removeFile("\(hidden)/toc.dat")
            if !noteIsLeft { try Folder.removeFile("\(place).state.json") }
            #expect(try backup.names() == [kept.name.text])
            let report = try await Pruning(request(backup, .init(last: 1))).run()
            #expect(report.swept == [hidden] && report.deleted == 0)
            let left = try Folder.items(backup.repository.url("app")).map(\.name).filter { !$0.hasPrefix(".") }
            #expect(left == [kept.name.text, "\(kept.name).state.json"])
        }
    }
}

extension [String] {
    fileprivate var asSet: Set<String> { Set(self) }
}
