import DBKit
import Foundation
import Operations
import TestSupport
import Testing

@Suite("Rows move out of the default partition without anybody noticing")
struct PartitionDrainTests {
    private static let filled =
        PartitionFixture.schema + """

            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            INSERT INTO attempts (attempted_at, user_id, note)
            SELECT '2026-01-10'::timestamptz + make_interval(mins => i), 1 + i % 10, 'n' || i FROM generate_series(1, 5000) AS i;
            INSERT INTO attempts (attempted_at, user_id) SELECT '2020-01-01', 1 FROM generate_series(1, 50);
            """

    @Test("rows of a wanted range are refused with their count and span; nothing moves without consent, T5")
    func refused() async throws {
        try await PartitionFixture.with(Self.filled) { fixture in
            let report = try await fixture.ensure()
            #expect(report.failure?.code == .partitionStrayRows && report.failure?.category == .guarded)
            let message = try #require(report.failure?.message)
            #expect(
                message.contains("5000 rows")
                    && message.contains("from 2026-01-10 00:01:00+00 to 2026-01-13 11:20:00+00"), "\(message)")
            #expect(report.failure?.hint?.contains("--drain-default") == true)
            #expect(report.created == 3, "those without rows are made")
            var plan = PartitionEnsure(fixture.request(), declared: [try fixture.declaration()])
            plan.drainsDefault = true
            let planned = try await plan.plan()
            #expect(planned.failure == nil && planned.partitions.map(\.rows) == [5000])
        }
    }

    @Test(
        "drained, the rows are where they belong, nothing of dbctl's is left, and no trigger of anybody's has fired",
        arguments: TestServer.majors)
    func drained(_ major: Int) async throws {
        let schema =
            Self.filled + """

                CREATE TABLE audit (what text);
                CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN INSERT INTO public.audit VALUES (TG_OP); RETURN NULL; END';
                CREATE TRIGGER auditing AFTER INSERT OR DELETE ON attempts FOR EACH ROW EXECUTE FUNCTION audited();
                ALTER TABLE attempts ENABLE ALWAYS TRIGGER auditing;
                CREATE TABLE before AS SELECT * FROM attempts;
                """
        try await PartitionFixture.with(schema, major: major) { fixture in
            let report = try await fixture.ensure(drain: true)
            #expect(report.failure == nil, "\(report)")
            #expect(report.partitions.first?.state == .drained && report.partitions.first?.rows == 5000)
            let state = try await fixture.database.psql(
                """
                SELECT (SELECT count(*) FROM attempts_p2026_01), (SELECT count(*) FROM rest),
                       (SELECT count(*) FROM audit),
                       (SELECT count(*) FROM (SELECT * FROM before EXCEPT ALL SELECT * FROM attempts) AS lost),
                       (SELECT count(*) FROM pg_class WHERE relname LIKE 'dbctl_drain%'),
                       (SELECT count(*) FROM pg_proc WHERE proname LIKE 'dbctl_drain%'),
                       (SELECT string_agg(tgname || tgenabled::text, ',') FROM pg_trigger WHERE tgrelid = 'rest'::regclass AND NOT tgisinternal)
                """)
            #expect(state == "5000|50|0|0|0|0|auditingA")
            let findings = try await fixture.verify().findings.map(\.code)
            #expect(findings == [.stray], "the rows of 2020 belong nowhere")
        }
    }

    @Test(
        "while others insert, change and delete, count(*) of what nobody touches stays the same and no change is lost",
        arguments: [true, false])
    func underLoad(_ hasKey: Bool) async throws {
        let schema = hasKey ? Self.filled : Self.filled + "\nALTER TABLE attempts DROP CONSTRAINT attempts_pkey;"
        try await PartitionFixture.with(schema) { fixture in
            try await fixture.database.psql(
                """
                CREATE TABLE ledger (id bigint, note text);
                CREATE PROCEDURE churn(seed int) LANGUAGE plpgsql AS $$
                DECLARE i int := 0; k bigint;
                BEGIN
                    WHILE NOT EXISTS (SELECT FROM done) LOOP
                        i := i + 1;
                        INSERT INTO attempts (attempted_at, user_id, note)
                            VALUES ('2026-01-20'::timestamptz + make_interval(secs => i), 2, format('w%s-%s', seed, i)) RETURNING id INTO k;
                        INSERT INTO ledger VALUES (k, format('w%s-%s', seed, i));
                        COMMIT;
                        UPDATE attempts SET note = note || 'u' WHERE id = k AND attempted_at >= '2026-01-20' AND i % 3 = 0;
                        UPDATE ledger SET note = note || 'u' WHERE id = k AND i % 3 = 0;
                        COMMIT;
                        DELETE FROM attempts WHERE id = k AND attempted_at >= '2026-01-20' AND i % 5 = 0;
                        DELETE FROM ledger WHERE id = k AND i % 5 = 0;
                        COMMIT;
                        PERFORM pg_sleep(0.002);
                    END LOOP;
                END $$;
                CREATE TABLE done (t int);
                """)
            let counts = Guarded(Set<String>())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in 1...2 {
                    group.addTask { try await fixture.database.psql("CALL churn(\(seed))") }
                }
                group.addTask {
                    while try await fixture.database.psql("SELECT count(*) FROM done") == "0" {
                        let count = try await fixture.database.psql(
                            "SELECT count(*) FROM attempts WHERE note LIKE 'n%'")
                        _ = counts.withLock { $0.insert(count) }
                    }
                }
                try await eventually("the writers are at it") {
                    try await fixture.database.psql("SELECT count(*) > 20 FROM ledger") == "t"
                }
                let outcome = try await finally {
                    try await fixture.ensure(drain: true)
                } cleanUp: {
                    try await fixture.database.psql("INSERT INTO done VALUES (1)")
                }
                #expect(outcome.failure == nil, "\(outcome)")
                #expect(outcome.partitions.first?.state == .drained)
                try await group.waitForAll()
            }
            #expect(counts.withLock { $0 } == ["5000"])
            let lost = try await fixture.database.psql(
                """
                SELECT (SELECT count(*) FROM (SELECT id, note FROM ledger EXCEPT ALL SELECT id, note FROM attempts WHERE note LIKE 'w%') AS a),
                       (SELECT count(*) FROM (SELECT id, note FROM attempts WHERE note LIKE 'w%' EXCEPT ALL SELECT id, note FROM ledger) AS b),
                       (SELECT count(*) FROM rest WHERE attempted_at >= '2026-01-01')
                """)
            #expect(lost == "0|0|0")
        }
    }

    @Test("a copy that is not the same is not attached, and every row stays where it was")
    func tampered() async throws {
        try await PartitionFixture.with(Self.filled) { fixture in
            // A writer whose changes no trigger sees.
            let events = fixture.request { request in
                request.progress = Meddler(parameters: fixture.database.parameters)
            }
            let report = try await fixture.ensure(drain: true, request: events)
            #expect(report.failure?.code == .partitionDrainDiffers, "\(report)")
            let state = try await fixture.database.psql(
                "SELECT (SELECT count(*) FROM rest), to_regclass('attempts_p2026_01') IS NULL, (SELECT count(*) FROM pg_trigger WHERE tgname = 'dbctl_drain')"
            )
            #expect(state == "5049|f|0")
            // The copy has a row that is nowhere else any more: somebody has to look.
            let again = try await fixture.ensure(drain: true)
            #expect(again.failure?.code == .partitionLeftover, "\(again)")
            #expect(again.failure?.hint?.contains("DROP TABLE public.attempts_p2026_01") == true)
            try await fixture.database.psql("DROP TABLE attempts_p2026_01")
            #expect(try await fixture.ensure(drain: true).failure == nil)
        }
    }

    /// Deletes a row behind the trigger's back as soon as something is copied.
    private struct Meddler: ProgressSink {
        let parameters: ConnectionParameters

        func report(_ progress: Operations.Progress) {
            let session = try? Session.connect(parameters, settings: SessionSettings(applicationName: "meddler"))
            try? session?.script(
                ServerText(
                    file:
                        "SET session_replication_role = replica; ALTER TABLE public.rest DISABLE TRIGGER dbctl_drain; DELETE FROM public.rest WHERE note = 'n7'; ALTER TABLE public.rest ENABLE ALWAYS TRIGGER dbctl_drain"
                ))
        }
    }

    @Test("behind a long reader the swap keeps no writer waiting, and what it leaves is named: 81, not 75")
    func longReader() async throws {
        try await PartitionFixture.with(Self.filled) { fixture in
            // Far longer than one try, far shorter than --lock-timeout.
            let writer =
                "SET lock_timeout = '700ms'; INSERT INTO attempts (attempted_at, user_id) VALUES ('2026-01-20', 1)"
            let isOver = Guarded(false)
            let report = try await fixture.holding("SELECT count(*) FROM attempts") {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while !isOver.withLock({ $0 }) { try await fixture.database.psql(writer) }
                    }
                    let report = try await finally {
                        try await fixture.ensure(drain: true, request: fixture.request { $0.wait = .seconds(3) })
                    } cleanUp: {
                        isOver.withLock { $0 = true }
                    }
                    try await group.waitForAll()
                    return report
                }
            }
            let failure = try #require(report.failure)
            #expect(failure.code == .partitionPartial && failure.category == .partial, "\(failure)")
            #expect(failure.detail?.contains("public.rest has the trigger of a drain") == true, "\(failure)")
            #expect(failure.hint?.contains("dbctl partition ensure --table public.attempts") == true)
            #expect(try await fixture.ensure(drain: true).failure == nil)
            let left = try await fixture.database.psql(
                "SELECT (SELECT count(*) FROM pg_trigger WHERE tgname = 'dbctl_drain'), (SELECT count(*) FROM rest)")
            #expect(left == "0|50")
        }
    }

    @Test("what is left in the default partition is read under the lock for no longer than --lock-timeout")
    func largeRest() async throws {
        let schema = """
            CREATE TABLE attempts (attempted_at timestamptz NOT NULL) PARTITION BY RANGE (attempted_at);
            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            INSERT INTO attempts SELECT '2020-01-01' FROM generate_series(1, 400000);
            INSERT INTO attempts SELECT '2026-01-10' FROM generate_series(1, 100);
            """
        try await PartitionFixture.with(schema) { fixture in
            let declared = try fixture.declaration { $0.ahead = 0 }
            let hasty = fixture.request { $0.lockTimeout = .milliseconds(2) }
            let report = try await fixture.ensure(declared, drain: true, request: hasty)
            #expect(report.failure?.code == .partitionLargeDefault, "\(report)")
            #expect(report.failure?.hint?.contains("--lock-timeout") == true, "\(report)")
            let state = try await fixture.database.psql(
                "SELECT (SELECT count(*) FROM rest), (SELECT count(*) FROM pg_trigger WHERE tgname = 'dbctl_drain')")
            #expect(state == "400100|0")
            #expect(try await fixture.ensure(declared, drain: true).failure == nil)
            #expect(try await fixture.database.psql("SELECT count(*) FROM attempts_p2026_01") == "100")
        }
    }

    @Test("plan meets what a drain meets: foreign keys that refer to the rows, and subscribers")
    func plannedObstacles() async throws {
        try await PartitionFixture.with(Self.filled) { fixture in
            try await fixture.database.psql(
                "CREATE TABLE scores (id bigint, at timestamptz, FOREIGN KEY (id, at) REFERENCES attempts)")
            var ensure = PartitionEnsure(fixture.request(), declared: [try fixture.declaration()])
            ensure.drainsDefault = true
            let plan = try await ensure.plan()
            #expect(plan.failure?.code == .partitionDrainRefused && plan.partitions.first?.state == .failed, "\(plan)")
        }
    }

    @Test("rows that no drain moves are told apart, and what is said of each really helps")
    func strays() async throws {
        let schema = """
            CREATE TABLE attempts (attempted_at timestamptz) PARTITION BY RANGE (attempted_at);
            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            """
        try await PartitionFixture.with(schema) { fixture in
            try await fixture.ensure()
            try await fixture.database.psql("INSERT INTO attempts VALUES (NULL)")
            #expect(try await fixture.verify().findings.isEmpty, "a row without a key belongs there")
            try await fixture.database.psql(
                "INSERT INTO attempts VALUES ('2025-06-06 06:00+00'), ('2029-09-09 00:00+00'), ('infinity')")
            let report = try await fixture.ensure(drain: true)
            #expect(report.notes.contains { $0.contains("dbctl partition verify --table public.attempts") })
            let findings = try await fixture.verify().findings
            #expect(findings.map(\.code) == [.stray, .stray], "\(findings)")
            let lines = try #require(findings.first?.command.split(separator: "\n").map(String.init))
            #expect(lines.last == "dbctl partition ensure --table public.attempts --drain-default")
            try await fixture.database.psql(try #require(lines.first))
            #expect(try await fixture.ensure(drain: true).failure == nil)
            let moved = try await fixture.database.psql(
                "SELECT tableoid::regclass FROM attempts WHERE attempted_at < '2026-01-01'")
            #expect(moved == "attempts_p2025_06")
            #expect(findings.last?.command.contains("SELECT * FROM public.rest WHERE") == true, "\(findings)")
            let kept = try await fixture.verify(fixture.declaration { $0.keep = .calendar(CalendarStep(1, .month)) })
            #expect(kept.findings.map(\.code) == [.stray], "\(kept)")
        }
    }

    @Test("rows that others refer to, or that are published, are left alone, and it is said why")
    func obstacles() async throws {
        try await PartitionFixture.with(Self.filled) { fixture in
            try await fixture.database.psql("CREATE PUBLICATION p_\(fixture.database.name) FOR TABLE attempts")
            let published = try await fixture.ensure(drain: true)
            #expect(
                published.failure?.code == .partitionDrainRefused
                    && published.failure?.message.contains("published") == true)
            try await fixture.database.psql(
                """
                DROP PUBLICATION p_\(fixture.database.name);
                CREATE TABLE scores (id bigint, at timestamptz, FOREIGN KEY (id, at) REFERENCES attempts)
                """)
            let referred = try await fixture.ensure(drain: true)
            #expect(
                referred.failure?.code == .partitionDrainRefused && referred.failure?.message.contains("scores") == true
            )
            #expect(try await fixture.database.psql("SELECT count(*) FROM rest") == "5050")
        }
    }
}
