import DBKit
import Foundation
import TestSupport
import Testing

/// A set whose bytes changed, wherever that is (B3).
@Suite struct SetDamageTests {
    /// A set with several chunks in one file, a large object, an empty table, and everything else that a set has.
    private func withSet(_ method: String, _ body: (MadeSet, TestDatabase) async throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE t (i int, s text); INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 3000) i;
                CREATE TABLE empty (); SELECT lo_from_bytea(4711, 'hello');
                """)
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url) { $0.compression = Compression(method) ?? .none }
                #expect(try await set.verify().ok)
                try await body(set, database)
            }
        }
    }

    /// Runs the body on the changed set, then puts the file back.
    private func changing(
        _ path: String, _ change: (inout [UInt8]) -> Void, _ body: () async throws -> Void
    ) async throws {
        let good = try InputFile(opening: path).readAll()
        var bad = good
        change(&bad)
        try Data(bad).write(to: URL(fileURLWithPath: path))
        try await body()
        try Data(good).write(to: URL(fileURLWithPath: path))
    }

    private func damage(_ set: MadeSet) async throws -> [String] {
        do {
            return try await set.verify().damages.map(\.sentence)
        } catch let failure as Failure {
            #expect(failure.code == .backupDamaged)
            return [failure.message]
        }
    }

    @Test("a flipped byte in any file, at any kind of place, is found", arguments: ["zstd", "gzip", "none"])
    func flipped(method: String) async throws {
        try await withSet(method) { set, _ in
            let chunks = Dictionary(uniqueKeysWithValues: set.manifest.tables.map { ($0.file, $0.chunks) })
            for name in try Folder.items(set.folder).map(\.name) {
                let path = "\(set.folder)/\(name)"
                let length = Int(try #require(Folder.size(path)))
                let edges = (chunks[name] ?? []).flatMap { chunk in
                    [chunk.offset - 1, chunk.offset, chunk.offset + chunk.length - 1, chunk.offset + chunk.length]
                }
                let places = Set(edges.map { Int($0) } + [0, length / 3, length / 2, length - 1])
                for place in places.sorted() where (0..<length).contains(place) {
                    try await changing(path) {
                        $0[place] ^= 0x10
                    } _: {
                        let said = try await damage(set)
                        #expect(said.contains { $0.contains(name) }, "byte \(place) of \(name): \(said)")
                    }
                }
            }
        }
    }

    @Test("a cut at any edge, a missing file and one too many are found", arguments: ["zstd", "gzip", "none"])
    func truncated(method: String) async throws {
        try await withSet(method) { set, _ in
            for table in set.manifest.tables {
                let path = "\(set.folder)/\(table.file)"
                let length = Int(try #require(Folder.size(path)))
                let edges = table.chunks.flatMap { [Int($0.offset), Int($0.offset + $0.length)] }
                for cut in Set(edges + [0, 1, length - 1]).sorted() where cut < length {
                    try await changing(path) {
                        $0 = Array($0.prefix(cut))
                    } _: {
                        let said = try await damage(set)
                        #expect(said.contains { $0.contains(table.file) && $0.contains(table.name) }, "\(cut): \(said)")
                    }
                }
            }
            for name in try Folder.items(set.folder).map(\.name) {
                let path = "\(set.folder)/\(name)"
                let length = Int(try #require(Folder.size(path)))
                for cut in Set([0, 1, length / 2, length - 1]).sorted() where (0..<length).contains(cut) {
                    try await changing(path) {
                        $0 = Array($0.prefix(cut))
                    } _: {
                        let said = try await damage(set)
                        #expect(said.contains { $0.contains(name) }, "\(name) cut to \(cut): \(said)")
                    }
                }
                try FileManager.default.moveItem(atPath: path, toPath: "\(set.folder).away")
                #expect(try await damage(set).contains { $0.contains(name) }, "\(name) is missing")
                try FileManager.default.moveItem(atPath: "\(set.folder).away", toPath: path)
            }
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(set.folder)/stranger"))
            #expect(try await damage(set).contains { $0.contains("stranger") })
        }
    }

    @Test(
        "restore refuses what is flipped or cut in any file, at frame boundaries too, and makes no database",
        arguments: ["zstd", "gzip", "none"])
    func restore(method: String) async throws {
        try await withSet(method) { set, database in
            let target = "\(database.name)_target"
            let chunks = Dictionary(uniqueKeysWithValues: set.manifest.tables.map { ($0.file, $0.chunks) })
            for name in try Folder.items(set.folder).map(\.name) {
                let path = "\(set.folder)/\(name)"
                let length = Int(try #require(Folder.size(path)))
                let boundary = chunks[name]?.last.map { Int($0.offset) } ?? length / 2
                let changes: [(String, (inout [UInt8]) -> Void)] = [
                    ("first byte", { $0[0] ^= 1 }), ("boundary", { $0[min(boundary, length - 1)] ^= 0x80 }),
                    ("last byte", { $0[length - 1] ^= 0x10 }),
                    ("cut at a boundary", { $0 = Array($0.prefix(boundary)) }),
                    ("cut by a byte", { $0.removeLast() }),
                ]
                for (what, change) in changes where length > 0 {
                    try await changing(path, change) {
                        let outcome = try await Dbctl.run([
                            "restore", "--from", set.folder, "--into", target, "--create", "--database-url",
                            database.url,
                        ])
                        #expect(outcome.exitCode == 65, "\(what) of \(name): \(outcome)")
                    }
                }
            }
            let made = "SELECT count(*) FROM pg_database WHERE datname = '\(target)' OR datname ^@ 'dbctl_restore_'"
            #expect(try await database.psql(made) == "0")
        }
    }

    @Test("a flipped bit or a cut anywhere in the note beside a set never loses its pin")
    func note() async throws {
        try await BackupFixture.with { backup in
            let time = Date(timeIntervalSince1970: 1_769_824_800)
            let set = try backup.plant(at: time, .verified, pinned: true, drilled: time)
            try SetState.update(set, in: backup.repository) { state in
                state.created = .init(runID: "r", finished: time, duration: 1.5, bytes: 4711)
                state.restored = [.init(at: time, into: "copy", runID: "r", duration: 2)]
            }
            let path = backup.repository.url(set.statePath)
            let good = try InputFile(opening: path).readAll()
            func expectPinOrDamage(_ bytes: [UInt8], _ what: String) throws {
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                let failure: Failure?
                var isPinned = false
                do throws(Failure) {
                    isPinned = try SetState.read(set, in: backup.repository).pinned ?? false
                    failure = nil
                } catch {
                    failure = error
                }
                #expect(isPinned || failure?.code == .backupStateDamaged, "\(what)")
            }
            for index in good.indices {
                for bit in 0..<8 {
                    var bytes = good
                    bytes[index] ^= 1 << bit
                    try expectPinOrDamage(bytes, "bit \(bit) of byte \(index)")
                }
            }
            // What ends it is a brace and a newline: without the newline it says the same.
            for count in 0..<good.count { try expectPinOrDamage(Array(good.prefix(count)), "cut to \(count)") }
        }
    }

    @Test("the command names file, table and chunk with exit 65, remembers it, and restore creates nothing")
    func command() async throws {
        try await withSet("zstd") { set, database in
            let table = try set.table("t")
            let chunk = try #require(table.chunks.first)
            let repository = URL(fileURLWithPath: set.folder).deletingLastPathComponent().deletingLastPathComponent()
                .path
            try await changing("\(set.folder)/\(table.file)") {
                $0[Int(chunk.offset + chunk.length / 2)] ^= 1
            } _: {
                let outcome = try await Dbctl.run([
                    "backup", "verify", "--latest", "--repo", repository, "--format", "json",
                ])
                #expect(outcome.exitCode == 65, "\(outcome)")
                let document = try outcome.json()
                let error = try #require(document["error"] as? [String: Any])
                let message = try #require(error["message"] as? String)
                #expect(message.contains(table.file) && message.contains("public.t") && message.contains("chunk 0"))
                let listed = try await Dbctl.run(["backup", "list", "--repo", repository])
                #expect(listed.stdout.contains("damaged"))
                let target = "\(database.name)_target"
                let restored = try await Dbctl.run([
                    "restore", "--from", set.folder, "--into", target, "--create", "--database-url", database.url,
                ])
                #expect(restored.exitCode == 65, "\(restored)")
                let made = "SELECT count(*) FROM pg_database WHERE datname LIKE '\(database.name)_%'"
                #expect(try await database.psql(made) == "0")
            }
            let again = try await Dbctl.run(["backup", "verify", set.report.set, "--repo", repository])
            #expect(again.exitCode == 0, "\(again)")
        }
    }
}
