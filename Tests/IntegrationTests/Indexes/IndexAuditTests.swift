import DBKit
import TestSupport
import Testing

@Suite("Index audit and repair, I8 I9")
struct IndexAuditTests {
    private static let schema = """
        CREATE TABLE assets (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, symbol text);
        INSERT INTO assets (symbol) SELECT 's' || i FROM generate_series(1, 20000) AS i;
        CREATE TABLE prices (id bigint PRIMARY KEY, asset_id smallint REFERENCES assets, close int, note text);
        INSERT INTO prices SELECT i, 1 + i % 100, i, 'n' FROM generate_series(1, 100000) AS i;
        CREATE TABLE keyless (a int);
        ANALYZE;
        """

    private func findings(_ fixture: IndexFixture) async throws -> [String] {
        try await IndexAudit(fixture.request()).run().findings.map { "\($0.kind.rawValue) \($0.object)" }
    }

    @Test("each kind is found, with its command, and goes when that is typed")
    func kinds() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let base = [
                "foreign_key_without_index public.prices.prices_asset_id_fkey", "missing_primary_key public.keyless",
                "narrow_key public.assets.id",
            ]
            #expect(try await findings(fixture) == base)
            let report = try await IndexAudit(fixture.request()).run()
            #expect(report.findings[0].command == "dbctl index create public.prices asset_id")
            #expect(report.findings[2].why.contains("20000, 61 %"))
            try await fixture.database.psql(
                """
                CREATE INDEX one ON prices (asset_id, close); CREATE INDEX two ON prices (asset_id, close);
                CREATE INDEX short ON prices (asset_id); CREATE INDEX lazy ON prices (note);
                CREATE INDEX broken ON prices (close); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass;
                SET enable_seqscan = off; SELECT count(*) FROM prices WHERE asset_id = 3 AND close = 5;
                """)
            let found = try await findings(fixture)
            #expect(found.contains("invalid public.broken") && found.contains("redundant public.short"), "\(found)")
            #expect(
                found.contains("unused public.lazy") && found.contains { $0.hasPrefix("duplicate public.") }, "\(found)"
            )
            #expect(!found.contains { $0.hasPrefix("foreign_key") }, "\(found)")
        }
    }

    @Test("an index of which most is empty is found, and a repair makes it small")
    func bloat() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql("CREATE INDEX fat ON prices (close); DELETE FROM prices WHERE id % 10 <> 0")
            try await fixture.database.psql("VACUUM ANALYZE prices")
            let finding = try #require(
                try await IndexAudit(fixture.request()).run().findings.first {
                    $0.object == "public.fat" && $0.kind == .bloated
                })
            #expect(finding.command == "dbctl index repair" && !finding.why.contains("0 MiB"), "\(finding)")
            let before = try await fixture.database.psql("SELECT pg_relation_size('fat')")
            let report = try await IndexRepair(fixture.request()).run()
            #expect(report.failure == nil && report.indexes.contains { $0.name == "fat" && $0.state == .rebuilt })
            let after = try await fixture.database.psql("SELECT pg_relation_size('fat')")
            #expect(Int(after) ?? 0 < (Int(before) ?? 0) / 2)
            #expect(try await !findings(fixture).contains("bloated public.fat"))
        }
    }

    @Test("where no update is HOT, the table is named with the indexes that may be why")
    func neverHot() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql("CREATE INDEX hot ON prices (close)")
            try await fixture.database.psql("UPDATE prices SET close = close + 1 WHERE id <= 2000")
            try await eventually("the statistics have come in") {
                try await findings(fixture).contains("never_hot public.prices")
            }
        }
    }

    @Test("what REINDEX and DROP left is dropped, other INVALID ones are rebuilt, and a second repair finds nothing")
    func repair() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                """
                CREATE INDEX broken ON prices (close); CREATE INDEX prices_pkey_ccnew ON prices (id);
                CREATE INDEX prices_x_ccold1 ON prices (note); CREATE INDEX half ON prices (asset_id);
                UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY ('{broken,prices_pkey_ccnew,prices_x_ccold1,half}'::regclass[]);
                UPDATE pg_index SET indisready = false, indislive = false WHERE indexrelid = 'half'::regclass;
                """)
            let plan = try await IndexRepair(fixture.request()).plan()
            #expect(plan.indexes.allSatisfy { $0.state == .planned } && plan.indexes.count == 4)
            let report = try await IndexRepair(fixture.request()).run()
            let done = Dictionary(uniqueKeysWithValues: report.indexes.map { ($0.name ?? "", $0.state) })
            #expect(
                done == [
                    "broken": .rebuilt, "prices_pkey_ccnew": .dropped, "prices_x_ccold1": .dropped, "half": .dropped,
                ])
            #expect(try await fixture.indexes() == ["broken valid", "prices_pkey valid"])
            #expect(try await IndexRepair(fixture.request()).run().indexes.isEmpty)
        }
    }

    @Test("a unique index that cannot be rebuilt is said so, and leaves no second one")
    func duplicates() async throws {
        try await IndexFixture.with("CREATE TABLE prices (a int); INSERT INTO prices VALUES (1), (1)") { fixture in
            _ = try? await fixture.database.psql("CREATE UNIQUE INDEX CONCURRENTLY bad ON prices (a)")
            #expect(try await fixture.indexes() == ["bad invalid"])
            let report = try await IndexRepair(fixture.request()).run()
            #expect(report.indexes.map(\.state) == [.failed] && report.failure?.code == .indexDuplicates)
            #expect(report.failure?.detail?.contains("public.bad is INVALID") == true)
            #expect(try await fixture.database.psql("SELECT outcome FROM dbctl.operations") == "failed")
            #expect(try await fixture.indexes() == ["bad invalid"])
        }
    }

    @Test("what stays in the place of others is not called unused in the same breath, nor what serves a foreign key")
    func survivors() async throws {
        let schema = """
            CREATE TABLE assets (id int PRIMARY KEY);
            CREATE TABLE prices (id int PRIMARY KEY, k int, v int, asset_id int REFERENCES assets);
            INSERT INTO prices SELECT i, i % 500, i FROM generate_series(1, 20000) AS i;
            CREATE INDEX old ON prices (k); ANALYZE;
            SET enable_seqscan = off; SELECT count(*) FROM prices WHERE k = 3; RESET enable_seqscan;
            CREATE INDEX new ON prices (k); CREATE INDEX wide ON prices (k, v); CREATE INDEX fk ON prices (asset_id);
            """
        try await IndexFixture.with(schema) { fixture in
            try await eventually("the scan is counted") {
                try await fixture.database.psql("SELECT pg_stat_get_numscans('old'::regclass) > 0") == "t"
            }
            #expect(try await findings(fixture) == ["duplicate public.new", "redundant public.old"])
        }
    }

    @Test("what a standby's queries read is used, when a target names the standby")
    func standby() async throws {
        try await TestServer.withPair { primary, standby in
            let database = TestDatabase(name: "postgres", server: primary)
            try await database.psql(
                "CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t SELECT i, i, i FROM generate_series(1, 5000) AS i; CREATE INDEX here ON t (a); CREATE INDEX there ON t (b); ANALYZE t"
            )
            let copy = TestDatabase(name: "postgres", server: standby)
            try await eventually("it is there too, and used") {
                guard try await copy.psql("SELECT to_regclass('there') IS NOT NULL") == "t" else { return false }
                try await copy.psql("SET enable_seqscan = off; SELECT count(*) FROM t WHERE b = 3")
                return try await copy.psql("SELECT pg_stat_get_numscans('there'::regclass) > 0") == "t"
            }
            let fixture = IndexFixture(database: database)
            var audit = IndexAudit(fixture.request())
            let alone = try await audit.run()
            #expect(alone.findings.map(\.object) == ["public.here", "public.there"])
            #expect(alone.notes.contains { $0.contains("a standby was not asked") }, "\(alone.notes)")
            audit.others = [
                StandbyScans.Target(name: "copy", server: copy.parameters),
                StandbyScans.Target(name: "itself", server: database.parameters),
                StandbyScans.Target(name: "gone", server: ConnectionParameters(url: "postgresql://127.0.0.1:1/x")),
            ]
            let both = try await audit.run()
            #expect(both.findings.map(\.object) == ["public.here"], "\(both.findings)")
            #expect(both.findings[0].why.contains("copies were asked: copy"))
            #expect(both.notes.count == 1 && both.notes[0].contains("target gone could not be asked"), "\(both.notes)")
            // Of the standby itself, the primary is the copy.
            var other = IndexAudit(IndexFixture(database: copy).request())
            other.others = [StandbyScans.Target(name: "main", server: database.parameters)]
            let seen = try await other.run().findings.map(\.object)
            #expect(seen == ["public.here"])
        }
    }

    @Test("a role that may not read a table is told so, and a table locked against everybody is named with its holder")
    func limits() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let role = TestServer.uniqueName("r")
            try await fixture.database.psql("CREATE INDEX wide ON prices (close, note); CREATE ROLE \(role) LOGIN")
            let request = fixture.request {
                $0.server.set("user", role)
                $0.lockTimeout = .milliseconds(200)
            }
            let notes = try await IndexAudit(request).run().notes
            #expect(notes.contains { $0.contains("public.prices") && $0.contains("GRANT SELECT") }, "\(notes)")
            try await fixture.holding("LOCK TABLE prices") {
                let failure = await #expect(throws: Failure.self) { try await IndexAudit(request).run() }
                #expect(failure?.code == .indexLocked && failure?.message.contains("public.prices") == true)
                #expect(failure?.detail?.contains("forgotten") == true)
            }
            try await fixture.database.psql("DROP ROLE \(role)")
        }
    }

    @Test(
        "debris of REINDEX TABLE CONCURRENTLY on large values is found and dropped; an incomplete partitioned index is completed"
    )
    func hidden() async throws {
        let schema = """
            CREATE TABLE prices (a int, note text);
            CREATE TABLE parts (a int) PARTITION BY RANGE (a);
            CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (100);
            CREATE INDEX "Top" ON ONLY parts (a DESC) WHERE a > 3;
            """
        try await IndexFixture.with(schema) { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            let toast = try await fixture.database.psql(
                "SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'prices'::regclass")
            try await fixture.holding("SELECT * FROM other") {
                try await fixture.database.server.withWaiters(
                    ["REINDEX TABLE CONCURRENTLY public.prices"], "theirs", user: "postgres",
                    database: fixture.database.name
                ) {
                    try await eventually("it waits") {
                        try await fixture.database.psql(
                            "SELECT count(*) FROM pg_index WHERE indrelid = '\(toast)'::regclass AND NOT indisvalid")
                            == "1"
                    }
                    let plan = try await IndexRepair(fixture.request()).plan()
                    #expect(plan.indexes.contains { $0.table.hasPrefix("pg_toast_") && $0.state == .skipped })
                    try await fixture.database.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()"
                    )
                }
            }
            let found = try await findings(fixture)
            #expect(
                found.contains("invalid public.\"Top\"") && found.contains { $0.hasPrefix("invalid pg_toast.") },
                "\(found)")
            let report = try await IndexRepair(fixture.request()).run()
            #expect(report.failure == nil, "\(report)")
            #expect(try await fixture.indexes("parts") == ["\"Top\" valid", "part_a_idx valid"])
            #expect(try await fixture.database.psql("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == "0")
        }
    }

    @Test("a repair leaves what lies in a locked table, names it, and mends the others")
    func lockedElsewhere() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                "CREATE INDEX broken ON prices (close); CREATE INDEX names ON assets (symbol); CREATE INDEX whole ON assets (id, symbol)"
            )
            for name in ["broken", "names"] { try await fixture.invalidate(name) }
            let hurried = {
                fixture.request {
                    $0.lockTimeout = .milliseconds(100)
                    $0.wait = .milliseconds(200)
                }
            }
            try await fixture.holding("LOCK TABLE assets") {
                let plan = try await IndexRepair(hurried()).plan()
                #expect(plan.indexes.map(\.name) == ["broken", "names"])
                #expect(plan.indexes.map(\.state) == [.planned, .skipped])
                #expect(plan.indexes.last?.note?.contains("forgotten") == true, "\(plan)")
                let report = try await IndexRepair(hurried()).run()
                #expect(report.indexes.map(\.name) == ["broken", "names"])
                #expect(report.indexes.map(\.state) == [.rebuilt, .failed])
                #expect(report.failure?.code == .indexLocked && report.failure?.category == .partial)
                #expect(report.failure?.message.contains("public.assets") == true)
                let again = try await IndexRepair(hurried()).run()
                #expect(again.failure?.category == .busy)
            }
            let report = try await IndexRepair(fixture.request()).run()
            #expect(report.indexes.map(\.name) == ["names"] && report.indexes.map(\.state) == [.rebuilt])
        }
    }

    @Test("an index that was in use and that somebody began to drop is not made valid again")
    func dropped() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                "CREATE INDEX loose ON prices (close); SET enable_seqscan = off; SELECT count(*) FROM prices WHERE close = 5"
            )
            try await eventually("the scan is counted") {
                try await fixture.database.psql("SELECT pg_stat_get_numscans('loose'::regclass) > 0") == "t"
            }
            try await fixture.holding("SELECT * FROM prices LIMIT 1") {
                let request = fixture.request { $0.maximumWait = .milliseconds(300) }
                let failure = await #expect(throws: Failure.self) { try await IndexDrop(request, name: "loose").run() }
                #expect(
                    failure?.detail?.contains("`dbctl index drop public.loose --yes` finishes it") == true,
                    "\(String(describing: failure))")
                #expect(failure?.detail?.contains("repair") == false && failure?.hint?.contains("repair") == false)
            }
            let repair = try await IndexRepair(fixture.request()).run()
            #expect(repair.indexes.map(\.state) == [.skipped], "\(repair)")
            #expect(repair.indexes.first?.note?.contains("dbctl index drop public.loose --yes") == true)
            let finding = try #require(
                try await IndexAudit(fixture.request()).run().findings.first { $0.kind == .invalid })
            #expect(finding.command == "dbctl index drop public.loose")
            _ = try await IndexDrop(fixture.request(), name: "loose").run()
            #expect(try await fixture.indexes() == ["prices_pkey valid"])
        }
    }

    @Test("an audit does not use the indexes that it looks at, so that what is unused stays so")
    func unobtrusive() async throws {
        let schema = """
            CREATE TABLE self (id int PRIMARY KEY, a int);
            INSERT INTO self SELECT i * 40000, i FROM generate_series(1, 50000) AS i;
            CREATE INDEX zz ON self (id, a);
            CREATE INDEX part ON self (a, id) WHERE a > 49990;
            CREATE INDEX most ON self (a) WHERE a < 49995;
            CREATE TABLE fresh (id int PRIMARY KEY) WITH (autovacuum_enabled = off);
            INSERT INTO fresh VALUES (2000000000);
            CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (2147483647);
            INSERT INTO parts SELECT 2000000000 - i FROM generate_series(0, 999) AS i;
            ANALYZE self; ANALYZE parts_1;
            """
        try await IndexFixture.with(schema) { fixture in
            for _ in 0..<2 {
                let found = try await findings(fixture)
                #expect(found.contains("unused public.zz"), "\(found)")
                for key in ["self.id", "fresh.id", "parts.id"] {
                    #expect(found.contains("narrow_key public.\(key)"), "\(found)")
                }
                // Its session counts when it ends.
                try await eventually("it is over") {
                    try await fixture.database.psql(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dbctl index%'"
                    ) == "0"
                }
                #expect(
                    try await fixture.database.psql(
                        "SELECT coalesce(string_agg(indexrelname, ','), '') FROM pg_stat_user_indexes WHERE idx_scan > 0"
                    )
                        == "")
            }
        }
    }

    @Test("the command for a missing primary key can be typed as it is, and helps")
    func primaryKeys() async throws {
        let schema = """
            CREATE TABLE plain (a int); CREATE TYPE pair AS (a int, b int); CREATE TABLE typed OF pair;
            CREATE TABLE "Parts" (id int, "At" int, k int) PARTITION BY RANGE ("At");
            CREATE TABLE below PARTITION OF "Parts" FOR VALUES FROM (0) TO (10) PARTITION BY LIST (k);
            CREATE TABLE leaf PARTITION OF below FOR VALUES IN (1);
            INSERT INTO "Parts" VALUES (1, 1, 1), (1, 1, 1);
            CREATE TABLE ruled (a int NOT NULL, b int NOT NULL) PARTITION BY LIST (a);
            CREATE TABLE computed (a int) PARTITION BY LIST ((a % 2));
            CREATE UNIQUE INDEX rule ON ruled (a, b);
            """
        try await IndexFixture.with(schema) { fixture in
            let keyless = try await IndexAudit(fixture.request()).run().findings.filter {
                $0.kind == .missingPrimaryKey
            }
            #expect(
                keyless.map(\.object) == ["public.\"Parts\"", "public.plain", "public.ruled", "public.typed"])
            #expect(keyless[2].command == "ALTER TABLE public.ruled ADD PRIMARY KEY (a, b)")
            for finding in keyless { try await fixture.database.psql(finding.command) }
            #expect(try await !findings(fixture).contains { $0.hasPrefix("missing_primary_key") })
        }
    }

    @Test("a repair whose index somebody has mended meanwhile leaves it alone")
    func mended() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                "CREATE INDEX broken ON prices (close); CREATE INDEX prices_x_ccnew ON prices (note)")
            for name in ["broken", "prices_x_ccnew"] { try await fixture.invalidate(name) }
            let lock = try await JobLock.acquire(
                "index on public.prices", on: fixture.database.parameters,
                settings: SessionSettings(applicationName: "another"), wait: .zero)
            let repair = Task { try await IndexRepair(fixture.request()).run() }
            try await eventually("it waits for its turn") {
                try await fixture.database.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%' AND application_name LIKE 'dbctl index%'"
                ) != "0"
            }
            try await fixture.database.psql("UPDATE pg_index SET indisvalid = true WHERE NOT indisvalid")
            await lock.release()
            #expect(try await repair.value.indexes.map(\.state) == [.skipped, .skipped])
            #expect(try await fixture.indexes() == ["broken valid", "prices_pkey valid", "prices_x_ccnew valid"])
        }
    }

    @Test("while somebody holds the table, repairs do not add one INVALID index after the other")
    func held() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE UNIQUE INDEX rule ON prices (close)")
            try await fixture.invalidate("rule")
            try await fixture.holding("SELECT count(*) FROM prices") {
                for _ in 0..<3 {
                    let request = fixture.request { $0.maximumWait = .milliseconds(300) }
                    let report = try await IndexRepair(request).run()
                    #expect(report.failure != nil)
                    #expect(report.failure?.detail?.contains("REJECTS") == true, "\(report)")
                }
                #expect(try await fixture.indexes().count <= 2)
            }
            #expect(try await IndexRepair(fixture.request()).run().failure == nil)
            #expect(try await fixture.indexes() == ["rule valid"])
        }
    }
}
