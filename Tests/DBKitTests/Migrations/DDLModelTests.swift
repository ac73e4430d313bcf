import Postgres
import Testing

@testable import Migrations

/// The rules that no server at hand can show, and what is read off the text alone.
@Suite("Plan: the model of definitions")
struct DDLModelTests {
    private func shape(_ sql: String) throws -> StatementShape {
        let script = try SQLScript(sql)
        return DDLParser.shape(of: script.ddlTokens(of: try #require(script.statements.first)))
    }

    private func facts(_ major: Int) -> CatalogFacts {
        var facts = CatalogFacts(version: ServerVersion(number: major * 10_000 + 1))
        let column = RelationFacts.Column(
            name: "a", type: 23, modifier: -1, isNotNull: false, baseType: 23, baseModifier: -1)
        facts.relations[1] = RelationFacts(
            oid: 1, schema: "public", name: "whole", kind: "p", children: [2], columns: [column])
        facts.relations[2] = RelationFacts(
            oid: 2, schema: "public", name: "part", kind: "r", isPartition: true, rows: 5, heapBytes: 8192,
            tableBytes: 8192, parents: [1], columns: [column])
        facts.relations[3] = RelationFacts(
            oid: 3, schema: "public", name: "old", kind: "r", heapBytes: 8192, children: [4], columns: [column])
        facts.relations[4] = RelationFacts(
            oid: 4, schema: "public", name: "young", kind: "r", heapBytes: 8192, parents: [3], columns: [column])
        facts.types["int"] = .init(
            oid: 23, base: 23, modifier: -1, isChecked: false, hasDefault: false, isDomain: false)
        return facts
    }

    private func effect(_ sql: String, major: Int) throws -> StatementEffect {
        var model = DDLModel(facts(major))
        return model.effect(of: try shape(sql))
    }

    @Test(
        "what changed between versions",
        arguments: [
            ("ALTER TABLE whole ALTER a ADD GENERATED ALWAYS AS IDENTITY", 16, "part", LockMode?.none),
            ("ALTER TABLE whole ALTER a ADD GENERATED ALWAYS AS IDENTITY", 17, "part", .accessExclusive),
            ("ALTER TABLE whole ADD UNIQUE (a)", 14, "part", .share),
            ("ALTER TABLE whole ADD UNIQUE (a)", 17, "part", .share),
            ("ALTER TABLE whole ADD UNIQUE (a)", 18, "part", .accessExclusive),
            ("ANALYZE old", 14, "young", .accessShare), ("ANALYZE old", 17, "young", .accessShare),
            ("ANALYZE old", 18, "young", .shareUpdateExclusive),
            ("GRANT SELECT ON old TO public", 17, "old", nil),
            ("GRANT SELECT ON old TO public", 18, "old", .accessShare),
        ] as [(String, Int, String, LockMode?)])
    func versions(sql: String, major: Int, relation: String, mode: LockMode?) throws {
        let effect = try effect(sql, major: major)
        #expect(!effect.isUnknown, "\(effect.summary)")
        #expect(effect.locks.first { $0.relation == relation }?.mode == mode)
    }

    @Test("a generated column is virtual by itself from 18 on")
    func virtualColumns() throws {
        let sql = "ALTER TABLE old ADD b int GENERATED ALWAYS AS (a + 1)"
        #expect(try effect(sql, major: 18).work.isEmpty)
        #expect(try effect(sql + " STORED", major: 14).work.map(\.kind) == [.rewrite, .rewrite])
    }

    @Test("a default by a function that the plan itself makes is only possibly a rewrite")
    func functionsOfThePlan() throws {
        for language in ["sql AS 'SELECT 1'", "plpgsql AS 'BEGIN RETURN 1; END'"] {
            var model = DDLModel(facts(16))
            #expect(model.effect(of: try shape("CREATE FUNCTION f() RETURNS int LANGUAGE \(language)")).work.isEmpty)
            let effect = model.effect(of: try shape("ALTER TABLE ONLY old ADD b int DEFAULT f()"))
            #expect(effect.work.map(\.kind) == [.rewrite])
            #expect(effect.work.map(\.isCertain) == [false])
        }
    }

    @Test(
        "what it does not know it says so of",
        arguments: [
            "DO $$ BEGIN DROP TABLE old; END $$", "CALL tidy()", "ALTER TABLE absent ADD a int", "DROP TABLE absent",
            "DROP SCHEMA s CASCADE", "DROP OWNED BY r", "ALTER EXTENSION e UPDATE", "REINDEX DATABASE d", "VACUUM",
            "IMPORT FOREIGN SCHEMA s FROM SERVER t INTO u", "EXECUTE q", "PREPARE q AS SELECT 1", "FROBNICATE old",
            "ALTER TABLE old SET WITHOUT OIDS", "ALTER TABLE old SPLIT PARTITION p INTO (q, r)",
            "ALTER TABLE old ADD b absent_type", "ALTER TABLE old ALTER a TYPE absent_type", "CLUSTER",
            "SELECT * FROM absent",
            "ALTER TYPE t ADD ATTRIBUTE b int CASCADE", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO r",
            "CREATE SCHEMA s CREATE TABLE t (a int)", "ALTER TABLE old VALIDATE CONSTRAINT absent", "ALTER TABLE",
            "CREATE TABLE x AS EXECUTE q", "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
        ])
    func unknown(sql: String) throws {
        let effect = try effect(sql, major: 16)
        #expect(effect.isUnknown)
        #expect(effect.locks.isEmpty && effect.work.isEmpty || sql.contains("_type") || sql.contains("absent"))
        #expect(effect.summary.hasPrefix("unknown: "))
    }

    @Test("no prefix of a statement upsets the parser, whatever is cut off")
    func prefixes() throws {
        let text = """
            ALTER TABLE ONLY a.b ADD COLUMN IF NOT EXISTS c numeric(10, 2) DEFAULT (1 + f(2)) CHECK (c > 0) REFERENCES d (e)
            ON DELETE SET NULL, ALTER g TYPE timestamp(3) with time zone USING g::text, ATTACH PARTITION h FOR VALUES IN (1)
            """
        let script = try SQLScript(text)
        let tokens = script.ddlTokens(of: try #require(script.statements.first))
        for length in 0...tokens.count {
            _ = DDLParser.shape(of: Array(tokens.prefix(length)))
            _ = DDLParser.shape(of: Array(tokens.suffix(length)))
            _ = QueryReader.read(tokens.suffix(length))
        }
    }

    @Test(
        "a CHECK proves that a column holds no NULL only by saying so",
        arguments: [
            ("CHECK ((a IS NOT NULL))", ["a"]), ("CHECK (((a IS NOT NULL) AND (b > 0)))", ["a"]),
            ("CHECK (((a IS NOT NULL) OR (b > 0)))", []), ("CHECK ((a > 0))", []),
            ("CHECK ((NOT (a IS NOT NULL)))", []),
            ("CHECK (((a IS NOT NULL) AND (\"B c\" IS NOT NULL))) NOT VALID", ["B c", "a"]),
            ("CHECK (CASE WHEN true THEN (a IS NOT NULL) ELSE true END)", []), ("CHECK ((lower(a) IS NOT NULL))", []),
        ])
    func proofs(definition: String, columns: [String]) {
        #expect(NotNullProof.columns(definition: definition).sorted() == columns)
    }

    @Test(
        "the relations of a query",
        arguments: [
            ("SELECT extract(year FROM t.at) FROM t", ["t"]), ("SELECT 1 WHERE a IS DISTINCT FROM b", []),
            ("SELECT * FROM a, b x, (SELECT * FROM c) y JOIN d USING (e)", ["a", "b", "c", "d"]),
            ("WITH RECURSIVE r (n) AS (SELECT 1 FROM s UNION ALL SELECT n FROM r) SELECT * FROM r, u", ["s", "u"]),
            ("SELECT * FROM generate_series(1, 2) g, lateral (SELECT 1 FROM h) i", ["h"]),
            ("SELECT * FROM (a JOIN b ON a.x = b.x), c", ["a", "b", "c"]),
            ("SELECT * FROM \"A b\".\"C\" WHERE x IN (SELECT y FROM ONLY d.e)", ["\"A b\".\"C\"", "d.e"]),
            ("TABLE a", ["a"]), ("SELECT * FROM a WHERE b = 'x from y' ORDER BY c, d", ["a"]),
        ])
    func reads(sql: String, names: [String]) throws {
        guard case .query(let query) = try shape(sql) else { throw UnknownSyntax(reason: sql) }
        #expect(query.reads.map(\.name.description).sorted() == names)
    }

    @Test("a statement in one line, without comments, cut between characters")
    func summary() throws {
        let script = try SQLScript("ALTER  TABLE users -- hot\n  ADD /* why */ COLUMN \"é\" text\tDEFAULT 'a\n b';")
        let statement = try #require(script.statements.first)
        #expect(script.summary(of: statement) == "ALTER TABLE users ADD COLUMN \"é\" text DEFAULT 'a b'")
        #expect(script.summary(of: statement, limit: 12) == "ALTER TABLE…")
        #expect(script.summary(of: statement, limit: 32) == "ALTER TABLE users ADD COLUMN \"é…")
    }

    @Test("modes are ordered by strength and spelled as in pg_locks")
    func modes() {
        #expect(LockMode.allCases == LockMode.allCases.sorted())
        #expect(LockMode.allCases.filter(\.conflictsWithReads) == [.accessExclusive])
        #expect(
            LockMode.allCases.filter(\.conflictsWithWrites).map(\.sql) == [
                "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
            ])
        #expect(LockMode(name: "RowShareLock") == .rowShare)
        #expect(LockMode(sql: "SHARE UPDATE EXCLUSIVE") == .shareUpdateExclusive)
    }
}
