import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Conversions of tables that somebody else changes meanwhile")
struct ConvertMeddledTests {
    private func failure(_ body: @Sendable () async throws -> ConvertReport) async -> Failure? {
        await #expect(throws: Failure.self) { try await body() }
    }

    @Test(
        "an altered table is refused in every run, with what removes what was made",
        arguments: [
            "ALTER TABLE attempts ADD COLUMN more int", "ALTER TABLE attempts ALTER note TYPE varchar(100)",
            "ALTER TABLE attempts RENAME COLUMN at TO begun",
        ])
    func altered(_ statement: String) async throws {
        try await ConvertFixture.with { fixture in
            _ = await failure { try await fixture.convertHeld() }
            try await fixture.database.psql(statement)
            for _ in 0..<2 {
                let refused = await failure { try await fixture.convert() }
                #expect(refused?.code == .partitionConvertChanged, "\(String(describing: refused))")
                #expect(refused?.hint?.contains("dbctl partition convert public.attempts --undo --yes") == true)
            }
            #expect(try await fixture.undo().state == .undone)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("an index that is rebuilt is no alteration")
    func reindexed() async throws {
        try await ConvertFixture.with { fixture in
            _ = await failure { try await fixture.convertHeld() }
            try await fixture.database.psql("REINDEX INDEX CONCURRENTLY attempts_pkey")
            #expect(try await fixture.convert().state == .converted)
        }
    }

    @Test("the strategy attach does not swap in what the table no longer is")
    func attach() async throws {
        try await ConvertFixture.with { fixture in
            let attach = ConvertFixture.monthly { $0.strategy = .attach }
            let busy = await failure { try await fixture.convertHeld(attach) }
            #expect(busy?.category == .busy, "\(String(describing: busy))")
            try await fixture.database.psql("ALTER TABLE attempts ALTER note SET DEFAULT 'new'")
            let refused = await failure { try await fixture.convert(attach) }
            #expect(refused?.code == .partitionConvertChanged, "\(String(describing: refused))")
            try await fixture.undo()
            #expect(try await fixture.leftovers() == "")
            #expect(try await fixture.convert(attach).state == .converted)
            try await fixture.database.psql("INSERT INTO attempts (at) VALUES ('2026-03-03')")
            #expect(try await fixture.database.psql("SELECT note FROM attempts WHERE note = 'new'") == "new")
        }
    }

    @Test("a renamed table is told so, with the statement that helps; its copy can be removed all the same")
    func renamed() async throws {
        try await ConvertFixture.with { fixture in
            _ = await failure { try await fixture.convertHeld() }
            try await fixture.database.psql("CREATE SCHEMA \"Other\"; ALTER TABLE attempts SET SCHEMA \"Other\"")
            try await fixture.database.psql("ALTER TABLE \"Other\".attempts RENAME TO tries")
            let refused = await failure { try await fixture.convert(ConvertFixture.monthly("\"Other\".tries")) }
            #expect(refused?.code == .partitionConvertChanged, "\(String(describing: refused))")
            let statements = try #require(refused?.hint?.components(separatedBy: "; and run the same").first)
            try await fixture.database.psql(statements)
            #expect(try await fixture.convert().state == .converted)
            try await fixture.database.psql("ALTER TABLE attempts RENAME TO tries")
            let undo = await failure { try await fixture.undo("tries") }
            #expect(undo?.code == .partitionConvertChanged)
            #expect(try await fixture.finish("tries").state == .finished)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("of a table that was dropped meanwhile everything can be removed, by its name")
    func dropped() async throws {
        try await ConvertFixture.with { fixture in
            _ = await failure { try await fixture.convertHeld() }
            try await fixture.database.psql("DROP TABLE attempts CASCADE;" + ConvertFixture.schema)
            let refused = await failure { try await fixture.convert() }
            #expect(refused?.code == .partitionConvertOther, "\(String(describing: refused))")
            #expect(refused?.hint?.contains("--undo --yes") == true)
            #expect(try await fixture.undo().state == .removed)
            #expect(try await fixture.leftovers() == "")
            #expect(try await fixture.convert().state == .converted)
            // And of one that is partitioned by now.
            try await fixture.database.psql("DROP TABLE attempts CASCADE")
            let undo = await failure { try await fixture.undo() }
            #expect(undo?.code == .partitionConvertDrift && undo?.hint?.contains("SET SCHEMA public") == true)
            let finished = try await fixture.finish().state
            #expect(finished == .removed)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("an undo gives the table what the partitioned one was given")
    func given() async throws {
        try await ConvertFixture.with { fixture in
            try await fixture.convert()
            try await fixture.database.psql(
                """
                ALTER TABLE attempts ADD CONSTRAINT few CHECK (account < 1000);
                ALTER TABLE attempts ALTER note SET NOT NULL; ALTER TABLE attempts ALTER note SET DEFAULT 'x';
                CREATE UNIQUE INDEX ON attempts (note, at); CREATE INDEX ON attempts (score);
                """)
            try await fixture.undo()
            let what = try await fixture.database.psql(
                """
                SELECT (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND conname = 'few' AND convalidated),
                       (SELECT count(*) FROM pg_attribute WHERE attrelid = c.oid AND attname = 'note' AND attnotnull AND atthasdef),
                       (SELECT string_agg(pg_get_indexdef(indexrelid), '; ' ORDER BY indexrelid) FROM pg_index WHERE indrelid = c.oid)
                FROM pg_class AS c WHERE c.oid = 'attempts'::regclass
                """)
            #expect(what.hasPrefix("1|1|"), "\(what)")
            #expect(what.contains("UNIQUE INDEX") && what.contains("(note, at)") && what.contains("(score)"), "\(what)")
            // Its own keys without the partition key, as they were.
            #expect(what.contains("(id);") && !what.contains("(id, at)"), "\(what)")
        }
    }

    @Test("what an undo cannot take back is refused as such, and nothing is swapped")
    func impossible() async throws {
        try await ConvertFixture.with { fixture in
            try await fixture.convert()
            try await fixture.database.psql(
                "CREATE TABLE kid (a bigint, b timestamptz, FOREIGN KEY (a, b) REFERENCES attempts (id, at))")
            let keyed = await failure { try await fixture.undo() }
            #expect(keyed?.code == .partitionConvertDrift, "\(String(describing: keyed))")
            try await fixture.database.psql("DROP TABLE kid; DROP TABLE attempts_p2026_03")
            let lost = await failure { try await fixture.undo() }
            #expect(lost?.code == .partitionConvertDrift && lost?.detail?.contains("dbctl_old_") == true)
            #expect(try await fixture.isPartitioned())
        }
        try await ConvertFixture.with { fixture in
            try await fixture.convert(ConvertFixture.monthly { $0.strategy = .attach })
            try await fixture.database.psql("ALTER TABLE attempts DETACH PARTITION attempts_pmin")
            let detached = await failure { try await fixture.undo() }
            #expect(detached?.code == .partitionConvertDrift, "\(String(describing: detached))")
        }
    }

    @Test("finish says what somebody has made of the table as it was")
    func referred() async throws {
        try await ConvertFixture.with { fixture in
            try await fixture.convert()
            let old = try await fixture.database.psql(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'dbctl_old%'")
            try await fixture.database.psql("CREATE VIEW seen AS SELECT * FROM \(old).attempts")
            let refused = await failure { try await fixture.finish() }
            #expect(refused?.code == .partitionConvertChanged && refused?.hint?.contains("CASCADE") == false)
            try await fixture.database.psql("DROP VIEW seen")
            #expect(try await fixture.finish().state == .finished)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("a foreign key that did not hold after the swap is there after the undo")
    func foreignKey() async throws {
        let schema = """
            CREATE TABLE accounts (id int PRIMARY KEY); INSERT INTO accounts SELECT generate_series(0, 99);
            \(ConvertFixture.schema)
            ALTER TABLE attempts ADD CONSTRAINT whose FOREIGN KEY (account) REFERENCES accounts;
            SET session_replication_role = replica; UPDATE attempts SET account = -1 WHERE id = 5;
            """
        try await ConvertFixture.with(schema) { fixture in
            let broken = await failure { try await fixture.convert() }
            #expect(broken?.code == .partitionConvertForeignKey, "\(String(describing: broken))")
            try await fixture.database.psql("UPDATE attempts SET account = 1 WHERE id = 5")
            try await fixture.undo()
            let key = try await fixture.database.psql(
                "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'attempts'::regclass AND contype = 'f'"
            )
            #expect(key == "whose|t")
        }
    }

    @Test("the plan finds what a run would founder on")
    func plan() async throws {
        try await ConvertFixture.with(ConvertFixture.schema + "CREATE TABLE attempts_p2026_02 ()") { fixture in
            let taken = await failure { try await fixture.plan() }
            #expect(taken?.code == .partitionNameTaken)
            let run = await failure { try await fixture.convert() }
            #expect(run?.code == .partitionNameTaken)
            let left = try await fixture.leftovers()
            #expect(left == "")
        }
        let schema = """
            CREATE EXTENSION ltree;
            CREATE TABLE attempts (id ltree PRIMARY KEY, at timestamptz NOT NULL);
            CREATE TABLE notes (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at));
            CREATE TABLE kid (a int, b timestamptz); ALTER TABLE kid ADD CONSTRAINT kfk FOREIGN KEY (a, b) REFERENCES notes NOT VALID;
            """
        try await ConvertFixture.with(schema) { fixture in
            let plan = try await fixture.plan()
            #expect(plan.findings.contains { $0.severity == .blocks && $0.object == "key" }, "\(plan.findings)")
            let notes = try await fixture.plan(ConvertFixture.monthly("notes"))
            let key = try #require(notes.findings.first { $0.kind == .incomingForeignKey })
            #expect(key.severity == .blocks && key.hint?.contains("VALIDATE CONSTRAINT") == true, "\(key)")
            let mend = try #require(key.hint)
            try await fixture.database.psql(mend)
            let later = try await fixture.plan(ConvertFixture.monthly("notes"))
            #expect(later.findings.first { $0.kind == .incomingForeignKey }?.severity == .consent)
            #expect(later.notes.contains { $0.contains("are refused") })
        }
    }

    @Test("tablespaces are kept")
    func tablespaces() async throws {
        let name = TestServer.uniqueName("space")
        try await ConvertFixture.with { fixture in
            try await fixture.database.psql(
                "SET allow_in_place_tablespaces = on; CREATE TABLESPACE \(name) LOCATION ''")
            try await finally {
                try await fixture.database.psql(
                    "ALTER TABLE attempts SET TABLESPACE \(name); ALTER INDEX attempts_account SET TABLESPACE \(name)")
                try await fixture.convert()
                let elsewhere = try await fixture.database.psql(
                    "SELECT count(*) FROM pg_class AS c WHERE (relname LIKE 'attempts_p2026%_account_at_idx' OR relname ~ 'attempts_p2026_..$') AND reltablespace <> (SELECT oid FROM pg_tablespace WHERE spcname = '\(name)')"
                )
                #expect(elsewhere == "0")
                let there = try await fixture.database.psql(
                    "SELECT count(*) > 20 FROM pg_class WHERE reltablespace = (SELECT oid FROM pg_tablespace WHERE spcname = '\(name)')"
                )
                #expect(there == "t")
            } cleanUp: {
                _ = try? await fixture.database.psql(
                    "DROP TABLE IF EXISTS attempts; SELECT dbctl_drop.n FROM (SELECT 1) AS dbctl_drop (n); DO $$ BEGIN EXECUTE (SELECT coalesce(string_agg(format('DROP SCHEMA %I CASCADE', nspname), ';'), 'SELECT 1') FROM pg_namespace WHERE nspname LIKE 'dbctl_%'); END $$"
                )
                _ = try? await fixture.database.psql("DROP TABLESPACE \(name)")
            }
        }
    }
}
