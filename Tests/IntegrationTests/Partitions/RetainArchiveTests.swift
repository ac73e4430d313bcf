import DBKit
import Foundation
import TestSupport
import Testing

@Suite("partition retain, archive: dropped only once its rows are proven to be elsewhere (T8)")
struct RetainArchiveTests {
    private struct Scene: Sendable {
        let fixture: PartitionFixture
        let backup: BackupFixture
        let archive: PartitionArchive

        var repository: LocalRepository { LocalRepository("\(backup.folder)/repo/\(PartitionArchive.folder)") }

        func sets() throws -> [SetPath] { try SetCatalog(repository).sets() }

        func retain(_ archiving: (any PartitionArchiving)? = nil, keep: String = "4 months") async throws
            -> PartitionRetainReport
        {
            try await fixture.retain(try fixture.expiry(.archive, keep: keep), archiving: archiving ?? archive)
        }

        func restore(_ set: String, table: String) async throws -> DbctlOutcome {
            try await Dbctl.run(
                [
                    "restore", set, "--table", table, "--into", fixture.database.name, "--database-url",
                    fixture.database.url,
                ])
        }
    }

    private func with<T: Sendable>(
        _ more: String = "", major: Int = 15, _ body: (Scene) async throws -> T
    ) async throws -> T {
        try await PartitionFixture.with(PartitionFixture.year + more, major: major) { fixture in
            try await BackupFixture.with { backup in
                let repository = LocalRepository("\(backup.folder)/repo/\(PartitionArchive.folder)")
                var request = try backup.request(fixture.database.url)
                request.repository = repository
                if major != 15 { request.tools.configured = try await Machine.binaries(major: major).folder }
                let archive = PartitionArchive(
                    request, ground: .throwaway(try await Machine.installed(), root: Machine.sandboxRoot))
                return try await body(Scene(fixture: fixture, backup: backup, archive: archive))
            }
        }
    }

    @Test(
        "the set holds exactly that partition, comes back by dbctl restore, and counts as no backup of the database",
        arguments: [15, 18])
    func wholeWay(_ major: Int) async throws {
        try await with(major: major) { scene in
            let fixture = scene.fixture
            let before = try await fixture.database.psql(
                "SELECT count(*), sum(hashtext(t::text)) FROM attempts_p2025_08 AS t")
            let report = try await scene.retain()
            #expect(report.failure == nil, "\(String(describing: report.failure))")
            let august = try #require(report.partitions.first)
            #expect(august.state == .archived && august.rows == 186 && august.checksum?.hasPrefix("xxh64-sum:") == true)
            #expect(try await fixture.months() == "01 02 09 10 11 12 | ")
            let set = try #require(august.set)
            let manifest = try SetVerification(folder: set).manifest()
            #expect(manifest.tables.map(\.name) == ["attempts_p2025_08"])
            let state = try SetState.read(try scene.sets()[0], in: scene.repository)
            #expect(state.verified?.ok == true && state.drilled?.ok == true)
            #expect(scene.backup.isEmpty)
            let history = try await fixture.database.psql(
                "SELECT command, arguments[1:2], counts -> 'rows' FROM dbctl.operations WHERE command = 'partition archive'"
            )
            #expect(history == "partition archive|{public.attempts_p2025_08,\(set)}|186")
            let restored = try await scene.restore(set, table: "public.attempts_p2025_08")
            #expect(restored.exitCode == 0, "\(restored)")
            let after = try await fixture.database.psql(
                "SELECT count(*), sum(hashtext(t::text)) FROM attempts_p2025_08 AS t")
            #expect(after == before)
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
            #expect(try await fixture.mark("attempts_p2025_08") == "")
            // What somebody has restored is his.
            let again = try await scene.retain()
            #expect(again.failure == nil && again.partitions == [])
            #expect(try await fixture.months() == "01 02 09 10 11 12 | 08")
        }
    }

    @Test("rows written after it was archived: not dropped, said plainly, and the next run archives it anew")
    func stale() async throws {
        try await with { scene in
            let late = "INSERT INTO attempts_p2025_08 (id, attempted_at, user_id) VALUES (-1, '2025-08-31', 3)"
            let report = try await scene.retain(
                Tampering(archive: scene.archive, database: scene.fixture.database, sql: late))
            let failure = try #require(report.failure)
            #expect(failure.code == .partitionArchiveStale && failure.category == .partial)
            #expect(failure.message.contains("187 rows, 186 there"), "\(failure)")
            #expect(try await scene.fixture.months() == "01 02 09 10 11 12 | 08")
            let again = try await scene.retain()
            #expect(again.failure == nil && again.partitions.map(\.rows) == [187])
            #expect(try scene.sets().count == 2)
        }
    }

    @Test("a row that was only changed is found as well")
    func changed() async throws {
        try await with { scene in
            let change = "UPDATE attempts_p2025_08 SET note = 'other' WHERE attempted_at = '2025-08-01 00:00Z'"
            let report = try await scene.retain(
                Tampering(archive: scene.archive, database: scene.fixture.database, sql: change))
            #expect(report.failure?.code == .partitionArchiveStale)
            #expect(report.failure?.message.contains("not the same ones") == true)
            #expect(try await scene.fixture.months() == "01 02 09 10 11 12 | 08")
        }
    }

