import DBKit
import Foundation
import TestSupport
import Testing

/// What a restore refuses, before it has changed anything.
@Suite struct RestoreRefusalTests {
    /// Runs a restore that must fail, and checks that the server has no database more or less than before.
    static func refused(
        _ fixture: RestoreFixture, _ source: String, into: String, creates: Bool = true,
        _ change: (inout RestoreRequest) -> Void = { _ in }
    ) async throws -> Failure {
        let before = try await fixture.databases()
        let failure = await #expect(throws: Failure.self) {
            try await fixture.restore(source, into: into, creates: creates, change)
        }
        #expect(try await fixture.databases() == before)
        return try #require(failure)
    }

    @Test("a database that is there is never overwritten: 73; one that is missing is not made unasked: 66, B12")
    func target() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive()
            #expect(try await Self.refused(fixture, archive, into: fixture.database).code == .restoreTargetExists)
            let missing = try await Self.refused(fixture, archive, into: "\(fixture.database)_no", creates: false)
            #expect(missing.code == .restoreTargetMissing)
        }
    }

    @Test(
        "a database with anything in it is not empty: 73, B12",
        arguments: [
            "CREATE TABLE t ()", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE TYPE e AS ENUM ()",
            "CREATE SCHEMA s", "SELECT lo_create(0)", "CREATE DOMAIN d AS int", "CREATE PUBLICATION p",
            "CREATE SEQUENCE s",
        ])
    func notEmpty(sql: String) async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive(["-s"])
            let target = "\(fixture.database)_full"
            try await fixture.server.psql("CREATE DATABASE \(target) TEMPLATE template0")
            try await fixture.server.psql(sql, database: target)
            let failure = try await Self.refused(fixture, archive, into: target, creates: false)
            #expect(failure.code == .restoreTargetNotEmpty)
            #expect(failure.category == .cannotCreate)
        }
    }

    @Test(
        "the owner of the database is among the roles looked for, though nothing else is its own; a drill makes it, B12"
    )
    func databaseOwner() async throws {
        try await TestServer.withDatabase { database in
            let owner = TestServer.uniqueName("owner")
            try await database.psql("CREATE TABLE t (i int); CREATE ROLE \(owner)")
            try await database.psql("ALTER DATABASE \(database.name) OWNER TO \(owner)")
            try await BackupFixture.with { backup in
                let made = try await backup.create(database.url)
                try await database.psql("ALTER DATABASE \(database.name) OWNER TO postgres")
                try await database.psql("DROP ROLE \(owner)")
                var request = RestoreRequest(source: made.folder, into: "\(database.name)_copy")
                request.creates = true
                let server = ConnectionParameters(url: database.url)
                let failure = await #expect(throws: Failure.self) {
                    try await DatabaseRestore(request, on: server, run: .make())()
                }
                #expect(failure?.code == .restoreRequirements && failure?.message.contains(owner) == true)
                for isMapped in [true, false] {
                    var own = request
                    if isMapped { own.roleMap = [owner: "postgres"] } else { own.skipsOwners = true }
                    let result = try await DatabaseRestore(own, on: server, run: .make())()
                    #expect(result.omittedRoles == (isMapped ? [] : [owner]))
                    try await database.psql("DROP DATABASE \(request.into)")
                }
                let ground = SetDrill.Ground.throwaway(try await Machine.installed(), root: Machine.sandboxRoot)
                let set = try SetCatalog.resolve(made.folder, in: nil)
                #expect(try await SetDrill(set, on: ground, run: .make())().ok)
            }
        }
    }

    @Test("roles, tablespaces and extensions that the server lacks are all named at once: 78, B12")
    func requirements() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive()
            // Another server, to which none of it was brought.
            try await TestServer.withSandbox { other in
                var toc = try ArchiveTOC(parsing: InputFile(opening: "\(archive)/toc.dat").readAll())
                for index in toc.entries.indices where toc.entries[index].tag == "plpgsql" {
                    toc.entries[index].tag = "no_such_extension"
                }
                let table = try #require(toc.entries.firstIndex { $0.kind == .table })
                toc.entries[table].tablespace = "no_such_place"
                toc.entries.append(
                    ArchiveEntry(
                        dumpID: .init(rawValue: 99_999), tableOID: 3079, oid: 1, tag: "no_such_extension",
                        kind: .serverExtension, section: .preData, definition: "CREATE EXTENSION no_such_extension;\n"))
                try Data(toc.serialized()).write(to: URL(fileURLWithPath: "\(archive)/toc.dat"))
                let request = RestoreFixture.request(archive, into: "new")
                let url = ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(other.port)/postgres")
                let failure = await #expect(throws: Failure.self) {
                    try await DatabaseRestore(request, on: url, run: .make())()
                }
                #expect(failure?.code == .restoreRequirements)
                for name in [fixture.owner, fixture.reader, "no_such_place", "no_such_extension"] {
                    #expect(failure?.message.contains(name) == true)
                }
                #expect(try await other.psql("SELECT count(*) FROM pg_database") == "3")
            }
        }
    }

    @Test("--no-owner restores where none of the roles exists; --role-map brings others in their place, B12")
    func roles() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive()
            try await TestServer.withSandbox { other in
                let url = ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(other.port)/postgres")
                var request = RestoreFixture.request(archive, into: "bare")
                request.skipsOwners = true
                let result = try await DatabaseRestore(request, on: url, run: .make())()
                #expect(result.omittedRoles == [fixture.owner, fixture.reader].sorted())
                #expect(
                    try await other.psql(
                        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE oid >= 16384", database: "bare")
                        == "postgres")
                #expect(try await other.psql("SELECT polname FROM pg_policy", database: "bare") == "everybody")

                try await other.psql("CREATE ROLE \"New Owner\"; CREATE ROLE new_reader")
                request = RestoreFixture.request(archive, into: "mapped")
                request.roleMap = [fixture.owner: "New Owner", fixture.reader: "new_reader"]
                try await DatabaseRestore(request, on: url, run: .make())()
                #expect(
                    try await other.psql(
                        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'mapped'") == "New Owner")
                #expect(
                    try await other.psql(
                        "SELECT has_table_privilege('new_reader', 'events', 'SELECT'), has_function_privilege("
                            + "'new_reader', 'données.double(integer)', 'EXECUTE')", database: "mapped") == "f|t")
                #expect(
                    try await other.psql(
                        "SELECT array_agg(rolname::text ORDER BY 1) FROM pg_policy, unnest(polroles) AS o JOIN pg_roles "
                            + "AS r ON r.oid = o", database: "mapped") == "{\"New Owner\",new_reader}")
            }
        }
    }

    @Test("a cut, missing or changed data file is refused before the target is touched, naming the file: 65, B3")
    func damaged() async throws {
        try await RestoreFixture.with { fixture in
            for options in [["-Z0"], ["-Z6"]] {
                let archive = try await fixture.archive(options)
                let names = try FileManager.default.contentsOfDirectory(atPath: archive).filter {
                    $0 != "toc.dat" && !$0.hasPrefix("blobs")
                }
                for name in names {
                    let url = URL(fileURLWithPath: "\(archive)/\(name)")
                    let whole = try Data(contentsOf: url)
                    guard whole.count > 30 else { continue }
                    try whole.dropLast(10).write(to: url)
                    // What pg_dump wrote without compression has no checksum, and a large object no end mark.
                    if options == ["-Z6"] || !name.hasPrefix("blob") {
                        let failure = try await Self.refused(fixture, archive, into: "\(fixture.database)_new")
                        #expect(failure.code == .restoreSetDamaged)
                        #expect(failure.message.contains(name))
                    }
                    try FileManager.default.removeItem(at: url)
                    let failure = try await Self.refused(fixture, archive, into: "\(fixture.database)_new")
                    #expect(failure.code == .restoreSetDamaged)
                    try whole.write(to: url)
                }
            }
        }
    }

    @Test("a table of contents that leads out of its folder is refused")
    func traversal() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive()
            var toc = try ArchiveTOC(parsing: InputFile(opening: "\(archive)/toc.dat").readAll())
            let data = try #require(toc.entries.firstIndex { $0.kind == .tableData })
            toc.entries[data].fileName = "../../../../../etc/passwd"
            try Data(toc.serialized()).write(to: URL(fileURLWithPath: "\(archive)/toc.dat"))
            let failure = try await Self.refused(fixture, archive, into: "\(fixture.database)_new")
            #expect(failure.category == .data)
        }
    }

    @Test("a folder with globals.sql and without its manifest is a damaged set: 65 unless --foreign, B5")
    func foreign() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive()
            try Data("-- roles\n".utf8).write(to: URL(fileURLWithPath: "\(archive)/globals.sql"))
            let target = "\(fixture.database)_new"
            let failure = try await Self.refused(fixture, archive, into: target)
            #expect(failure.category == .data)
            try await fixture.restore(archive, into: target) { $0.isForeign = true }
        }
    }

    @Test("no such folder: 66; a folder that is no archive, or a single file: 65")
    func source() async throws {
        try await RestoreFixture.with { fixture in
            let target = "\(fixture.database)_new"
            let missing = try await Self.refused(fixture, "\(fixture.folder)/none", into: target)
            #expect(missing.code == .restoreSourceMissing)
            let other = try await Self.refused(fixture, fixture.folder, into: target)
            #expect(other.code == .restoreNotAnArchive)
        }
    }

    @Test("a failed restore leaves no database behind, under no name")
    func failure() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive()
            var toc = try ArchiveTOC(parsing: InputFile(opening: "\(archive)/toc.dat").readAll())
            let index = try #require(toc.entries.lastIndex { $0.kind == "INDEX" })
            toc.entries[index].definition = "CREATE INDEX broken ON nowhere (x);\n"
            try Data(toc.serialized()).write(to: URL(fileURLWithPath: "\(archive)/toc.dat"))
            let failure = try await Self.refused(fixture, archive, into: "\(fixture.database)_new")
            #expect(failure.code == .restoreStatement)
            #expect(failure.sqlState == "42P01")
        }
    }

    @Test("a view that cannot be computed stays empty, with a warning: the tables are not thrown away for it")
    func brokenView() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                SET check_function_bodies = off;
                CREATE SCHEMA s; CREATE TABLE s.x (a int); INSERT INTO s.x VALUES (1);
                CREATE FUNCTION s.f() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM x); END';
                SET search_path = s, public; CREATE MATERIALIZED VIEW s.mv AS SELECT s.f() AS n;
                """)
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url)
                let name = "\(database.name)_mv"
                var request = RestoreRequest(source: set.folder, into: name)
                request.creates = true
                let server = ConnectionParameters(url: database.url)
                try await finally {
                    let result = try await DatabaseRestore(request, on: server, run: .make())()
                    #expect(result.warnings.contains { $0.contains("s.mv") && $0.contains("REFRESH") })
                    let state = "SELECT relispopulated, (SELECT count(*) FROM s.x) FROM pg_class WHERE relname = 'mv'"
                    #expect(try await database.server.psql(state, database: name) == "f|1")
                } cleanUp: {
                    try await database.psql("DROP DATABASE IF EXISTS \(name)")
                }
            }
        }
    }

    @Test("what a killed restore left is removed even with a subscription in it; what cannot be is a warning")
    func leftoverSubscription() async throws {
        try await TestServer.withSandbox { server in
            try await withTemporaryFolder { folder in
                try await server.psql("CREATE TABLE t (i int)")
                let dump = try await Program.run(
                    server.binaries.program("pg_dump"),
                    ["-Fd", "-f", "\(folder)/a", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "postgres"])
                #expect(dump.exitCode == 0, "\(dump.stderr)")
                let left = ["0", "1"].map { "dbctl_restore_01m7z0b12p3wbt07pv005wmmp\($0)_0a1b2c3d" }
                for name in left { try await server.psql("CREATE DATABASE \(name)") }
                try await server.psql(
                    """
                    CREATE SUBSCRIPTION nobody CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p
                    WITH (connect = false, slot_name = 'not_ours')
                    """, database: left[0])
                try await server.psql("ALTER DATABASE \(left[0]) SET default_transaction_read_only = on")
                let url = ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(server.port)/postgres")
                var request = RestoreRequest(source: "\(folder)/a", into: "fresh")
                request.creates = true
                let result = try await DatabaseRestore(request, on: url, run: .make())()
                #expect(result.swept.sorted() == left)
                let rest = "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"
                #expect(try await server.psql(rest) == "fresh,postgres")
            }
        }
    }

    @Test("a template is never filled: every database made later would contain it")
    func template() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive(["-s"])
            let failure = try await Self.refused(fixture, archive, into: "template1", creates: false)
            #expect(failure.code == .restoreTargetExists && failure.message.contains("template"))
        }
    }

    @Test("a finished restore bears its name although a monitor sits in its database")
    func monitorInside() async throws {
        try await TestServer.withSandbox { server in
            try await withTemporaryFolder { folder in
                try await server.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 200000)")
                let dump = try await Program.run(
                    server.binaries.program("pg_dump"),
                    ["-Fd", "-f", "\(folder)/a", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "postgres"])
                #expect(dump.exitCode == 0, "\(dump.stderr)")
                // In every database that appears, as exporters are.
                let monitor = Task {
                    while !Task.isCancelled {
                        let query = "SELECT datname FROM pg_database WHERE starts_with(datname, 'dbctl_restore_')"
                        guard let name = try? await server.psql(query), !name.isEmpty else { continue }
                        _ = try? await server.psql("SELECT pg_sleep(20)", database: name)
                    }
                }
                let url = ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(server.port)/postgres")
                var request = RestoreRequest(source: "\(folder)/a", into: "fresh")
                request.creates = true
                try await finally {
                    try await DatabaseRestore(request, on: url, run: .make())()
                    #expect(try await server.psql("SELECT count(*) FROM t", database: "fresh") == "200000")
                } cleanUp: {
                    monitor.cancel()
                    try await server.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
                    )
                    _ = await monitor.value
                }
            }
        }
    }

    @Test("a dry run names every object and changes nothing")
    func dryRun() async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive()
            let before = try await fixture.databases()
            let result = try await fixture.restore(archive, into: "\(fixture.database)_new") { $0.isDryRun = true }
            #expect(try await fixture.databases() == before)
            let steps = try #require(result.steps)
            #expect(steps.contains("create TABLE public.plain"))
            #expect(steps.contains { $0.hasPrefix("load TABLE DATA public.plain") })
            #expect(steps.last == "rename the database to \(fixture.database)_new")
        }
    }
}
