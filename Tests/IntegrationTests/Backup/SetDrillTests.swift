import DBKit
import Foundation
import TestSupport
import Testing

@testable import Backup
@testable import Sandbox

/// A drill says whether a set comes back, and leaves nothing of itself.
@Suite struct SetDrillTests {
    private func drill(_ set: FoundSet, _ ground: SetDrill.Ground? = nil) async throws -> DrillReport {
        var usual: SetDrill.Ground?
        if ground == nil {
            usual = .throwaway(try await Machine.installed(), root: Machine.sandboxRoot)
        }
        return try await SetDrill(set, on: try #require(ground ?? usual), run: .make())()
    }

    /// Rewrites the manifest with a seal that holds: what only a comparison of rows can find.
    private func rewrite(_ set: FoundSet, _ change: (inout Manifest) -> Void) throws {
        var manifest = try SetVerification(folder: set.folder).manifest()
        change(&manifest)
        let bytes = try ManifestFile.encode(manifest)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(set.folder)/\(ManifestFile.name)"))
    }

    @Test(
        "the rich database, with roles that only its server knew, comes back in a cluster of its own, B15",
        arguments: TestServer.majors)
    func throwaway(major: Int) async throws {
        try await RestoreFixture.with(major: major) { rich in
            let set = try await BackupSetRestoreTests.backup(rich)
            let report = try await drill(set)
            #expect(report.ok && report.failure == nil, "\(report.differences.map(\.sentence))")
            #expect(report.serverVersion.hasPrefix("\(major)"))
            #expect(report.rows > 4000 && report.restoreDuration > 0)
            let state = try SetState.read(set.path, in: set.repository)
            #expect(state.drilled?.ok == true)
            #expect(state.drilled?.duration == report.restoreDuration)
        }
    }

    @Test("one row less, or one other row, is found and named, and noted beside the set, B15")
    func differences() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 100); CREATE TABLE same AS TABLE t;
                CREATE TABLE p (i int) PARTITION BY RANGE (i); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
                INSERT INTO p VALUES (1), (2);
                """)
            try await BackupFixture.with { backup in
                let made = try await backup.create(database.url)
                let set = try SetCatalog.resolve(made.report.set, in: backup.repository)
                try rewrite(set) { manifest in
                    for index in manifest.tables.indices {
                        let sum = manifest.tables[index].checksum.sum
                        switch manifest.tables[index].name {
                        case "t": manifest.tables[index].checksum = TableChecksum(sum: sum &+ 1)
                        case "p1": manifest.tables[index].name = "gone"
                        default: break
                        }
                    }
                }
                let report = try await drill(set)
                #expect(!report.ok)
                #expect(report.differences.map(\.table) == ["public.gone", "public.t"])
                #expect(report.differences.first?.rows == nil)
                #expect(report.failure?.code == .backupDrillFailed && report.failure?.category == .data)
                let state = try SetState.read(set.path, in: set.repository)
                #expect(state.drilled?.ok == false && state.verified?.ok == true)
                // Its bytes say nothing about it: it neither counts nor goes.
                try backup.plant(database.name, at: Date() - 3600)
                let prune = PruneRequest(
                    repository: backup.repository, policy: RetentionPolicy(last: 1), run: .make(),
                    applicationName: "dbctl backup prune test")
                let pruned = try await Pruning(prune).run()
                #expect(pruned.deleted == 0 && pruned.sets.first?.why.contains("drill") == true)
                #expect(try SetListing.read(backup.repository).sets.first?.problem?.contains("drill") == true)
            }
        }
    }

    @Test(
        "damage that a drill finds is noted as verify's is: the set counts for nothing, and no older one goes for it, B16"
    )
    func damage() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 100)")
            try await BackupFixture.with { backup in
                let whole = try backup.plant(database.name, at: Date() - 3600)
                let made = try await backup.create(database.url)
                let set = try SetCatalog.resolve(made.report.set, in: backup.repository)
                let file = URL(fileURLWithPath: "\(made.folder)/\(try made.table("t").file)")
                var bytes = try Data(contentsOf: file)
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: file)
                let report = try await drill(set)
                #expect(!report.ok)
                #expect(report.failure?.detail?.contains("public.t") == true)
                let state = try SetState.read(set.path, in: set.repository)
                #expect(state.drilled?.ok == false && state.verified?.ok == false)
                let check = FreshnessReport.check(
                    backup.repository, databases: [], maximumAge: .seconds(7200), maximumDrillAge: nil, clock: .system)
                #expect(check.verdict == .warning && check.databases.first?.set == whole.name.text)
                #expect(try SetListing.read(backup.repository).sets.first?.problem?.contains("damaged") == true)
                let prune = PruneRequest(
                    repository: backup.repository, policy: RetentionPolicy(last: 1), run: .make(),
                    applicationName: "dbctl backup prune test")
                #expect(try await Pruning(prune).run().deleted == 0)
            }
        }
    }

    @Test("on a server the database of --into is made and dropped; one that is there is refused, B15")
    func scratch() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 100)")
            try await BackupFixture.with { backup in
                let made = try await backup.create(database.url)
                let set = try SetCatalog.resolve(made.report.set, in: backup.repository)
                let server = ConnectionParameters(url: database.url)
                let scratch = TestServer.uniqueName("scratch")
                let preview = try await SetDrill(set, on: .scratch(server, database: scratch), run: .make()).preview()
                #expect(preview.into == scratch && preview.rows == 100)
                let ground = SetDrill.Ground.throwaway(try await Machine.installed(), root: Machine.sandboxRoot)
                #expect(try await SetDrill(set, on: ground, run: .make()).preview().into == nil)
                #expect(try SetState.read(set.path, in: set.repository).drilled == nil)
                let report = try await drill(set, .scratch(server, database: scratch))
                #expect(report.ok)
                let left = "SELECT count(*) FROM pg_database WHERE datname LIKE '\(scratch)%'"
                #expect(try await database.psql(left) == "0")
                let failure = await #expect(throws: Failure.self) {
                    try await drill(set, .scratch(server, database: database.name))
                }
                #expect(failure?.code == .restoreTargetExists)
                #expect(try await database.psql("SELECT count(*) FROM t") == "100")
            }
        }
    }

    @Test("the cluster is of the set's own major version, else of the nearest later one; none is 78 naming the package")
    func majors() throws {
        let installed = [15, 18, 16].map { ServerBinaries(major: $0, version: "\($0).1", folder: "/\($0)") }
        func choice(_ version: String) throws -> Int { try DrillCluster.binaries(for: version, from: installed).major }
        #expect(try choice("15.18 (Debian 15.18-0+deb12u1)") == 15)
        #expect(try choice("14.2") == 15)
        #expect(try choice("17.0") == 18)
        let failure = #expect(throws: Failure.self) { try choice("19devel") }
        #expect(failure?.category == .configuration && failure?.hint?.contains("postgresql-19") == true)
    }
}
