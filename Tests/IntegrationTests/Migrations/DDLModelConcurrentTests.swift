import DBKit
import Foundation
import TestSupport
import Testing

/// Statements that run outside of a transaction: seen while another session keeps them from ending.
@Suite("Plan: statements outside of a transaction, M9")
struct DDLModelConcurrentTests {
    static let statements = [
        "CREATE INDEX CONCURRENTLY fresh ON account (label)",
        "DROP INDEX CONCURRENTLY account_code",
        "REINDEX INDEX CONCURRENTLY account_code",
        "REINDEX TABLE CONCURRENTLY account",
        "VACUUM (FULL) account",
        "VACUUM FULL ANALYZE account",
    ]

    @Test("the locks that they hold or wait for are those that were foretold", arguments: statements)
    func locks(sql: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(PlanningFixture.schema)
            let planned = try plan(sql, database)
            #expect(!planned.isUnknown)
            let foretold = Dictionary(uniqueKeysWithValues: planned.locks.map { ($0.relation, $0.mode.name) })
            #expect(foretold["account"] != nil)

            let writer = try connect(database)
            try writer.execute("BEGIN")
            try writer.execute("INSERT INTO account (id, code, checked) VALUES (500, 'w', 1)")
            let watcher = try connect(database)
            async let run: String = database.psql("SET application_name = 'planned'; SET lock_timeout = 0;\n" + sql)
            try await eventually("\(sql) waits for the writer") {
                let query: Query = """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE application_name = 'planned' AND wait_event_type = 'Lock' AND datname = current_database()
                    """
                return try scalar(watcher, query, as: Int.self) == 1
            }
            let locks: Query = """
                SELECT relation::regclass::text AS relation, array_agg(mode) AS modes
                FROM pg_locks JOIN pg_stat_activity USING (pid)
                WHERE application_name = 'planned' AND locktype = 'relation' AND relation >= 16384
                  AND relation NOT IN (SELECT oid FROM pg_class WHERE relnamespace = 'pg_toast'::regnamespace)
                  AND datname = current_database()
                GROUP BY relation
                """
            var seen: [String: String] = [:]
            for row in try watcher.rows(locks) {
                let modes = try row.value("modes", as: [String].self).compactMap(LockMode.init(name:))
                seen[try row.value("relation")] = modes.max()?.name
            }
            for (relation, mode) in foretold { #expect(seen[relation] == mode, "\(relation)") }
            let extra = seen.filter { $0.key.hasPrefix("account") == false && foretold[$0.key] == nil }
            #expect(extra.isEmpty)
            try writer.execute("ROLLBACK")
            _ = try await run
        }
    }

    @Test("another tablespace is a copy of the table, the same one is nothing", arguments: [15, 18])
    func tablespace(major: Int) async throws {
        try await PlanningFixture.withSession(major: major) { session in
            let name = TestServer.uniqueName("space")
            try session.execute("SET allow_in_place_tablespaces = on")
            try session.execute("CREATE TABLESPACE \(try identifier(name)) LOCATION ''")
            defer { _ = try? session.execute("DROP TABLESPACE \(try identifier(name))") }
            for item in [
                PlannedCase("ALTER TABLE orphan SET TABLESPACE \(name)"),
                PlannedCase("ALTER TABLE orphan SET TABLESPACE pg_default"),
            ] {
                let planned = try #require(try PlanningFixture.plan(item.sql, session).first)
                let seen = try PlanningFixture.observe(item.sql, session)
                #expect(PlanningFixture.difference(planned, seen, item) == nil, "\(item.sql)")
            }
        }
    }

