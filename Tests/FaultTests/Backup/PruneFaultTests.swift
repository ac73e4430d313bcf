import DBKit
import Foundation
import TestSupport
import Testing

/// Retention that is killed while it deletes.
@Suite("Prune, killed") struct PruneFaultTests {
    @Test("after kill -9 at any moment what is listed is whole, and the next run finishes", arguments: [1, 17, 40])
    func killed(after deletions: Int) async throws {
        try await BackupFixture.with { backup in
            let newest = Date(timeIntervalSince1970: 1_769_824_800)
            for hours in 0..<120 { try backup.plant(at: newest - Double(hours) * 3600) }
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
            let again = try await Dbctl.run(arguments)
            #expect(again.exitCode == 0, "\(again)")
            let left = try Folder.items(backup.repository.url("app")).map(\.name).filter { !$0.hasSuffix(".lock") }
            #expect(left.count == 2 && left.allSatisfy { $0.hasPrefix("20260131T020000Z-") }, "\(left)")
        }
    }
}
