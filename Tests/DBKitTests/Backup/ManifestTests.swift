import DBKit
import Foundation
import TestSupport
import Testing

@Suite struct ManifestTests {
    private static let manifest = Manifest(
        set: "20260131T020000Z-01ARZ3NDEKTSV4RRFFQ69G5FAV", database: "app", serverVersion: "15.18", dbctlVersion: "1",
        snapshot: Manifest.Snapshot(lsn: "0/1A2B", time: "2026-01-31T02:00:00.000Z"),
        tables: [
            Manifest.Table(
                schema: "public", name: "Ünï \"x\"", file: "1.dat.zst", copyFormat: .binary, rows: 2, bytes: 3,
                checksum: TableChecksum(sum: 0xC0FFEE), checksumFormat: .text, columns: ["a"],
                chunks: [Manifest.Chunk(offset: 1, length: 2, rows: 2, sha256: String(repeating: "a", count: 64))])
        ],
        files: [Manifest.File(path: "toc.dat", bytes: 5, sha256: String(repeating: "b", count: 64))],
        omitted: [Omission(.excluded, "audit.events")])

    @Test("the last member vouches for every byte before it, and nothing follows it")
    func shape() throws {
        let text = String(decoding: try ManifestFile.encode(Self.manifest), as: UTF8.self)
        let cut = try #require(text.range(of: ",\"sha256\":", options: .backwards))
        let digest = Digest.hex(Array(text[..<cut.lowerBound].utf8))
        #expect(text[cut.lowerBound...] == ",\"sha256\":\"\(digest)\"}\n")
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(
            object?.keys.sorted() == [
                "database", "dbctl_version", "files", "format", "omitted", "server_version", "set", "sha256",
                "snapshot",
                "tables",
            ])
        let table = try #require((object?["tables"] as? [[String: Any]])?.first)
        #expect(table["checksum"] as? String == "xxh64-sum:0000000000c0ffee")
        #expect(table["copy_format"] as? String == "binary")
        #expect(table["checksum_format"] as? String == "text")
    }

    @Test("what was written is read back")
    func roundTrip() throws {
        #expect(try ManifestFile.decode(ManifestFile.encode(Self.manifest), place: "x") == Self.manifest)
    }

    @Test("a manifest of a newer format is no damage: 78, with both formats")
    func newerFormat() throws {
        let failure = #expect(throws: Failure.self) {
            try ManifestFile.decode(try ManifestFile.encode(Self.manifest).ofNewerFormat(), place: "x")
        }
        #expect(failure?.code == .backupNewerFormat && failure?.category == .configuration)
        #expect(failure?.message == "x has format 99; this dbctl reads up to \(Manifest.currentFormat)")
    }

    @Test("every flipped bit, every cut and every byte too many is damage, B3")
    func damage() throws {
        let good = try ManifestFile.encode(Self.manifest)
        for index in good.indices {
            var bad = good
            bad[index] ^= 1
            #expect(throws: Failure.self, "byte \(index)") { try ManifestFile.decode(bad, place: "x") }
        }
        for count in 0..<good.count {
            #expect(throws: Failure.self) { try ManifestFile.decode(Array(good.prefix(count)), place: "x") }
        }
        #expect(throws: Failure.self) { try ManifestFile.decode(good + [UInt8(ascii: "\n")], place: "x") }
    }
}
