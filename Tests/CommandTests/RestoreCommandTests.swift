import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl restore` as it is typed.
@Suite struct RestoreCommandTests {
    /// The envelope and `data` of a restore.
    struct Document: Decodable {
        var schema: String
        var ok: Bool
        var exit: Int
        var data: RestoreResult?
        var error: Problem?

        struct Problem: Decodable {
            var code: String
            var message: String
        }
    }

    /// A repository with one set of a small database.
    private static func withSet(
        _ body: (TestDatabase, _ repository: String) async throws -> Void
    ) async throws {
        try await TestServer.withDatabase { database in
            try await withTemporaryFolder { folder in
                try await database.psql("CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 100) AS g")
                let outcome = try await Dbctl.run(
                    ["backup", "create", "--database-url", database.url, "--repo", folder])
                try #require(outcome.exitCode == 0, "\(outcome)")
                try await finally {
                    try await body(database, folder)
                } cleanUp: {
                    try await database.server.psql("DROP DATABASE IF EXISTS \(database.name)_copy WITH (FORCE)")
                }
            }
        }
    }

    @Test("a restore says what it did in one JSON document, and notes it beside the set")
    func json() async throws {
        try await Self.withSet { database, repository in
            let copy = "\(database.name)_copy"
            let outcome = try await Dbctl.run([
                "restore", "--latest", "--repo", repository, "--database-url", database.url, "--into", copy, "--create",
                "--format", "json",
            ])
            #expect(outcome.exitCode == 0, "\(outcome)")
            let document = try outcome.decode(Document.self)
            #expect(document.schema == "dbctl.restore/1")
            #expect(document.ok)
            #expect(document.data?.rows == 100)
            #expect(document.data?.database == copy && document.data?.sourceDatabase == database.name)
            #expect(try await database.server.psql("SELECT sum(id) FROM t", database: copy) == "5050")
            let set = try #require(SetCatalog(LocalRepository(repository)).sets(of: database.name).first)
            let state = try SetState.read(set, in: LocalRepository(repository))
            #expect(state.restored?.map(\.into) == [copy])
            // Nothing of dbctl's own in the database that it filled.
            #expect(
                try await database.server.psql(
                    "SELECT count(*) FROM pg_namespace WHERE nspname = 'dbctl'", database: copy)
                    == "0")
        }
    }

    @Test("exit codes: 64 for a command line, 65 damaged, 66 missing, 73 there")
    func exitCodes() async throws {
        try await Self.withSet { database, repository in
            func exit(_ arguments: [String]) async throws -> (Int32, String?) {
                let outcome = try await Dbctl.run(
                    ["restore", "--repo", repository, "--database-url", database.url, "--format", "json"] + arguments)
                return (outcome.exitCode, try? outcome.decode(Document.self).error?.code)
            }
            #expect(try await exit(["--into", "x"]) == (64, "usage.arguments"))
            #expect(try await exit(["--latest", "--from", "/x", "--into", "x"]) == (64, "usage.arguments"))
            #expect(try await exit(["--latest", "--into", "x", "--role-map", "a"]) == (64, "usage.arguments"))
            #expect(try await exit(["--latest", "--into", "x", "--jobs", "0"]) == (64, "usage.arguments"))
            let long = String(repeating: "x", count: 64)
            #expect(try await exit(["--latest", "--into", long, "--create"]) == (64, "usage.arguments"))
            let own = "dbctl_restore_x"
            #expect(try await exit(["--latest", "--into", own, "--create"]) == (64, "usage.arguments"))
            #expect(try await exit(["--from", "/nowhere", "--into", "x"]) == (66, "restore.source_missing"))
            #expect(try await exit(["2001", "--into", "x"]) == (66, "backup.set_not_found"))
            #expect(try await exit(["--latest", "--into", "\(database.name)_copy"]) == (66, "restore.target_missing"))
            #expect(try await exit(["--latest", "--into", database.name]) == (73, "restore.target_not_empty"))
            #expect(try await exit(["--latest", "--into", database.name, "--create"]) == (73, "restore.target_exists"))
            let set = try #require(SetCatalog(LocalRepository(repository)).sets(of: database.name).first)
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(repository)/\(set.folder)/globals.sql"))
            let damaged = try await exit(["--latest", "--into", "\(database.name)_copy", "--create"])
            #expect(damaged == (65, "backup.damaged"))
            // Whoever asks next is told.
            let check = try await Dbctl.run(["backup", "check", "--repo", repository])
            #expect(check.exitCode == 2 && check.stdout.contains("no good set"), "\(check)")
            let list = try await Dbctl.run(["backup", "list", "--repo", repository])
            #expect(list.stdout.contains("damaged"), "\(list)")
        }
    }

    @Test("on a terminal --clean shows what it would do and goes on when the database's name is typed, not otherwise")
    func typedConsent() async throws {
        try await Self.withSet { database, repository in
            try await database.psql("DELETE FROM t WHERE id > 1")
            let command =
                "\(DbctlBinary.path) restore --latest --repo \(repository) --database-url \(database.url) "
                + "--into \(database.name) --table public.t --clean --no-progress"
            func type(_ answer: String) async throws -> Program.Outcome {
                try await Program.run(
                    "/usr/bin/script", ["-qec", command, "/dev/null"],
                    environment: ["HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "TERM": "dumb"],
                    input: "\(answer)\n")
            }
            let refused = try await type("yes")
            #expect(refused.exitCode == 80, "\(refused)")
            #expect(refused.stdout.contains("DROP TABLE") && refused.stdout.contains("type \(database.name) to go on"))
            #expect(try await database.psql("SELECT count(*) FROM t") == "1")
            let done = try await type(database.name)
            #expect(done.exitCode == 0, "\(done)")
            #expect(try await database.psql("SELECT count(*) FROM t") == "100")
        }
    }

    @Test("one lost table as it is typed: back with --table, 73 when it is there, --clean acts with --yes only, B13")
    func table() async throws {
        try await Self.withSet { database, repository in
            func restore(_ arguments: [String]) async throws -> (exit: Int32, document: Document) {
                let outcome = try await Dbctl.run(
                    [
                        "restore", "--latest", "--repo", repository, "--database-url", database.url, "--into",
                        database.name, "--format", "json",
                    ] + arguments)
                return (outcome.exitCode, try outcome.decode(Document.self))
            }
            func sum() async throws -> String { try await database.psql("SELECT sum(id) FROM t") }
            try await database.psql("DROP TABLE t")
            let back = try await restore(["--table", "public.t", "--lock-timeout", "5s"])
            #expect(back.exit == 0 && back.document.data?.rows == 100 && back.document.data?.tables == 1)
            #expect(try await sum() == "5050")
            let there = try await restore(["--table", "public.t"])
            #expect(there.exit == 73 && there.document.error?.code == "restore.table_exists")
            try await database.psql("DELETE FROM t WHERE id > 1")
            let told = try await restore(["--table", "public.t", "--clean"])
            #expect(told.exit == 0 && told.document.data?.steps?.contains { $0.hasPrefix("DROP TABLE") } == true)
            #expect(try await sum() == "1")
            #expect(try await restore(["--table", "public.t", "--clean", "--yes", "--dry-run"]).exit == 0)
            #expect(try await sum() == "1")
            #expect(try await restore(["--table", "public.t", "--as", "other.u"]).exit == 0)
            #expect(try await database.psql("SELECT sum(id) FROM other.u") == "5050")
            #expect(try await restore(["--table", "public.t", "--clean", "--yes"]).exit == 0)
            #expect(try await sum() == "5050")
            try await database.psql("CREATE VIEW v AS SELECT FROM t")
            let used = try await restore(["--table", "public.t", "--clean", "--yes"])
            #expect(used.exit == 80 && used.document.error?.message.contains("view public.v") == true)
            let missing = try await restore(["--table", "public.nothing"])
            #expect(missing.exit == 66 && missing.document.error?.code == "restore.table_missing")
            for wrong in [
                ["--as", "a.b"], ["--clean", "--create"], ["--table", "a.b.c"], ["--table", "t", "--as", "b"],
                ["--table", "t", "--create"], ["--table", "t", "--clean", "--as", "a.b"],
                ["--table", "t", "--table", "u", "--as", "a.b"], ["--schema", "s", "--table", "t"],
                ["--schema", "s", "--create"], ["--schema", "s", "--clean"], ["--schema", "s", "--as", "a.b"],
                ["--data-only", "--schema-only"], ["--data-only", "--create"], ["--data-only", "--clean"],
                ["--data-only", "--resume"], ["--data-only", "--table", "t", "--as", "a.b"],
                ["--resume", "--table", "t"], ["--resume", "--schema", "s"],
            ] {
                #expect(try await restore(wrong).exit == 64, "\(wrong)")
            }
        }
    }

    @Test("--data-only as it is typed: rows into a table that is there, and 73 when it has some")
    func dataOnly() async throws {
        try await Self.withSet { database, repository in
            func restore() async throws -> (exit: Int32, document: Document) {
                let outcome = try await Dbctl.run([
                    "restore", "--latest", "--repo", repository, "--database-url", database.url, "--into",
                    database.name, "--format", "json", "--data-only", "--lock-timeout", "5s",
                ])
                return (outcome.exitCode, try outcome.decode(Document.self))
            }
            let full = try await restore()
            #expect(full.exit == 73 && full.document.error?.code == "restore.rows_exist")
            try await database.psql("TRUNCATE t")
            let done = try await restore()
            #expect(done.exit == 0 && done.document.data?.rows == 100, "\(done)")
            #expect(try await database.psql("SELECT sum(id) FROM t") == "5050")
        }
    }

    @Test("--clean replaces a whole database, with --yes only, and not while somebody is connected: 75, B12")
    func clean() async throws {
        try await Self.withSet { database, repository in
            func restore(_ arguments: [String]) async throws -> (exit: Int32, document: Document) {
                // The URL may name the very database.
                let outcome = try await Dbctl.run(
                    [
                        "restore", "--latest", "--repo", repository, "--database-url", database.url, "--into",
                        database.name, "--format", "json", "--clean",
                    ] + arguments)
                return (outcome.exitCode, try outcome.decode(Document.self))
            }
            func contents() async throws -> String {
                try await database.psql(
                    "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relkind = 'r' "
                        + "AND oid >= 16384; SELECT count(*) FROM t")
            }
            try await database.psql("CREATE TABLE later (); DELETE FROM t WHERE id > 5")
            let told = try await restore([])
            #expect(told.exit == 0)
            let last = told.document.data?.steps?.last ?? ""
            #expect(
                last.hasPrefix("DROP DATABASE \(database.name)") && last.contains("relation public.later"), "\(last)")
            #expect(try await contents() == "later,t\n5")

            let holder = try await Connection.open(database.parameters, settings: .init(applicationName: "shop"))
            let busy = try await restore(["--yes"])
            await holder.close()
            #expect(busy.exit == 75 && busy.document.error?.code == "restore.target_in_use")
            #expect(try await contents() == "later,t\n5")

            let set = try #require(SetCatalog(LocalRepository(repository)).sets(of: database.name).first)
            let file = "\(repository)/\(set.folder)/globals.sql"
            let whole = try Data(contentsOf: URL(fileURLWithPath: file))
            try Data("x".utf8).write(to: URL(fileURLWithPath: file))
            #expect(try await restore(["--yes"]).exit == 65)
            #expect(try await contents() == "later,t\n5")
            try whole.write(to: URL(fileURLWithPath: file))

            let done = try await restore(["--yes"])
            #expect(done.exit == 0, "\(done)")
            #expect(try await contents() == "t\n100")
            #expect(
                try await database.server.psql(
                    "SELECT count(*) FROM pg_database WHERE datname ~ '^dbctl_restore_.*_old'")
                    == "0")
        }
    }
}
