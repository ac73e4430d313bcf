import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// A database and a repository for runs of `dbctl backup create` that something happens to.
struct BackupFaultFixture: Sendable {
    let database: TestDatabase
    let folder: String

    static func with(rows: Int = 3000, _ body: (BackupFaultFixture) async throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            try await fill(database, rows: rows)
            try await withTemporaryFolder { folder in
                try await body(BackupFaultFixture(database: database, folder: folder))
            }
        }
    }

    static func fill(_ database: TestDatabase, rows: Int) async throws {
        try await database.psql(
            """
            CREATE TABLE big (i int PRIMARY KEY, s text);
            INSERT INTO big SELECT i, md5(i::text) || md5((i * 7)::text) FROM generate_series(1, \(rows)) i;
            CREATE TABLE small AS SELECT i FROM generate_series(1, 100) i;
            CREATE TABLE numbered (id serial PRIMARY KEY, b bytea);
            INSERT INTO numbered (b) SELECT decode(md5(i::text), 'hex') FROM generate_series(1, 100) i;
            SELECT lo_from_bytea(0, decode(repeat('00ff', 5000), 'hex'));
            """)
    }

    var repository: LocalRepository { LocalRepository("\(folder)/repo") }

    func arguments(_ more: String...) -> [String] {
        [
            "backup", "create", "--repo", "\(folder)/repo", "--database-url", database.url, "--no-progress", "--jobs",
            "2",
        ]
            + more
    }

    func sets() throws -> [SetPath] { try SetCatalog(repository).sets() }

    /// What no run may leave behind: folders under construction and halves of notes.
    var unfinished: [String] {
        let items = (try? Folder.items("\(folder)/repo/\(database.name)")) ?? []
        return items.map(\.name).filter {
            $0.hasPrefix(".building") || $0.hasPrefix(".deleting") || $0.hasSuffix(".tmp")
        }
    }

    /// Every listed set is whole, whoever asks.
    func expectWhole(_ sets: [SetPath], _ when: String) async throws {
        for set in sets {
            #expect(try await SetVerification(folder: repository.url(set.folder)).run().ok, "\(set) \(when)")
        }
    }

    /// No session of dbctl or of its pg_dump is left on the database.
    func expectNoSession() async throws {
        try await eventually("no session of the backup is left") {
            try await database.server.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND application_name LIKE 'dbctl%'"
            ) == "0"
        }
    }

    /// Puts a program in the place of `pg_dump`: its answer to `--version` is the real one's, `script` is what it does
    /// else. Returns the arguments that make dbctl take it.
    func spy(_ script: String) async throws -> [String] {
        let real = database.server.binaries.folder
        try Folder.create("\(folder)/bin")
        let text = """
            #!/bin/sh
            case "$1" in --version) exec \(real)/pg_dump --version ;; esac
            \(script.replacing("REAL", with: "\(real)/pg_dump"))
            """
        for (name, content) in [("pg_dump", text), ("pg_dumpall", "#!/bin/sh\nexec \(real)/pg_dumpall \"$@\"\n")] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: "\(folder)/bin/\(name)"))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: "\(folder)/bin/\(name)")
        }
        try Data("backup: {pg_bin: \(folder)/bin}".utf8).write(to: URL(fileURLWithPath: "\(folder)/dbctl.yaml"))
        return ["--config", "\(folder)/dbctl.yaml"]
    }

    /// Waits until the spy has written its process id to `file`, and ends that process with the fixture's folder.
    func spied(_ file: String) async throws -> Int32 {
        var pid: Int32?
        try await eventually("the spy writes \(file)") {
            pid = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)).flatMap {
                $0.hasSuffix("\n") ? Int32($0.dropLast()) : nil
            }
            return pid != nil
        }
        return try #require(pid)
    }
}
