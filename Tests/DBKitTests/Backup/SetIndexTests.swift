import Foundation
import Operations
import Storage
import TestSupport
import Testing

@testable import Backup

/// The index makes listing quick and never changes what is listed (B20).
@Suite("The index of sets") struct SetIndexTests {
    private static let night = Date(timeIntervalSince1970: 1_769_824_800)

    private func listed(_ backup: BackupFixture) throws -> [SetSummary] {
        try SetListing.read(backup.repository).sets
    }

    /// What is there, read set by set.
    private func truth(_ backup: BackupFixture) throws -> [SetSummary] {
        try SetCatalog(backup.repository).sets().map { SetSummary(FoundSet(repository: backup.repository, path: $0)) }
    }

    private func index(_ backup: BackupFixture) -> String { backup.repository.url("app/.index") }

    /// Sets of every condition, and an index of them.
    private func withIndex(_ body: (BackupFixture, [SetPath]) throws -> Void) async throws {
        try await BackupFixture.with { backup in
            var sets: [SetPath] = []
            for (day, condition) in PlantedCondition.allCases.enumerated() {
                sets.append(
                    try backup.plant(
                        at: Self.night - Double(day) * 86_400, condition, pinned: day == 0, drilled: Self.night))
            }
            try SetState.update(sets[0], in: backup.repository) {
                $0.created = .init(runID: "x", finished: Self.night, duration: 12.3456789, bytes: 1_234_567)
            }
            #expect(try listed(backup) == truth(backup))
            #expect(Folder.exists(index(backup)))
            #expect(try listed(backup) == truth(backup))
            try body(backup, sets)
        }
    }

    @Test("what is listed with an index is what is listed without, through every change")
    func changes() async throws {
        try await withIndex { backup, sets in
            try SetState.update(sets[0], in: backup.repository) { $0.pinned = false }
            #expect(try listed(backup).first?.pinned == false)
            try SetState.update(sets[1], in: backup.repository) {
                $0.verified = .init(at: Self.night, ok: false, runID: "x", duration: 1)
            }
            #expect(try listed(backup) == truth(backup))
            try backup.plant(at: Self.night + 60)
            #expect(try listed(backup).count == sets.count + 1)
            _ = try backup.repository.remove(sets[0].folder) { () throws(Failure) in false }
            try backup.plant("other", at: Self.night)
            #expect(try listed(backup) == truth(backup))
            try Folder.removeFile(backup.repository.url(sets[1].statePath))
            #expect(try listed(backup) == truth(backup))
        }
    }

    @Test("a manifest that was damaged in its place is seen, though its length and time of writing are the same")
    func damagedInPlace() async throws {
        try await withIndex { backup, sets in
            let path = backup.repository.url(sets[0].file(ManifestFile.name))
            let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.seek(toOffset: 20)
            try file.write(contentsOf: Data([0]))
            try file.close()
            try FileManager.default.setAttributes([.modificationDate: try #require(date)], ofItemAtPath: path)
            #expect(try listed(backup).first?.problem?.contains("manifest") == true)
            #expect(try listed(backup) == truth(backup))
        }
    }

    @Test("an index that is cut, flipped anywhere, of another version, or no file at all changes nothing")
    func damagedIndex() async throws {
        try await withIndex { backup, _ in
            let whole = try backup.repository.read("app/.index")
            let truth = try truth(backup)
            var random = SeededGenerator(seed: 5)
            for _ in 0..<60 {
                var bytes = whole
                if Bool.random(using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
                } else {
                    bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                }
                try Folder.replaceFile(index(backup), with: bytes)
                #expect(try listed(backup) == truth)
            }
            try Folder.removeFile(index(backup))
            try Folder.create(index(backup))
            #expect(try listed(backup) == truth)
        }
    }

    @Test("it is used: what it says, and its digest vouches for, is listed")
    func used() async throws {
        try await withIndex { backup, sets in
            let text = String(decoding: try backup.repository.read("app/.index").dropLast(65), as: UTF8.self)
            // Rows of the first line, of the oldest set that is whole.
            let forged = Array(text.replacing("\t-\t0\t0\t0\t", with: "\t-\t0\t77\t0\t").utf8)
            #expect(forged != Array(text.utf8))
            try Folder.replaceFile(index(backup), with: forged + Array((Digest.hex(forged) + "\n").utf8))
            #expect(try listed(backup).contains { $0.rows == 77 })
            #expect(sets.count == PlantedCondition.allCases.count)
        }
    }

    @Test("a repository that may not be written is listed as well, and nothing is left in it by others")
    func foreign() async throws {
        try await BackupFixture.with { backup in
            try backup.plant(at: Self.night)
            let folder = backup.repository.url("app")
            guard geteuid() == 0 else { return }
            _ = unsafe chown(folder, 65_534, 65_534)
            #expect(try listed(backup) == truth(backup))
            #expect(!Folder.exists(index(backup)))
        }
    }
}
