import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// Backups on a disk that is full at one place or another (B2). The disks are tmpfs of the tests' own, mounted as root.
@Suite struct FullDiskTests {
    private static let page: Int64 = 4096

    /// A fixture whose repository lies on a disk of `size` bytes.
    private static func with(size: Int64, _ body: (BackupFaultFixture) async throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            try await withTemporaryFolder { folder in
                let mounted = try await Program.run("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", folder])
                #expect(mounted.exitCode == 0, "this test mounts a tmpfs, as root: \(mounted.stderr)")
                try await finally {
                    try await body(BackupFaultFixture(database: database, folder: folder))
                } cleanUp: {
                    _ = try await Program.run("umount", [folder])
                }
            }
        }
    }

    /// Leaves so many bytes free, by a file that takes the rest.
    private static func leave(_ wanted: Int64, free folder: String) throws {
        let path = "\(folder)/ballast"
        if Folder.exists(path) { try Folder.removeFile(path) }
        let free = try Folder.freeBytes(folder)
        let file = try OutputFile(creating: path)
        var rest = free - wanted
        while rest > 0 {
            try file.write([UInt8](repeating: 0, count: Int(min(rest, 1 << 20))))
            rest -= 1 << 20
        }
        file.close()
        #expect(try Folder.freeBytes(folder) == wanted)
    }

    @Test("too small by a glance: exit 73 with needed and free bytes before anything is written")
    func preflight() async throws {
        try await Self.with(size: 4 << 20) { backup in
            try await backup.database.psql("CREATE TABLE t (b bytea); INSERT INTO t VALUES ('x')")
            #expect(try await Dbctl.run(backup.arguments()).exitCode == 0)
            // Random bytes: what compresses to less than the estimate says would fit.
            try await backup.database.psql(
                "INSERT INTO t SELECT string_agg(gen_random_uuid()::text::bytea || uuid_send(gen_random_uuid()), '') "
                    + "FROM generate_series(1, 500000) i GROUP BY i % 400")
            let refused = try await Dbctl.run(backup.arguments("--format", "json"))
            #expect(refused.exitCode == 73, "\(refused)")
            let error = try #require(try refused.json()["error"] as? [String: Any])
            #expect(error["code"] as? String == "backup.disk_space")
            let said = try #require(error["message"] as? String)
            #expect(said.contains(/needs about [0-9]+ bytes/) && said.contains(/has [0-9]+ bytes free/))
            #expect(try backup.sets().count == 1 && backup.unfinished == [])
            try await backup.expectWhole(try backup.sets(), "after the refusal")
        }
    }

    @Test("full at any page of a set, from the schema to the last list: exit 73, nothing published, earlier sets whole")
    func anyPage() async throws {
        try await Self.with(size: 16 << 20) { backup in
            // More on the disk than the estimate asks for: random bytes, which do not compress.
            try await backup.database.psql(
                """
                CREATE TABLE t (b bytea);
                ALTER TABLE t ALTER b SET STORAGE EXTERNAL;
                INSERT INTO t SELECT string_agg(uuid_send(gen_random_uuid()), '')
                  FROM generate_series(1, 110000) i GROUP BY i % 100;
                CREATE TABLE small AS SELECT i FROM generate_series(1, 100) i;
                SELECT lo_from_bytea(0, decode(repeat('00ff', 5000), 'hex'));
                """)
            let before = try Folder.freeBytes(backup.folder)
            let first = try await Dbctl.run(backup.arguments("--compress", "zstd:1"))
            #expect(first.exitCode == 0, "\(first)")
            let size = before - (try Folder.freeBytes(backup.folder))
            let pages = size / Self.page
            // The last pages one by one: there lie toc.dat, SHA256SUMS, manifest.json and the note.
            var free = (-1...14).map { (pages - Int64($0)) * Self.page }
            var random = SeededMoments(seed: 2)
            free += (0..<14).map { _ in Int64(random.next() * Double(pages)) * Self.page }
            var places: Set<String> = []
            var isMade = 0
            for bytes in free {
                try Self.leave(bytes, free: backup.folder)
                let outcome = try await Dbctl.run(backup.arguments("--compress", "zstd:1", "--format", "json"))
                #expect(backup.unfinished == [], "with \(bytes) bytes free")
                if outcome.exitCode == 0 {
                    isMade += 1
                    try await backup.expectWhole(try backup.sets(), "with \(bytes) bytes free")
                    let newest = try #require(try backup.sets().first)
                    _ = try backup.repository.remove(newest.folder) { () throws(Failure) in false }
                    continue
                }
                #expect(outcome.exitCode == 73, "with \(bytes) bytes free: \(outcome)")
                let error = try #require(try outcome.json()["error"] as? [String: Any])
                let message = try #require(error["message"] as? String)
                places.insert(Self.place(in: message))
                #expect(try backup.sets().count == 1, "with \(bytes) bytes free")
            }
            try await backup.expectWhole(try backup.sets(), "in the end")
            #expect(isMade > 0 && isMade <= 8, "a set that fits is made, others not: \(isMade)")
            #expect(places.isSuperset(of: ["preflight", ".dat.zst", "toc.dat", "manifest.json"]), "\(places.sorted())")
        }
    }

    private static func place(in message: String) -> String {
        if message.contains("needs about") { return "preflight" }
        return ["toc.dat", "SHA256SUMS", "manifest.json", ".dat.zst", "globals.sql", "blobs.toc"].first(
            where: message.contains) ?? message
    }
}