    @Test("statements see what those before them made, and nothing is written")
    func sequence() async throws {
        try await PlanningFixture.withSession(major: 15) { session in
            let effects = try PlanningFixture.plan(
                """
                ALTER TABLE account ADD CONSTRAINT there CHECK (label IS NOT NULL) NOT VALID;
                ALTER TABLE account VALIDATE CONSTRAINT there;
                ALTER TABLE account ALTER label SET NOT NULL;
                ALTER TABLE account DROP CONSTRAINT there;
                ALTER TABLE account ALTER label SET NOT NULL;
                ALTER TABLE account ALTER code TYPE varchar(30);
                ALTER TABLE account ALTER code TYPE varchar(20);
                ALTER TABLE account ADD COLUMN added int;
                ALTER TABLE account ALTER added SET NOT NULL;
                CREATE TABLE fresh (id int, account_id int);
                CREATE INDEX ON fresh (id);
                ALTER TABLE fresh ADD FOREIGN KEY (account_id) REFERENCES account;
                ALTER TABLE orphan RENAME TO found;
                ALTER TABLE found ADD COLUMN x int;
                DROP TABLE found;
                ALTER TABLE found ADD COLUMN y int;
                SET search_path = "Other";
                ALTER TABLE "Mixed Case" ADD COLUMN z int;
                ALTER TABLE account ADD COLUMN z int;
                DO $$ BEGIN END $$;
                """, session)
            #expect(effects.count == 20)
            #expect(effects[1].work.map(\.kind) == [.scan])
            #expect(effects[1].strongestLock == .shareUpdateExclusive)
            #expect(effects[2].work.isEmpty, "\(effects[2].summary)")
            #expect(effects[4].work.isEmpty, "it is NOT NULL by now")
            #expect(effects[5].work.isEmpty && effects[6].work.map(\.kind) == [.rewrite], "30 is the length to compare")
            #expect(!effects[8].isUnknown && effects[8].work.map(\.kind) == [.scan], "\(effects[8].summary)")
            #expect(effects[9].locks.isEmpty && effects[10].locks.isEmpty && effects[10].work.isEmpty)
            #expect(effects[11].locks.map(\.relation) == ["account"])
            #expect(effects[11].work.isEmpty)
            #expect(effects[13].locks.map(\.relation) == ["found"])
            #expect(effects[15].isUnknown)
            #expect(effects[17].locks.map(\.relation) == ["\"Other\".\"Mixed Case\""])
            #expect(effects[18].isUnknown, "the path leads elsewhere now: \(effects[18].summary)")
            #expect(effects[19].isUnknown)
            let isSame: Bool = try scalar(session, "SELECT to_regclass('fresh') IS NULL AS is_same")
            #expect(isSame)
        }
    }

    @Test("rows and bytes come from the catalog, and are not invented where nobody counted")
    func stakes() async throws {
        try await PlanningFixture.withSession(major: 15) { session in
            let before = try #require(try PlanningFixture.plan("ALTER TABLE account ADD x serial", session).first)
            #expect(before.work.first?.rows == nil)
            try session.execute("ANALYZE account")
            let after = try #require(try PlanningFixture.plan("ALTER TABLE account ADD x serial", session).first)
            #expect(after.work.first?.rows == 20)
            let bytes: Int = try scalar(session, "SELECT pg_total_relation_size('account') AS bytes")
            #expect(after.work.first?.sizeBytes == bytes)
            #expect(after.summary.hasPrefix("ACCESS EXCLUSIVE on account; rewrites account (20 rows, "))
        }
    }

    @Test("in another time zone timestamps are converted")
    func timeZone() async throws {
        try await PlanningFixture.withSession(major: 15) { session in
            try session.execute("SET TimeZone = 'Europe/Berlin'")
            let item = PlannedCase("ALTER TABLE account ALTER made TYPE timestamptz")
            let planned = try #require(try PlanningFixture.plan(item.sql, session).first)
            #expect(planned.work.map(\.kind) == [.rewrite])
            #expect(try PlanningFixture.difference(planned, PlanningFixture.observe(item.sql, session), item) == nil)
        }
    }

    private func connect(_ database: TestDatabase) throws -> Session {
        var settings = SessionSettings(applicationName: "planning")
        settings.searchPath = "public"
        return try Session.connect(ConnectionParameters(url: database.url), settings: settings)
    }

    private func plan(_ sql: String, _ database: TestDatabase) throws -> StatementEffect {
        let session = try connect(database)
        return try #require(try PlanningFixture.plan(sql, session).first)
    }
}
