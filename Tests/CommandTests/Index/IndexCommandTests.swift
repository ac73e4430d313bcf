import DBKit
import Foundation
import TestSupport
import Testing

@Suite("dbctl index, as it is typed")
struct IndexCommandTests {
    private func dbctl(_ fixture: IndexFixture, _ arguments: String..., folder: String = "/tmp") async throws
        -> DbctlOutcome
    {
        try await TestSupport.Dbctl.run(
            ["index"] + arguments + ["--database-url", fixture.database.url, "--no-progress"], folder: folder)
    }

    private struct Document<Data: Decodable>: Decodable {
        var schema: String
        var ok: Bool
        var exit: Int
        var data: Data
    }

    private struct Listing: Decodable { var indexes: [ListedIndex] }
    private struct Audit: Decodable { var findings: [AuditFinding] }
    private struct Changes: Decodable { var indexes: [IndexChange] }

    @Test("every verb's document is what its schema says")
    func documents() async throws {
        try await IndexFixture.with { fixture in
            let create = try await dbctl(fixture, "create", "prices", "asset_id", "date DESC", "--format", "json")
            let created = try create.decode(Document<IndexCreateReport>.self)
            #expect(created.schema == "dbctl.index.create/1" && created.exit == 0)
            #expect(created.data.indexes.map(\.name) == ["prices_asset_id_date_idx"])
            let again = try await dbctl(fixture, "create", "prices", "asset_id", "date DESC")
            #expect(again.exitCode == 0 && again.stdout == "equivalent: prices_asset_id_date_idx\n", "\(again)")
            let list = try await dbctl(fixture, "list", "prices", "--format", "json").decode(Document<Listing>.self)
            #expect(list.schema == "dbctl.index.list/1" && list.data.indexes.map(\.state) == [.valid])
            let audit = try await dbctl(fixture, "audit", "--format", "json")
            #expect(audit.exitCode == 1)
            let findings = try audit.decode(Document<Audit>.self)
            #expect(
                !findings.ok
                    && findings.data.findings.contains {
                        $0.kind == .unused && $0.command.hasPrefix("dbctl index drop")
                    })
            let repair = try await dbctl(fixture, "repair", "--format", "json").decode(Document<Changes>.self)
            #expect(repair.schema == "dbctl.index.repair/1" && repair.data.indexes.isEmpty)
            let drop = try await dbctl(fixture, "drop", "prices_asset_id_date_idx", "--format", "json").decode(
                Document<IndexDropReport>.self)
            #expect(drop.data.isDryRun && drop.data.indexes.map(\.state) == [.planned])
            let dropped = try await dbctl(fixture, "drop", "prices_asset_id_date_idx", "--yes")
            #expect(dropped.exitCode == 0 && dropped.stdout.hasPrefix("DROPPED"), "\(dropped)")
            #expect(try await fixture.indexes() == [])
        }
    }

    @Test("--dry-run prints the exact statements and changes nothing")
    func dryRun() async throws {
        try await IndexFixture.with { fixture in
            let plan = try await dbctl(
                fixture, "create", "prices", "(lower(name))", "date", "--unique", "--include", "close", "--where",
                "note IS NULL", "--name", "n", "--dry-run")
            #expect(plan.exitCode == 0)
            let statement = try #require(plan.stdout.split(separator: "\n").first { $0.hasPrefix("CREATE") })
            #expect(
                statement
                    == "CREATE UNIQUE INDEX CONCURRENTLY \"n\" ON \"public\".\"prices\" ((lower(name)), \"date\") INCLUDE (\"close\") WHERE (note IS NULL);"
            )
            #expect(try await fixture.indexes() == [])
            #expect(try await fixture.database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
        }
    }

    @Test("exit codes: 64, 65, 66, 73, 76, 80")
    func exits() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE INDEX wide ON prices (close, date)")
            for (arguments, code) in [
                (["prices", "date", "--nulls-not-distinct"], 64), (["prices", "date", "--unique"], 65),
                (["prices", "date", "--unique", "--dry-run"], 65),
                (["prices", "note", "--using", "BTREE", "--dry-run"], 0),
                (["prices", ""], 64), (["prices", "date", "--include", " "], 64),
                (["nope", "a"], 66),
                (["prices", "nope"], 66), (["prices", "date", "--name", "wide"], 73),
                (["prices", "date nope_ops"], 76),
                (["prices", "close"], 80),
            ] {
                let outcome = try await TestSupport.Dbctl.run(
                    ["index", "create"] + arguments + ["--database-url", fixture.database.url])
                #expect(outcome.exitCode == Int32(code), "\(arguments): \(outcome)")
            }
        }
    }

    @Test("apply reads indexes: of dbctl.yaml; what differs is exit 1, what is undeclared goes only with --yes")
    func apply() async throws {
        try await IndexFixture.with { fixture in
            try await withTemporaryFolder { folder in
                try Data(
                    """
                    indexes:
                      - {table: prices, columns: [asset_id, date DESC]}
                      - {table: prices, columns: ["(lower(name))"], name: names, where: note IS NULL, include: [close]}
                      - {table: prices, columns: [date, asset_id, close], unique: true, nulls_not_distinct: true, using: btree}

                    """.utf8
                ).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                try await fixture.database.psql("CREATE INDEX stray ON prices (note)")
                let first = try await dbctl(fixture, "apply", "--format", "json", folder: folder)
                #expect(first.exitCode == 0, "\(first)")
                #expect(
                    try first.decode(Document<Changes>.self).data.indexes.map(\.state) == [
                        .created, .created, .created,
                    ])
                try await fixture.database.psql("DROP INDEX names")
                let listed = try await dbctl(fixture, "apply", "--prune", folder: folder)
                #expect(
                    listed.exitCode == 0 && listed.stdout.hasPrefix("DRY RUN") && listed.stdout.contains("undeclared"),
                    "\(listed)")
                #expect(
                    listed.stdout.contains("CREATE INDEX CONCURRENTLY \"names\"")
                        && listed.stdout.contains("\nDROP INDEX CONCURRENTLY \"public\".\"stray\";\n"), "\(listed)")
                #expect(listed.stdout.contains("--prune --yes drops it"))
                #expect(try await fixture.indexes().contains("stray valid"))
                #expect(try await !fixture.indexes().contains("names valid"))
                let pruned = try await dbctl(fixture, "apply", "--prune", "--yes", folder: folder)
                #expect(pruned.exitCode == 0)
                #expect(try await !fixture.indexes().contains("stray valid"))
                try await fixture.database.psql("CREATE UNIQUE INDEX rule ON prices (close)")
                let kept = try await dbctl(fixture, "apply", "--prune", "--yes", folder: folder)
                #expect(kept.stdout.contains("kept") && kept.stdout.contains("it is unique"), "\(kept)")
                #expect(!kept.stdout.contains("--prune --yes"))
                try await fixture.database.psql("DROP INDEX names; CREATE INDEX names ON prices (note)")
                let differs = try await dbctl(fixture, "apply", folder: folder)
                #expect(differs.exitCode == 1 && differs.stdout.contains("differs"), "\(differs)")
            }
        }
    }

    @Test("through a pooler: 78 naming direct_url, and by direct_url it works")
    func pooler() async throws {
        try await IndexFixture.with { fixture in
            try await PgBouncer.with(fixture.database.server, connections: 3) { pooler in
                let through = pooler.url(fixture.database)
                let outcome = try await TestSupport.Dbctl.run([
                    "index", "create", "prices", "date", "--database-url", through,
                ])
                #expect(outcome.exitCode == 78 && outcome.stderr.contains("direct_url"), "\(outcome)")
                try await withTemporaryFolder { folder in
                    try Data("targets: {t: {url: \"\(through)\", direct_url: \"\(fixture.database.url)\"}}\n".utf8)
                        .write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                    let direct = try await TestSupport.Dbctl.run(
                        ["index", "create", "prices", "date", "--target", "t"], folder: folder)
                    #expect(direct.exitCode == 0, "\(direct)")
                }
            }
        }
    }

    @Test("on a terminal, drop and apply --prune ask; another answer changes nothing")
    func confirmation() async throws {
        try await IndexFixture.with { fixture in
            try await withTemporaryFolder { folder in
                try Data("indexes: [{table: prices, columns: [date]}]\n".utf8).write(
                    to: URL(filePath: "\(folder)/dbctl.yaml"))
                try await fixture.database.psql("CREATE INDEX stray ON prices (note)")
                let server = ["--database-url", fixture.database.url, "--config", "\(folder)/dbctl.yaml"]
                for (answer, code, left) in [("yes", Int32(80), true), ("drop 1", 0, false)] {
                    try await TerminalRun.with(["index", "apply", "--prune"] + server, columns: 200) { terminal in
                        try await terminal.wait("asks") { $0.ordinary.contains("type drop 1 to go on") }
                        terminal.press("\(answer)\n")
                        #expect(try await terminal.waitForEnd() == code, "\(terminal.screen)")
                    }
                    #expect(try await fixture.indexes().contains("stray valid") == left)
                }
                for (answer, code, left) in [("n", Int32(80), true), ("prices_date_idx", 0, false)] {
                    try await TerminalRun.with(["index", "drop", "prices_date_idx"] + server, columns: 200) {
                        terminal in
                        try await terminal.wait("asks") { $0.ordinary.contains("type prices_date_idx to go on") }
                        terminal.press("\(answer)\n")
                        #expect(try await terminal.waitForEnd() == code, "\(terminal.screen)")
                    }
                    #expect(try await fixture.indexes().contains("prices_date_idx valid") == left)
                }
            }
        }
    }
}
