import DBKit
import Foundation
import TestSupport
import Testing

/// `docs/backup-set-format.md`, beside a real set.
@Suite("docs/backup-set-format.md") struct SetFormatTests {
    private static let page = "../docs/backup-set-format.md"

    @Test("files, modes, keys of manifest and note are those of the page, and its commands work with stock tools alone")
    func format() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE prices (id int PRIMARY KEY, note text);
                INSERT INTO prices SELECT g, 'x' FROM generate_series(1, 100) g;
                SELECT lo_from_bytea(0, '\\x0102');
                """)
            try await withTemporaryFolder { folder in
                let made = try await Dbctl.run(
                    ["backup", "create", "--repo", "\(folder)/repo", "--format", "json"],
                    env: ["DATABASE_URL": database.url])
                let data = try #require(try made.json()["data"] as? [String: Any], "\(made)")
                let set = try #require(data["set"] as? String)
                let place = "\(folder)/repo/\(database.name)"
                try files(place, set)
                try keys(place, set)
                for block in try Runbook.blocks(of: Self.page) {
                    let script = block.script.replacing("/tmp/restore-set", with: "\(folder)/restore-set")
                    let run = try await Runbook.run(
                        "export REPO=\(folder)/repo DB=\(database.name) SET=\(set)\n"
                            + "test -d \(folder)/restore-set && cd \(folder)/restore-set\n\(script)",
                        programs: database.server.binaries.folder, folder: "\(place)/\(set)")
                    #expect(run.exitCode == 0, "\(script)\n\(run)")
                    guard script.contains("pg_restore") else { continue }
                    let entry = try #require(
                        run.stdout.firstMatch(of: /(?m)^(?<number>[0-9]+);.* TABLE DATA public prices/))
                    #expect(FileManager.default.fileExists(atPath: "\(folder)/restore-set/\(entry.number).dat"))
                }
            }
        }
    }

    private var text: String {
        get throws {
            try String(contentsOf: Sources.root.appending(path: "docs/backup-set-format.md"), encoding: .utf8)
        }
    }

    private func files(_ place: String, _ set: String) throws {
        let manager = FileManager.default
        let layout = try text
        for item in try manager.contentsOfDirectory(atPath: "\(place)/\(set)") {
            // 3349.dat.zst and blob_16392.dat.zst stand for all of their kind.
            let kind = item.replacing(/^[0-9]+\./, with: "3349.").replacing(/^blob_[0-9]+/, with: "blob_16392")
            #expect(layout.contains(kind), "\(item)")
            #expect(try mode("\(place)/\(set)/\(item)") == 0o600, "\(item)")
        }
        for item in try manager.contentsOfDirectory(atPath: place) where item.hasPrefix(".") {
            #expect(layout.contains(item), "\(item)")
        }
        #expect(try mode(place) == 0o700)
        #expect(try mode("\(place)/\(set)") == 0o700)
        #expect(try mode("\(place)/\(set).state.json") == 0o600)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func keys(_ place: String, _ set: String) throws {
        let page = try text
        let manifest = try object("\(place)/\(set)/manifest.json")
        let tables = try #require(manifest["tables"] as? [[String: Any]])
        let chunks = try #require(tables.first?["chunks"] as? [[String: Any]])
        let files = try #require(manifest["files"] as? [[String: Any]])
        let snapshot = try #require(manifest["snapshot"] as? [String: Any])
        let named =
            Array(manifest.keys) + Array(tables[0].keys) + Array(chunks[0].keys) + Array(files[0].keys)
            + Array(snapshot.keys) + Array(try object("\(place)/\(set).state.json").keys)
        for key in named { #expect(page.contains("`\(key)`"), "\(key)") }
        #expect(tables[0]["rows"] as? Int == 100)
    }

    private func object(_ path: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        return try #require(value as? [String: Any])
    }
}
