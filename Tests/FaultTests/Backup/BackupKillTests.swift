import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// `backup create`, killed with SIGKILL: nothing of it is ever taken for a set, and nothing of it is in the way (B1).
@Suite("Backup, killed") struct BackupKillTests {
    @Test("killed at any of sixty moments: list shows whole sets only, and the next run sweeps, says so and succeeds")
    func anyMoment() async throws {
        try await BackupFaultFixture.with { backup in
            var run = RunMoments(
                length: try await undisturbed {
                    let outcome = try await Dbctl.run(backup.arguments())
                    #expect(outcome.exitCode == 0, "\(outcome)")
                })
            var swept = 0
            var published = 0
            for fraction in SeededMoments.spread(seed: 15, count: 60) {
                let moment = run.moment(fraction)
                let before = Set(try backup.sets())
                let killed = try await Dbctl.withRunning(backup.arguments()) { running in
                    try await Task.sleep(for: moment)
                    try? running.signal(SIGKILL)
                }
                if killed.exitCode == 0 { run.runHadEnded(at: moment) }
                let added = try backup.sets().filter { !before.contains($0) }
                try await backup.expectWhole(added, "after SIGKILL at \(moment)")
                published += added.count
                let left = backup.unfinished
                let begun = ContinuousClock.now
                let next = try await Dbctl.run(backup.arguments("--format", "json"))
                run.ran(for: ContinuousClock.now - begun)
                #expect(next.exitCode == 0, "after SIGKILL at \(moment): \(next)")
                let data = try #require(try next.json()["data"] as? [String: Any])
                let said = try #require(data["swept"] as? [String])
                #expect(
                    said.map { ($0 as NSString).lastPathComponent }.sorted() == left.sorted(),
                    "after SIGKILL at \(moment)")
                swept += said.count
                #expect(backup.unfinished == [])
            }
            // Most moments lie within the work; the others, before it and behind it, cost nothing either.
            #expect(swept >= 3, "only \(swept) of 60 runs left anything, \(published) had published already")
            try await backup.expectNoSession()
            let verified = try await Dbctl.run(["backup", "verify", "--all", "--repo", "\(backup.folder)/repo"])
            #expect(verified.exitCode == 0, "\(verified)")
        }
    }

    @Test("killed while pg_dump runs: the next run neither waits for it nor minds it")
    func whileDumping() async throws {
        try await BackupFaultFixture.with { backup in
            // pg_dump has done its work and is not gone yet.
            let spy = try await backup.spy("REAL \"$@\"; echo $$ > \(backup.folder)/dumped; exec sleep 1000")
            let killed = try await Dbctl.withRunning(backup.arguments() + spy) { running in
                let pid = try await backup.spied("dumped")
                try running.signal(SIGKILL)
                try await eventually("dbctl is gone") { running.hasEnded }
                #expect(try backup.sets().isEmpty && backup.unfinished.count == 1)
                let next = try await Dbctl.run(backup.arguments("--format", "json"))
                kill(pid, SIGKILL)
                #expect(next.exitCode == 0 && next.stdout.contains(".building-"), "\(next)")
                #expect(try backup.sets().count == 1 && backup.unfinished == [])
            }
            #expect(killed.exitCode == 137)
            try await backup.expectNoSession()
        }
    }

    @Test("killed with every kind of debris about: half a note, half a set, half a deletion; one run sweeps them all")
    func debris() async throws {
        try await BackupFaultFixture.with { backup in
            #expect(try await Dbctl.run(backup.arguments()).exitCode == 0)
            let set = try #require(try backup.sets().first)
            let place = "\(backup.folder)/repo/\(set.databaseFolder)"
            let name = "20250101T000000Z-01ARZ3NDEKTSV4RRFFQ69G5FAV"
            try Folder.create("\(place)/.building-\(name)")
            try Folder.create("\(place)/.deleting-\(name)")
            try Folder.replaceFile("\(place)/.building-\(name)/toc.dat", with: [1])
            try Folder.replaceFile("\(place)/.\(name).state.json.tmp", with: [1])
            // A lock file is only a place to hold a lock in: what an old holder wrote there holds nobody up.
            try Folder.replaceFile("\(place)/.lock", with: Array("1 0 long gone\n".utf8))
            let next = try await Dbctl.run(backup.arguments("--format", "json"))
            #expect(next.exitCode == 0, "\(next)")
            let said = try #require((try next.json()["data"] as? [String: Any])?["swept"] as? [String])
            #expect(said.count == 3 && backup.unfinished == [], "\(said)")
            try await backup.expectWhole(try backup.sets(), "after the sweep")
        }
    }
}