    @Test("a damaged set is never what a drop relies on: it is found, and the table is archived anew")
    func damaged() async throws {
        try await with { scene in
            try await scene.fixture.holding("SELECT count(*) FROM users") {
                // Archived, and not dropped: the DROP needs a lock on what its foreign key refers to.
                let report = try await scene.retain()
                #expect(report.failure?.code == .partitionDetached, "\(String(describing: report.failure))")
            }
            let set = try #require(try scene.sets().first)
            let folder = scene.repository.url(set.folder)
            let file = try #require(
                try FileManager.default.contentsOfDirectory(atPath: folder).first {
                    $0.contains(".dat") && $0 != "toc.dat"
                })
            var bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(filePath: "\(folder)/\(file)"))
            let report = try await scene.retain()
            #expect(report.partitions.map(\.state) == [.archived], "\(report)")
            #expect(try #require(report.partitions[0].set) != folder && scene.sets().count == 2)
            #expect(try SetState.read(set, in: scene.repository).verified?.ok == false)
        }
    }

    @Test("archived and not dropped: the next run takes the proven set, and makes no second one")
    func resumed() async throws {
        try await with { scene in
            try await scene.fixture.holding("SELECT count(*) FROM users") {
                let report = try await scene.retain()
                #expect(report.failure?.code == .partitionDetached && report.failure?.category == .partial)
                #expect(report.partitions.first?.set != nil && report.partitions.first?.state == .failed)
                #expect(try await scene.fixture.mark("attempts_p2025_08").contains("\"set\":\""))
            }
            let report = try await scene.retain()
            #expect(report.failure == nil && report.partitions.map(\.state) == [.archived])
            #expect(try scene.sets().count == 1)
        }
    }

    @Test("a partition with partitions of its own is one set with the rows of all of them")
    func subPartitions() async throws {
        let more = """
            ALTER TABLE attempts DROP CONSTRAINT attempts_pkey;
            CREATE TABLE attempts_p2025_07 PARTITION OF attempts FOR VALUES FROM ('2025-07-01Z') TO ('2025-08-01Z')
                PARTITION BY LIST (user_id);
            CREATE TABLE attempts_p2025_07_1 PARTITION OF attempts_p2025_07 FOR VALUES IN (1);
            CREATE TABLE attempts_p2025_07_rest PARTITION OF attempts_p2025_07 DEFAULT;
            INSERT INTO attempts (attempted_at, user_id) VALUES ('2025-07-05', 1), ('2025-07-06', 2), ('2025-07-07', 3);
            """
        try await with(more) { scene in
            let report = try await scene.retain(keep: "5 months")
            #expect(report.failure == nil, "\(String(describing: report.failure))")
            #expect(report.partitions.map(\.rows) == [3])
            let restored = try await scene.restore(
                try #require(report.partitions[0].set), table: "public.attempts_p2025_07")
            #expect(restored.exitCode == 0, "\(restored)")
            #expect(
                try await scene.fixture.database.psql(
                    "SELECT (SELECT count(*) FROM attempts_p2025_07_1), (SELECT count(*) FROM attempts_p2025_07)")
                    == "1|3")
        }
    }

    @Test("without a repository, or without server programs to restore with: 78, before anything is detached")
    func prerequisites() async throws {
        try await with { scene in
            let none = try await scene.fixture.retain(try scene.fixture.expiry(.archive))
            #expect(none.failure?.code == .partitionNoArchive && none.failure?.category == .configuration)
            let helpless = PartitionArchive(
                try scene.backup.request(scene.fixture.database.url), ground: .throwaway([], root: Machine.sandboxRoot))
            let failure = try await scene.retain(helpless).failure
            #expect(failure?.code == .backupDrillServer && failure?.category == .configuration)
            #expect(try await scene.fixture.months() == "01 02 08 09 10 11 12 | ")
            #expect(try await scene.fixture.comment("attempts_p2025_08") == "august's")
        }
    }

    @Test("a role that may not read everything: 77 before anything is detached, and a dry run says it too")
    func unreadable() async throws {
        try await with { scene in
            let fixture = scene.fixture
            let role = TestServer.uniqueName("retainer")
            try await fixture.database.psql(
                """
                CREATE TABLE secret (v int);
                CREATE ROLE \(role) LOGIN;
                ALTER TABLE attempts OWNER TO \(role);
                DO $$ BEGIN EXECUTE (SELECT string_agg(format('ALTER TABLE %s OWNER TO \(role);', inhrelid::regclass), ' ')
                    FROM pg_inherits WHERE inhparent = 'attempts'::regclass); END $$;
                GRANT SELECT ON users TO \(role);
                """)
            var request = try scene.backup.request(fixture.database.url)
            request.repository = scene.repository
            request.server.set("user", role)
            let archive = PartitionArchive(
                request, ground: .throwaway(try await Machine.installed(), root: Machine.sandboxRoot))
            let retention = fixture.retention([try fixture.expiry(.archive)], archiving: archive) {
                $0.server.set("user", role)
            }
            for report in [try await retention.plan(), try await retention.run()] {
                let failure = try #require(report.failure)
                #expect(failure.code == .backupUnreadable && failure.message.contains("secret"), "\(failure)")
            }
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            #expect(try await fixture.mark("attempts_p2025_08") == "")
            try await fixture.database.psql(
                "REASSIGN OWNED BY \(role) TO postgres; DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }
}

/// Archives, and then somebody writes.
private struct Tampering: PartitionArchiving {
    let archive: PartitionArchive
    let database: TestDatabase
    let sql: String

    var sentence: String { archive.sentence }
    func check(_ tables: [RetiredTable]) async throws { try await archive.check(tables) }
    func archive(_ table: RetiredTable) async throws -> ArchivedTable {
        let archived = try await archive.archive(table)
        try await database.psql(sql)
        return archived
    }
}
