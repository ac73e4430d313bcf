import Testing

@testable import Backup

/// Which tables several workers load at once.
@Suite struct ChunkPolicyTests {
    private static func policy(_ sizes: [Int64], jobs: Int, isWholeCheaper: Bool) -> [Bool] {
        let tables = sizes.enumerated().map { number, bytes in
            Manifest.Table(
                schema: "public", name: "t\(number)", file: "\(number).dat.zst", copyFormat: .binary, rows: 1,
                bytes: bytes, checksum: TableChecksum(), checksumFormat: .binary, columns: [],
                chunks: (0..<4).map { Manifest.Chunk(offset: Int64($0), length: 1, rows: 1, sha256: "") })
        }
        let manifest = Manifest(
            set: "s", database: "d", serverVersion: "15", dbctlVersion: "0",
            snapshot: Manifest.Snapshot(lsn: "0/0", time: ""), tables: tables, files: [], omitted: [])
        let policy = ChunkPolicy(manifest, jobs: jobs, smallestBytes: 100, isWholeCheaper: isWholeCheaper)
        return tables.map { !policy.chunks(of: $0).isEmpty }
    }

    @Test("a table that would keep one worker busy after the others are done is split")
    func split() {
        #expect(
            Self.policy([1000, 1000, 1000, 1000, 1000], jobs: 2, isWholeCheaper: false)
                == .init(repeating: false, count: 5))
        #expect(Self.policy([4000, 1000, 1000], jobs: 2, isWholeCheaper: false) == [true, false, false])
        #expect(Self.policy([4000, 1000, 1000], jobs: 1, isWholeCheaper: false) == [false, false, false])
        #expect(Self.policy([90, 1], jobs: 2, isWholeCheaper: false) == [false, false])
    }

    @Test("where a whole table writes no WAL it must be more than the others together can make up for")
    func whole() {
        #expect(Self.policy([550, 450], jobs: 2, isWholeCheaper: true) == [false, false])
        #expect(Self.policy([600, 400], jobs: 2, isWholeCheaper: true) == [true, false])
        #expect(Self.policy([260, 740], jobs: 4, isWholeCheaper: true) == [false, true])
        #expect(Self.policy([280, 720], jobs: 4, isWholeCheaper: true) == [true, true])
    }
}
