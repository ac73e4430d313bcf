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
