import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Partitions of tables that are not as most are")
struct PartitionOddityTests {
    @Test(
        "a foreign key to a partitioned table is one, whatever the server keeps for each of that table's partitions",
        arguments: [15, 18])
    func referencedPartitions(_ major: Int) async throws {
        let schema = """
            CREATE TABLE assets (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE assets_1 PARTITION OF assets FOR VALUES FROM (0) TO (100);
            CREATE TABLE assets_2 PARTITION OF assets FOR VALUES FROM (100) TO (200);
            INSERT INTO assets SELECT generate_series(0, 199);
            CREATE TABLE attempts (id int REFERENCES assets, attempted_at timestamptz NOT NULL) PARTITION BY RANGE (attempted_at);
            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            INSERT INTO attempts SELECT i % 200, '2026-01-10' FROM generate_series(1, 1000) AS i;
            """
        try await PartitionFixture.with(schema, major: major) { fixture in
            let report = try await fixture.ensure(drain: true)
            #expect(report.failure == nil && report.created == 4, "\(report)")
            let findings = try await fixture.verify().findings
            #expect(findings == [], "\(findings)")
            let own = try await fixture.database.psql(
                "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND conrelid <> 'attempts'::regclass"
            )
            #expect(own == "0")
            // Assets that are new need nothing of the partitions.
            try await fixture.database.psql(
                "CREATE TABLE assets_3 PARTITION OF assets FOR VALUES FROM (200) TO (300); INSERT INTO assets VALUES (250); INSERT INTO attempts VALUES (250, '2026-01-11')"
            )
        }
    }

    @Test("a foreign key to itself is no drift")
    func selfReference() async throws {
        let schema = """
            CREATE TABLE attempts (id int, attempted_at timestamptz, before int, before_at timestamptz,
                PRIMARY KEY (id, attempted_at), FOREIGN KEY (before, before_at) REFERENCES attempts)
                PARTITION BY RANGE (attempted_at);
            """
        try await PartitionFixture.with(schema) { fixture in
            #expect(try await fixture.ensure().created == 4)
            let findings = try await fixture.verify().findings
            #expect(findings == [], "\(findings)")
            #expect(try await fixture.ensure().partitions == [])
        }
    }

    @Test("a check that is not answered is over, as one of a server that hangs")
    func silence() async throws {
        try await PartitionFixture.with { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.holding("LOCK TABLE pg_catalog.pg_inherits IN ACCESS EXCLUSIVE MODE") {
                    var check = PartitionCheck(
                        fixture.request { $0.lockTimeout = .seconds(60) }, declared: [try fixture.declaration()])
                    check.limit = .milliseconds(500)
                    _ = try await check.run()
                }
            }
            #expect(failure?.code == .connectHang, "\(String(describing: failure))")
        }
    }

    @Test("verify finds what makes one partition behave otherwise than the others, and its commands mend it, T7")
    func peculiar() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.ensure()
            try await fixture.database.psql(
                """
                ALTER TABLE attempts_p2026_02 SET UNLOGGED;
                ALTER TABLE attempts_p2026_02 SET (fillfactor = 70);
                ALTER TABLE attempts_p2026_02 ALTER note SET NOT NULL;
                ALTER TABLE attempts_p2026_02 ADD CONSTRAINT few CHECK (note <> 'x');
                ALTER TABLE attempts_p2026_02 ADD CHECK (attempted_at >= '2026-02-01');
                CREATE INDEX ON attempts_p2026_02 (note);
                CREATE FUNCTION deny() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TRIGGER deny BEFORE INSERT ON attempts_p2026_02 FOR EACH ROW EXECUTE FUNCTION deny();
                """)
            let findings = try await fixture.verify().findings
            #expect(
                findings.map(\.code) == [.persistence, .storageParameter, .notNull, .check, .trigger], "\(findings)")
            #expect(findings.allSatisfy { $0.partition == "public.attempts_p2026_02" })
            for finding in findings { try await fixture.database.psql(finding.command) }
            let left = try await fixture.verify().findings
            #expect(left == [])
        }
    }

    @Test(
        "columns may be called as anything in a drain's statements",
        arguments: ["c", "d", "n", "q", "r", "text", "place"])
    func names(_ column: String) async throws {
        let schema = """
            CREATE TABLE attempts (id int, attempted_at timestamptz, "\(column)" int, PRIMARY KEY (id, attempted_at))
                PARTITION BY RANGE (attempted_at);
            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            INSERT INTO attempts SELECT i, '2026-01-10', 1 FROM generate_series(1, 100) AS i;
            """
        try await PartitionFixture.with(schema) { fixture in
            let report = try await fixture.ensure(drain: true)
            #expect(report.failure == nil && report.created == 4, "\(report)")
            #expect(try await fixture.database.psql("SELECT count(*) FROM attempts_p2026_01") == "100")
        }
    }

    @Test("a uuid key with a default partition: its rows are counted, and moved")
    func uuid() async throws {
        let schema = """
            CREATE TABLE attempts (attempted_at uuid NOT NULL) PARTITION BY RANGE (attempted_at);
            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            """
        try await PartitionFixture.with(schema) { fixture in
            #expect(try await fixture.ensure().created == 4)
            try await fixture.database.psql(
                "DROP TABLE attempts_p2026_01; INSERT INTO attempts VALUES ('019bb97e-0000-7000-8000-000000000000')")
            let report = try await fixture.ensure()
            #expect(report.failure?.code == .partitionStrayRows, "\(report)")
            #expect(report.failure?.message.contains("019bb97e") == true, "\(report)")
            let findings = try await fixture.verify().findings
            #expect(findings.map(\.code).contains(.stray), "\(findings)")
            #expect(try await fixture.ensure(drain: true).failure == nil)
            #expect(try await fixture.database.psql("SELECT count(*) FROM rest") == "0")
        }
    }

    @Test("a CHECK that is NOT VALID on the parent keeps no partition from being made", arguments: TestServer.majors)
    func notValid(_ major: Int) async throws {
        let schema =
            PartitionFixture.schema + "ALTER TABLE attempts ADD CONSTRAINT later CHECK (user_id > 0) NOT VALID;"
        try await PartitionFixture.with(schema, major: major) { fixture in
            let report = try await fixture.ensure()
            #expect(report.failure == nil && report.created == 4, "\(report)")
            let findings = try await fixture.verify().findings
            #expect(findings == [], "\(findings)")
        }
    }

    @Test("one table that cannot be looked at does not hide what is wrong with the others")
    func unreadable() async throws {
        let schema =
            PartitionFixture.schema + """

                CREATE TABLE hidden (attempted_at timestamptz NOT NULL) PARTITION BY RANGE (attempted_at);
                CREATE TABLE hidden_rest PARTITION OF hidden DEFAULT;
                """
        try await PartitionFixture.with(schema) { fixture in
            let role = TestServer.uniqueName("r")
            try await fixture.database.psql("CREATE ROLE \(role) LOGIN; GRANT SELECT ON attempts, hidden TO \(role)")
            let hidden = try fixture.declaration { $0.table = "hidden" }
            let verify = PartitionVerify(
                fixture.request { $0.server.set("user", role) }, declared: [hidden, try fixture.declaration()])
            let report = try await verify.run()
            let findings = report.findings
            #expect(report.failure?.code == .partitionPartial && report.failure?.category == .partial, "\(report)")
            #expect(
                report.failure?.hint == "public.hidden: GRANT SELECT ON public.hidden_rest TO \(role)", "\(report)")
            #expect(findings.contains { $0.table == "public.attempts" }, "\(findings)")
            try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }
}
