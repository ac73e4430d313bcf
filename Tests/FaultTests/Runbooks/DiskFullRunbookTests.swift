import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/disk-full.md`, read and run on disks that are full: tmpfs of the tests' own, mounted as root.
@Suite struct DiskFullRunbookTests {
    private static func scene(_ server: Sandbox, _ folder: String) -> RunbookScene {
        RunbookScene(
            name: "disk-full.md", server: server, folder: folder,
            settings: [
                "DATABASE_URL": "postgresql://postgres@/postgres?host=\(server.folder)&port=\(server.port)",
                "PGDATA": server.dataFolder, "SERVER_LOG": "\(server.folder)/log", "REPO": "\(folder)/repo",
            ])
    }

    private static func with(
        _ settings: [String: String] = [:], _ body: (Sandbox, RunbookScene) async throws -> Void
    ) async throws {
        try await TestServer.withSandbox(settings: settings) { server in
            try await withTemporaryFolder { folder in
                try FileManager.default.createDirectory(atPath: "\(folder)/repo", withIntermediateDirectories: false)
                try await body(server, scene(server, folder))
            }
        }
    }

    /// A disk of its own for as long as the body runs.
    private static func withDisk(_ size: String, _ path: String, _ body: () async throws -> Void) async throws {
        let mounted = try await Program.run("mount", ["-t", "tmpfs", "-o", "size=\(size),mode=0777", "tmpfs", path])
        #expect(mounted.exitCode == 0, "this test mounts a tmpfs, as root: \(mounted.stderr)")
        try await finally(body) {
            _ = try await Program.run("umount", ["--lazy", path])
        }
    }

    @Test("each section with commands is run here, with as many blocks as it has; no table sends into the void")
    func complete() throws {
        #expect(
            try Runbook.counts(of: "disk-full.md") == [
                // Only the settings, which every test has its own of.
                "": 1,
                "Symptom and verdict": 2, "The server is down": 3, "WAL is kept": 1, "A slot that nobody reads": 2,
                "Archiving fails": 2, "Temporary files": 3, "Tables": 4, "The server's log": 2, "The repository": 4,
                "How to know that it is over": 1,
            ])
        #expect(try Runbook.missingSections(of: "disk-full.md") == [])
        #expect(try Runbook.unknownCodes(of: "disk-full.md") == [])
    }

    @Test(
        "pg_wal is full and the server down: it comes up with every row, and the slot goes", arguments: [false, true])
    func walFull(moved: Bool) async throws {
        try await Self.with(["min_wal_size": "32MB", "max_wal_size": "32MB"]) { server, scene in
            let disk = try await scene.serverFolder("disk")
            try await Self.withDisk("40m", disk) {
                try await Self.fill(server, scene, disk)
                let down = try await scene.run("Symptom and verdict", exit: 2)
                #expect(down.stdout.contains("CRITICAL") && down.stderr.contains("connect.no_socket"), "\(down)")
                try await scene.run("Symptom and verdict", 1, asServer: true)
                let cause = try await scene.run("The server is down", asServer: true)
                #expect(cause.stdout.contains("PANIC") && cause.stdout.contains(disk), "\(cause)")
                if moved {
                    let big = try await scene.serverFolder("big")
                    try await scene.run(
                        "The server is down", 1, replaced: [("BIG=/mnt/big", "BIG=\(big)")], asServer: true)
                } else {
                    let enlarged = try await Program.run("mount", ["-o", "remount,size=80m", disk])
                    #expect(enlarged.exitCode == 0, "\(enlarged)")
                }
                try await scene.run("The server is down", 2, asServer: true)
                #expect(try await server.psql("SELECT count(*) FROM kept") == "1000")
                let seen = try await scene.run("WAL is kept")
                #expect(seen.stdout.contains(/gone +\| physical +\| f/), "\(seen)")
                let segments = "SELECT count(*) FROM pg_ls_waldir()"
                let before = try #require(Int(try await server.psql(segments)))
                try await scene.run("A slot that nobody reads", replaced: [("standby1", "gone")])
                #expect(try #require(Int(try await server.psql(segments))) < before)
                try await scene.run("A slot that nobody reads", 1)
                #expect(try await server.psql("SHOW max_slot_wal_keep_size") == "20GB")
                try await scene.run("How to know that it is over")
                try await server.stopServer()
            }
        }
    }

    /// Moves pg_wal to a small disk and writes until the server is down.
    private static func fill(_ server: Sandbox, _ scene: RunbookScene, _ disk: String) async throws {
        try await server.psql(
            """
            CREATE TABLE kept AS SELECT generate_series(1, 1000) AS i;
            SELECT pg_create_physical_replication_slot('gone', true);
            """)
        try await server.stopServer()
        let moved = try await Program.run(
            "sh",
            [
                "-c", "cp -a \"$1/pg_wal\" \"$2\" && rm -r \"$1/pg_wal\" && ln -s \"$2/pg_wal\" \"$1/pg_wal\"", "sh",
                server.dataFolder, disk,
            ])
        #expect(moved.exitCode == 0, "\(moved)")
        try await server.startServer()
        await #expect(throws: TestSupportError.self) {
            try await server.psql(
                """
                DO $$ BEGIN FOR i IN 1..10 LOOP
                    PERFORM pg_logical_emit_message(true, 'fill', 'x'); PERFORM pg_switch_wal();
                END LOOP; END $$
                """)
        }
        try await eventually("the server has given up") { server.pid == nil }
    }

    @Test("an archive that takes nothing: seen, mended, and what waited goes there")
    func archive() async throws {
        try await Self.with(["archive_mode": "on", "archive_command": "false"]) { server, scene in
            try await server.psql("SELECT pg_logical_emit_message(true, 'fill', 'x'); SELECT pg_switch_wal()")
            try await eventually("archiving has failed") {
                try await server.psql("SELECT failed_count > 0 FROM pg_stat_archiver") == "t"
            }
            let seen = try await scene.run("WAL is kept")
            #expect(seen.stdout.contains(/waiting +\| 1\n/), "\(seen)")
            let said = try await scene.run("Archiving fails", asServer: true)
            #expect(said.stdout.contains("exit code 1"), "\(said)")
            let archive = try await scene.serverFolder("archive")
            try await scene.run("Archiving fails", 1, replaced: [("/mnt/archive", archive)])
            try await eventually("it was archived") {
                try await server.psql("SELECT archived_count FROM pg_stat_archiver") == "1"
            }
            try await scene.run("How to know that it is over")
        }
    }

    @Test("temporary files: the query that has them is named, and cancelling it frees them")
    func temporary() async throws {
        try await Self.with { server, scene in
            try await server.psql("CREATE ROLE app LOGIN; ALTER ROLE app SET work_mem = '64kB'")
            let sorting =
                "SELECT count(pg_sleep(600)) FROM (SELECT i FROM generate_series(1, 50000) i ORDER BY md5(i::text) OFFSET 0) s"
            try await server.withWaiters([sorting], "report") {
                try await eventually("it has temporary files") {
                    try await server.psql("SELECT count(*) > 0 FROM pg_ls_tmpdir()") == "t"
                }
                let seen = try await scene.run("Temporary files")
                let row = try #require(seen.stdout.firstMatch(of: /(\d+) +\| app +\| report +\| \d+ [kM]B/), "\(seen)")
                try await scene.run("Temporary files", 1, replaced: [("12345", String(row.1))])
                try await eventually("they are gone") {
                    try await server.psql("SELECT count(*) FROM pg_ls_tmpdir()") == "0"
                }
            }
            try await scene.run("Temporary files", 2)
            #expect(try await server.psql("SELECT rolconfig FROM pg_roles WHERE rolname = 'app'").contains("10GB"))
        }
    }

    @Test("tables and logs: what is large is listed, clean-up runs, old logs go and new ones stay, a table moves")
    func tables() async throws {
        try await Self.with { server, scene in
            try await server.psql("CREATE TABLE prices AS SELECT generate_series(1, 5000) AS i; DELETE FROM prices")
            let listed = try await scene.run("Tables")
            #expect(listed.stdout.contains("pg_default"), "\(listed)")
            var chosen = scene
            chosen.settings["TABLE"] = "public.prices"
            try await scene.run("Tables", 1)
            try await scene.run("Tables", 2, exit: 1)
            let big = try await scene.serverFolder("big")
            try await chosen.run("Tables", 3, replaced: [("/mnt/big/pg", big)])
            #expect(
                try await server.psql(
                    "SELECT pg_tablespace_location(reltablespace) FROM pg_class WHERE relname = 'prices'") == big)
            #expect(try await server.psql("SHOW temp_tablespaces") == "big")
            let planted = try await Program.run(
                "sh",
                [
                    "-c", "mkdir \"$1\" && touch \"$1/new.log\" && touch -d '5 days ago' \"$1/old.log\" \"$1/note\"",
                    "sh", "\(server.dataFolder)/log",
                ])
            #expect(planted.exitCode == 0, "\(planted)")
            let gone = try await scene.run("The server's log")
            #expect(gone.stdout.contains("old.log") && !gone.stdout.contains("new.log"), "\(gone)")
            try await scene.run("The server's log", 1)
            #expect(try Folder.items("\(server.dataFolder)/log").map(\.name).sorted() == ["new.log", "note"])
            try await server.stopServer()
        }
    }

    @Test("the repository is full: the newest set is good, the older ones go, and there is a new one")
    func repository() async throws {
        try await TestServer.withDatabase { database in
            try await withTemporaryFolder { folder in
                try await Self.withDisk("8m", folder) {
                    try await database.psql(
                        "CREATE TABLE t (b bytea); ALTER TABLE t ALTER b SET STORAGE EXTERNAL; INSERT INTO t SELECT string_agg(uuid_send(gen_random_uuid()), '') FROM generate_series(1, 80000) i GROUP BY i % 20"
                    )
                    var scene = Self.scene(database.server, folder)
                    scene.settings["DATABASE_URL"] = database.url
                    try FileManager.default.createDirectory(
                        atPath: "\(folder)/repo", withIntermediateDirectories: false,
                        attributes: [.posixPermissions: 0o700])
                    var full: DbctlOutcome?
                    for _ in 1...9 where full == nil {
                        let made = try await Dbctl.run([
                            "backup", "create", "--repo", "\(folder)/repo", "--database-url", database.url,
                            "--no-progress",
                        ])
                        if made.exitCode != 0 { full = made }
                    }
                    #expect(full?.exitCode == 73, "\(String(describing: full))")
                    try await scene.run("The repository")
                    let pruned = try await scene.run("The repository", 1)
                    #expect(pruned.stdout.contains("DRY RUN"), "\(pruned)")
                    try await scene.run("The repository", 2)
                    try await scene.run("The repository", 3)
                    #expect(try SetCatalog(LocalRepository("\(folder)/repo")).sets().count == 3)
                }
            }
        }
    }
}
