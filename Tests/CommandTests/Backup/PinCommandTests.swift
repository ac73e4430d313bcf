import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl backup pin|unpin`, as a user runs them.
@Suite("backup pin and unpin") struct PinCommandTests {
    private static let time = Date(timeIntervalSince1970: 1_769_824_800)

    private func run(_ verb: String, _ set: String, _ backup: BackupFixture, _ more: [String] = []) async throws
        -> DbctlOutcome
    {
        try await Dbctl.run(
            ["backup", verb, set, "--repo", "\(backup.folder)/repo", "--format", "json"] + more)
    }

    @Test("a pin is noted beside the set, once and for all, and taken back; doing it twice is no error")
    func story() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.time)
            let forms = [set.name.text, "20260131", backup.repository.url(set.folder)]
            for (verb, pinned) in [("pin", true), ("unpin", false)] {
                for (index, form) in forms.enumerated() {
                    let outcome = try await run(verb, form, backup)
                    #expect(outcome.exitCode == 0, "\(outcome)")
                    let document = try outcome.json()
                    #expect(document["schema"] as? String == "dbctl.backup.\(verb)/1")
                    let data = try #require(document["data"] as? [String: Any])
                    #expect(data["pinned"] as? Bool == pinned && data["changed"] as? Bool == (index == 0))
                    #expect(data["set"] as? String == set.name.text && data["database"] as? String == "app")
                    let state = try SetState.read(set, in: backup.repository)
                    #expect(state.pinned == pinned)
                    #expect(state.verified != nil, "what else is known of it stays")
                }
            }
        }
    }

    @Test("--dry-run says what it would do and writes nothing")
    func dryRun() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.time)
            let data = try await run("pin", "2026", backup, ["--dry-run"]).json()["data"] as? [String: Any]
            #expect(data?["changed"] as? Bool == true && data?["dry_run"] as? Bool == true)
            #expect(try SetState.read(set, in: backup.repository).pinned == nil)
        }
    }

    @Test("an unknown set is 66, a prefix of two is 64, a damaged note is 65 and stays as it is")
    func refusals() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.time)
            try backup.plant(at: Self.time + 60, .stateDamaged)
            #expect(try await run("pin", "2025", backup).exitCode == 66)
            #expect(try await run("unpin", "/nowhere/app/\(set.name)", backup).exitCode == 66)
            #expect(try await run("pin", "20260131T", backup).exitCode == 64)
            let damaged = try await run("pin", "20260131T0201", backup)
            #expect(damaged.exitCode == 65 && damaged.stdout.contains("backup.state_damaged"), "\(damaged)")
        }
    }

    @Test("a set that retention removed meanwhile gets no note")
    func vanished() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.time)
            try Folder.remove(backup.repository.url(set.folder))
            let failure = #expect(throws: Failure.self) {
                try SetPin.set(FoundSet(repository: backup.repository, path: set), pinned: true)
            }
            #expect(failure?.code == .backupSetNotFound)
        }
    }
}
