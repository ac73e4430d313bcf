import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// Retention that is killed at any moment: what is listed is whole, and what was begun is ended by the next run.
@Suite("Prune, killed") struct PruneFaultTests {
    private static let newest = Date(timeIntervalSince1970: 1_769_824_800)

    private static let planted = 96

    /// Sets of every kind: good ones, pinned ones, some that nobody looked at yet, damaged ones.
    private func plant(_ backup: BackupFixture) throws {
        for hours in 0..<Self.planted {
            let condition: PlantedCondition =
                switch hours % 16 {
                case 3: .unverified
                case 5: .damaged
                case 6: .foundDamaged
                default: .verified
                }
            try backup.plant(at: Self.newest - Double(hours) * 3600, condition, pinned: hours % 16 == 9)
        }
    }

    private static func prune(_ repository: String, _ more: String...) -> [String] {
        ["backup", "prune", "--keep-last", "2", "--keep-daily", "2", "--yes", "--repo", repository, "--no-progress"]
            + more
    }

    /// All that is there, but what is dbctl's own: locks and the index.
    private static func files(in repository: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: repository).filter { path in
            let name = (path as NSString).lastPathComponent
            return !name.hasSuffix(".lock") && name != ".index"
        }.sorted()
    }

    @Test("killed at any of fifty moments: what is listed stays whole, the newest is there, and the next run finishes")
    func anyMoment() async throws {
        try await BackupFixture.with { backup in
            try plant(backup)
            let origin = "\(backup.folder)/repo"
            let work = "\(backup.folder)/work"
            func reset() async throws {
                if Folder.exists(work) { try Folder.remove(work) }
                #expect(try await Program.run("cp", ["-a", origin, work]).exitCode == 0)
            }
            let repository = LocalRepository(work)
            var length = Duration.seconds(3600)
            for _ in 0..<3 {
                try await reset()
                let begun = ContinuousClock.now
                #expect(try await Dbctl.run(Self.prune(work)).exitCode == 0)
                length = min(length, ContinuousClock.now - begun)
            }
            let wanted = try Self.files(in: work)
            let kept = try SetCatalog(repository).sets().count
            let before = try Self.conditions(LocalRepository(origin))
            // Half of the moments lie anywhere in the run, half among its deletions, which are the shorter part.
            var moments = SeededMoments.spread(seed: 16, count: 25).map { Moment.after(length * $0) }
            var random = SeededMoments(seed: 17)
            for deletion in 0..<25 {
                let left = Self.planted - deletion * (Self.planted - kept) / 25
                moments.append(.left(left, then: .microseconds(Int(random.next() * 800))))
            }
            var interrupted = 0
            for moment in moments {
                try await reset()
                _ = try await Dbctl.withRunning(Self.prune(work)) { running in
                    switch moment {
                    case .after(let time): try await Task.sleep(for: time)
                    case .left(let count, let time):
                        // No pause between two looks: a deletion takes less than a millisecond.
                        while try SetCatalog(repository).sets().count > count, !running.hasEnded { await Task.yield() }
                        try await Task.sleep(for: time)
                    }
                    try? running.signal(SIGKILL)
                }
                let listed = try SetCatalog(repository).sets()
                for set in listed {
                    let isDamaged = before[set.name.text] == false
                    let report = try await SetVerification(folder: repository.url(set.folder)).run()
                    #expect(report.ok != isDamaged, "\(set) after SIGKILL at \(moment): \(report.damages)")
                    // A note is whole or the one before.
                    _ = try SetState.read(set, in: repository)
                }
                #expect(listed.first?.name.time == Self.newest)
                if try Self.files(in: work) != wanted { interrupted += 1 }
                let again = try await Dbctl.run(Self.prune(work))
                #expect(again.exitCode == 0, "after SIGKILL at \(moment): \(again)")
                #expect(try Self.files(in: work) == wanted, "after SIGKILL at \(moment)")
            }
            #expect(interrupted >= 15, "only \(interrupted) of 50 were killed before the end")
        }
    }

    private enum Moment {
        case after(Duration)
        /// When only so many sets are listed any more, and a little later.
        case left(Int, then: Duration)
    }

    /// Whether each set is whole.
    private static func conditions(_ repository: LocalRepository) throws -> [String: Bool] {
        var whole: [String: Bool] = [:]
        for set in try SetCatalog(repository).sets() {
            let bytes = try repository.read(set.file("toc.dat"))
            whole[set.name.text] = bytes == Array("a table of contents".utf8)
        }
        return whole
    }

    @Test("killed in the middle of the deletions: the sweep of the next run is told", arguments: [1, 17, 40])
    func killed(after deletions: Int) async throws {
        try await BackupFixture.with { backup in
            for hours in 0..<120 { try backup.plant(at: Self.newest - Double(hours) * 3600) }
            let arguments = ["backup", "prune", "--keep-last", "1", "--yes", "--repo", "\(backup.folder)/repo"]
            let killed = try await Dbctl.withRunning(arguments) { running in
                try await eventually("\(deletions) sets are gone") {
                    let left = try backup.names().count
                    return left <= 120 - deletions || running.hasEnded
                }
                try running.signal(SIGKILL)
            }
            // A machine may be quick enough to end before the signal.
            #expect([137, 0].contains(killed.exitCode))
            for set in try SetCatalog(backup.repository).sets() {
                #expect(try await SetVerification(folder: backup.repository.url(set.folder)).run().ok)
            }
            let half = try Folder.items(backup.repository.url("app")).map(\.name).filter { $0.hasPrefix(".deleting") }
            let again = try await Dbctl.run(arguments + ["--format", "json"])
            #expect(again.exitCode == 0, "\(again)")
            let swept = try #require((try again.json()["data"] as? [String: Any])?["swept"] as? [String])
            #expect(swept.map { ($0 as NSString).lastPathComponent } == half)
            let left = try Folder.items(backup.repository.url("app")).map(\.name).filter { !$0.hasSuffix(".lock") }
            #expect(left.count == 2 && left.allSatisfy { $0.hasPrefix("20260131T020000Z-") }, "\(left)")
        }
    }
}
