import DBKit
import Foundation
import TestSupport
import Testing

/// Which set a person means.
@Suite struct SetChoiceTests {
    private static let now = Date(timeIntervalSince1970: 1_769_824_800)

    @Test("a name that sets of two databases bear means neither, and the refusal says what to type")
    func namesakes() async throws {
        try await BackupFixture.with { backup in
            let run = RunID.make()
            let one = try backup.plant("aaa", at: Self.now, run: run)
            let other = try backup.plant("bbb", at: Self.now, run: run)
            for text in [one.name.text, String(one.name.text.prefix(10))] {
                let failure = #expect(throws: Failure.self) { try SetCatalog.resolve(text, in: backup.repository) }
                #expect(failure?.code == .backupSetAmbiguous && failure?.category == .usage)
                #expect(failure?.message.contains("aaa, bbb") == true)
                #expect(failure?.hint?.contains("--database bbb") == true)
                #expect(failure?.hint?.contains(backup.repository.url(other.folder)) == true)
            }
            for path in [one, other] {
                let named = try SetCatalog.resolve(path.name.text, in: backup.repository, database: path.database)
                #expect(named.path == path)
                #expect(try SetCatalog.resolve(backup.repository.url(path.folder), in: nil).path == path)
            }
            let third = try backup.plant("bbb", at: Self.now + 60)
            #expect(try SetCatalog.resolve(third.name.text, in: backup.repository).path == third)
            let failure = #expect(throws: Failure.self) { try SetCatalog.resolve("2026", in: backup.repository) }
            #expect(failure?.hint?.contains("give more characters") == true)
        }
    }

    @Test("a path that does not name the database's folder is looked up, and a folder outside a repository is refused")
    func paths() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.now)
            let place = backup.repository.url(set.databaseFolder)
            let found = try SetCatalog.resolve("\(place)/./\(set.name)", in: nil)
            #expect(found.path == set)
            #expect(found.repository.exists(set.statePath))
            #expect(throws: Failure.self) { try SetCatalog.resolve("\(place)/nothing/\(set.name)", in: nil) }
        }
    }

    @Test("the newest of the URL's database is not taken for what is to be filled from another one's sets")
    func rivals() async throws {
        try await BackupFixture.with { backup in
            let own = try backup.plant("app", at: Self.now)
            let other = try backup.plant("postgres", at: Self.now)
            func latest(_ likely: String, into target: String) throws -> SetPath {
                try SetCatalog.latest(
                    in: backup.repository, database: nil, likely: likely, rival: target, now: Self.now
                ).set.path
            }
            #expect(try latest("app", into: "app") == own)
            #expect(try latest("app", into: "app_restored") == own)
            #expect(try latest("postgres", into: "app_restored") == other)
            let failure = #expect(throws: Failure.self) { try latest("postgres", into: "app") }
            #expect(failure?.code == .backupSetAmbiguous)
        }
    }
}
