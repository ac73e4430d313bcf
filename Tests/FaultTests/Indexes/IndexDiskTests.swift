import DBKit
import Foundation
import TestSupport
import Testing

/// Indexes on a disk that is too small for them: a tmpfs of the test's own, mounted as root (I7).
@Suite("Index builds on a full disk") struct IndexDiskTests {
    @Test("73 before anything is built; a disk that fills up all the same leaves nothing INVALID")
    func small() async throws {
        try await TestServer.withSandbox { server in
            try await withTemporaryFolder { folder in
                let mounted = try await Program.run(
                    "mount", ["-t", "tmpfs", "-o", "size=3m,mode=0777", "tmpfs", folder])
                #expect(mounted.exitCode == 0, "this test mounts a tmpfs, as root: \(mounted.stderr)")
                try await finally {
                    let database = TestDatabase(name: "postgres", server: server)
                    try await prepare(database, folder)
                    try await run(IndexFixture(database: database))
                    try await server.stopServer()
                } cleanUp: {
                    _ = try await Program.run("umount", ["--lazy", folder])
                }
            }
        }
    }

    private func prepare(_ database: TestDatabase, _ folder: String) async throws {
        try await database.psql(
            "CREATE TABLE prices (a int); INSERT INTO prices SELECT generate_series(1, 200000); ANALYZE prices")
        let owner = try await Program.run("chown", ["--reference", database.server.dataFolder, folder])
        #expect(owner.exitCode == 0, "\(owner)")
        try await database.psql("CREATE TABLESPACE small LOCATION '\(folder)'")
        try await database.psql("ALTER DATABASE postgres SET default_tablespace = small")
    }

    private func run(_ fixture: IndexFixture) async throws {
        actor Told {
            var statements: [String] = []
            func add(_ event: IndexEvent) { if case .running(let statement) = event { statements.append(statement) } }
        }
        let told = Told()
        let request = fixture.request { $0.onEvent = { event in Task { await told.add(event) } } }
        let refused = await #expect(throws: Failure.self) { try await fixture.create("prices", "a", request: request) }
        #expect(refused?.code == .indexNoSpace && refused?.category == .cannotCreate, "\(String(describing: refused))")
        #expect(await told.statements == [])
        // Nobody could know: the build runs into the end of the disk.
        let blind = fixture.request { $0.freeBytes = { _ in nil } }
        let full = await #expect(throws: Failure.self) { try await fixture.create("prices", "a", request: blind) }
        #expect(full?.sqlState == "53100" && full?.category == .cannotCreate, "\(String(describing: full))")
        #expect(full?.detail?.contains("No INVALID index is left") == true, "\(String(describing: full))")
        #expect(try await fixture.indexes() == [])
        // The same before a rebuild.
        try await fixture.database.psql("SET default_tablespace = ''; CREATE INDEX broken ON prices (a)")
        try await fixture.invalidate("broken")
        let repaired = try await IndexRepair(fixture.request()).run()
        #expect(repaired.failure?.code == .indexNoSpace, "\(repaired)")
    }
}
