import DBKit
import Foundation
import TestSupport
import Testing

@Suite("dbctl partition ensure")
struct PartitionEnsureTests {
    private static let months = ["2026_01", "2026_02", "2026_03", "2026_04"]

    @Test(
        "it makes the partition of now and those ahead; the second time it does nothing at all, T1",
        arguments: TestServer.majors)
    func twice(_ major: Int) async throws {
        try await PartitionFixture.with(major: major) { fixture in
            let first = try await fixture.ensure()
            #expect(first.created == 4 && first.failure == nil)
            #expect(first.partitions.map(\.name) == Self.months.map { "attempts_p\($0)" })
            #expect(first.sets.map(\.coveredUntil) == ["2026-05-01T00:00:00Z"])
            let before = try await fixture.database.psql("SELECT count(*), max(xmin::text::bigint) FROM pg_class")
            let second = try await fixture.ensure()
            #expect(second.created == 0 && second.partitions.isEmpty && second.failure == nil)
            let after = try await fixture.database.psql("SELECT count(*), max(xmin::text::bigint) FROM pg_class")
            #expect(before == after)
            #expect(try await fixture.database.psql("SELECT count(*) FROM dbctl.operations") == "1")
            let findings = try await fixture.verify().findings
            #expect(findings == [], "\(findings)")
        }
    }

    @Test("a partition exists when its bounds do, not its name; gaps are refilled, T2")
    func bounds() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql(
                """
                CREATE TABLE odd PARTITION OF attempts FOR VALUES FROM ('2025-10-01 00:00+00') TO ('2025-11-01 00:00+00');
                CREATE TABLE attempts_p2026_02 PARTITION OF attempts
                    FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
                """)
            let taken = try await fixture.ensure()
            // The name of February is January's; all others are made.
            #expect(taken.failure?.code == .partitionNameTaken, "\(taken)")
            #expect(taken.failure?.message.contains("public.attempts_p2026_02") == true)
            #expect(
                taken.partitions.filter { $0.state == .created }.map(\.name).sorted() == [
                    "attempts_p2025_11", "attempts_p2025_12", "attempts_p2026_03", "attempts_p2026_04",
                ])
            try await fixture.database.psql("ALTER TABLE attempts_p2026_02 RENAME TO january")
            let mended = try await fixture.ensure()
            #expect(mended.failure == nil && mended.partitions.map(\.name) == ["attempts_p2026_02"])
            let findings = try await fixture.verify().findings
            #expect(findings.map(\.code) == [.name, .name], "\(findings)")
            #expect(findings.contains { $0.command == "ALTER TABLE public.january RENAME TO attempts_p2026_01;" })
        }
    }

    @Test(
        "a foreign relation or type with the wanted name is named, and nothing is done to it, T2",
        arguments: [
            ("CREATE TABLE attempts_p2026_03 AS SELECT 1 AS mine", "a table"),
            ("CREATE DOMAIN attempts_p2026_03 AS int", "a domain"),
            ("CREATE TYPE attempts_p2026_03 AS ENUM ('a')", "an enum"),
        ])
    func foreign(_ statement: String, _ kind: String) async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql(statement)
            let planned = try await PartitionEnsure(fixture.request(), declared: [fixture.declaration()]).plan()
            #expect(planned.failure?.code == .partitionNameTaken, "\(planned)")
            let report = try await fixture.ensure()
            #expect(report.failure?.code == .partitionNameTaken && report.failure?.category == .guarded)
            #expect(report.failure?.message.contains("\(kind) has the name") == true, "\(report)")
            #expect(report.created == 3)
            #expect(try await fixture.database.psql("SELECT to_regtype('attempts_p2026_03') IS NOT NULL") == "t")
        }
    }

    @Test("bounds of other steps are worked around; a free piece that is no whole range is said and not made")
    func handMade() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql(
                """
                CREATE TABLE old PARTITION OF attempts FOR VALUES FROM (MINVALUE) TO ('2025-12-15 00:00+00');
                CREATE TABLE long PARTITION OF attempts FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-10 00:00+00');
                """)
            let report = try await fixture.ensure()
            #expect(
                report.partitions.filter { $0.state == .created }.map(\.name) == [
                    "attempts_p2026_01", "attempts_p2026_04",
                ])
            #expect(report.failure?.code == .partitionOverlap)
            #expect(report.failure?.message.contains("2026-03-10 00:00:00+00 to 2026-04-01 00:00:00+00") == true)
            #expect(report.failure?.hint?.contains("FOR VALUES FROM ('2026-03-10 00:00:00+00')") == true)
            let findings = try await fixture.verify().findings
            #expect(findings.map(\.code) == [.piece, .piece, .bounds, .bounds], "\(findings)")
        }
    }

    @Test("one broken set of five: the others are maintained, and it is named, T6")
    func broken() async throws {
        let tables = (1...5).map { "CREATE TABLE t\($0) (at date NOT NULL) PARTITION BY RANGE (at);" }
        try await PartitionFixture.with(tables.joined()) { fixture in
            let month = PartitionStep.calendar(CalendarStep(1, .month))
            var declared = (1...5).map { PartitionDeclaration(table: "t\($0)", key: "at", step: month) }
            declared[2].key = "nope"
            let report = try await PartitionEnsure(fixture.request(), declared: declared).run()
            #expect(report.failure?.code == .partitionPartial && report.failure?.category == .partial)
            #expect(report.failure?.message.contains("t3") == true && report.created == 16)
            #expect(report.sets.filter { $0.error != nil }.map(\.table) == ["t3"])
        }
    }

    @Test("keys of numbers go by the largest one, in rows or given out by the sequence")
    func numbers() async throws {
        let schema = """
            CREATE TABLE events (id bigserial PRIMARY KEY, v text) PARTITION BY RANGE (id);
            """
        try await PartitionFixture.with(schema) { fixture in
            let declared = PartitionDeclaration(table: "events", key: "id", step: .rows(100))
            #expect(
                try await fixture.ensure(declared).partitions.map(\.name) == [
                    "events_p0", "events_p100", "events_p200", "events_p300",
                ])
            try await fixture.database.psql("INSERT INTO events (id) VALUES (150)")
            #expect(try await fixture.ensure(declared).partitions.map(\.name) == ["events_p400"])
            try await fixture.database.psql("SELECT setval('events_id_seq', 250)")
            #expect(try await fixture.ensure(declared).partitions.map(\.name) == ["events_p500"])
            #expect(try await fixture.check(declared).verdict == .ok)
        }
    }

    @Test(
        "uuids, ULIDs, dates and clocks: rows of now find their partition",
        arguments: ["uuid", "text COLLATE \"C\"", "date", "timestamp"])
    func types(_ type: String) async throws {
        try await PartitionFixture.with("CREATE TABLE attempts (k \(type)) PARTITION BY RANGE (k)") { fixture in
            var declared = PartitionDeclaration(table: "attempts", key: "k", step: .calendar(CalendarStep(1, .week)))
            declared.zone = try #require(TimeZone(identifier: "America/New_York"))
            #expect(try await fixture.ensure(declared).created == 4)
            let now = [
                "uuid": "019bc1bc-7000-7abc-8000-000000000000", "date": "2026-01-15", "timestamp": "2026-01-15 07:00",
            ]
            try await fixture.database.psql(
                "INSERT INTO attempts VALUES ('\(now[type] ?? "01KF0VRW00ABCDEFGHJKMNPQRS")')")
            #expect(try await fixture.database.psql("SELECT tableoid::regclass FROM attempts") == "attempts_p2026_w03")
        }
    }

    @Test("a text key under a collation that mixes ULIDs up is refused, and under one that does not is taken")
    func collations() async throws {
        let schema = """
            CREATE COLLATION czech (provider = icu, locale = 'cs');
            CREATE COLLATION plain (provider = icu, locale = 'en');
            CREATE TABLE a (k text COLLATE czech) PARTITION BY RANGE (k);
            CREATE TABLE b (k text COLLATE plain) PARTITION BY RANGE (k);
            """
        try await PartitionFixture.with(schema) { fixture in
            let month = PartitionStep.calendar(CalendarStep(1, .month))
            let report = try await fixture.ensure(PartitionDeclaration(table: "a", key: "k", step: month))
            #expect(report.failure?.code == .partitionCollation, "\(report)")
            #expect(try await fixture.ensure(PartitionDeclaration(table: "b", key: "k", step: month)).created == 4)
        }
    }

    @Test(
        "bounds do not depend on the settings of the database or the role, T3",
        arguments: ["UTC", "America/New_York", "Asia/Kolkata"])
    func timeZones(_ zone: String) async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql(
                """
                ALTER DATABASE \(fixture.database.name) SET TimeZone = '\(zone)';
                ALTER DATABASE \(fixture.database.name) SET DateStyle = 'SQL, DMY';
                """)
            #expect(try await fixture.ensure().created == 4)
            let bounds = try await fixture.database.psql(
                "SET TimeZone = UTC; SET DateStyle = ISO; SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'attempts_p2026_01'"
            )
            #expect(bounds == "FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')")
        }
    }

    @Test("a gap that is older than what is kept is left, and a partition of long ago does not make thousands")
    func old() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql(
                "CREATE TABLE ancient PARTITION OF attempts FOR VALUES FROM ('1970-01-01 00:00+00') TO ('1970-01-02 00:00+00')"
            )
            let daily = try fixture.declaration("1 day")
            let refused = try await fixture.ensure(daily)
            #expect(refused.failure?.code == .partitionTooMany && refused.created == 0)
            let kept = try fixture.declaration("1 day") { $0.keep = .calendar(CalendarStep(2, .day)) }
            let report = try await fixture.ensure(kept)
            #expect(
                report.failure == nil
                    && report.partitions.map(\.name) == [
                        "attempts_p2026_01_15", "attempts_p2026_01_16", "attempts_p2026_01_17", "attempts_p2026_01_18",
                        "attempts_p2026_01_13", "attempts_p2026_01_14",
                    ])
        }
    }

    @Test("check: OK, WARNING, CRITICAL by what lies ahead; a default partition makes it a WARNING, T7")
    func check() async throws {
        try await PartitionFixture.with { fixture in
            #expect(try await fixture.check().verdict == .critical)
            try await fixture.ensure()
            #expect(try await fixture.check().verdict == .ok)
            let day = 86_400.0
            let february = try await fixture.check(now: PartitionFixture.now + 31 * day)
            #expect(february.verdict == .warning && february.failure?.code == .partitionShort)
            let march = try await fixture.check(now: PartitionFixture.now + 90 * day)
            #expect(march.verdict == .critical && march.summary.contains("from 2026-05-01 00:00:00+00 on"), "\(march)")
            let far = try await fixture.check(horizon: .seconds(200 * 86_400))
            #expect(far.verdict == .critical)
            try await fixture.database.psql("CREATE TABLE rest PARTITION OF attempts DEFAULT")
            #expect(try await fixture.check(now: PartitionFixture.now + 90 * day).verdict == .warning)
        }
    }

    @Test("check with a horizon beyond all time says from when on writes fail")
    func endlessHorizon() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.ensure()
            let check = try await fixture.check(horizon: Duration(spelled: "1000000000d"))
            #expect(check.verdict == .critical && check.summary.contains("writes fail from 2026-05-01"), "\(check)")
        }
    }

    @Test("check is CRITICAL where the CHECK of an interrupted run refuses what the default partition should take")
    func refusedByLeftover() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.ensure()
            try await fixture.database.psql(
                """
                CREATE TABLE rest PARTITION OF attempts DEFAULT;
                DROP TABLE attempts_p2026_02;
                ALTER TABLE rest ADD CONSTRAINT dbctl_partition_bounds
                    CHECK (attempted_at < '2026-02-01 00:00+00' OR attempted_at >= '2026-03-01 00:00+00') NOT VALID;
                COMMENT ON CONSTRAINT dbctl_partition_bounds ON rest IS
                    'dbctl, partition of "public"."attempts": 2026-02-01 00:00:00+00 to 2026-03-01 00:00:00+00';
                """)
            let check = try await fixture.check()
            #expect(check.verdict == .critical && check.summary.contains("2026-02-01 00:00:00+00"), "\(check)")
            #expect(check.summary.contains("dbctl partition ensure --table public.attempts"), "\(check)")
            let soon = try await fixture.check(horizon: .seconds(3600))
            #expect(soon.verdict == .warning, "the range begins beyond the horizon: \(soon)")
            try await fixture.ensure()
            #expect(try await fixture.check().verdict == .ok)
        }
    }

    @Test("a table that is declared twice is refused, however it is spelled")
    func twice() async throws {
        try await PartitionFixture.with { fixture in
            let (one, other) = (try fixture.declaration(), try fixture.declaration { $0.table = "public.attempts" })
            let failure = await #expect(throws: Failure.self) { try await fixture.ensure(one, other) }
            #expect(failure?.category == .configuration && failure?.message.contains("public.attempts") == true)
            #expect(try await fixture.partitions().isEmpty)
        }
    }

    @Test("what is printed can be typed: quoted for the shell, ended by a semicolon, and new names come last")
    func typed() async throws {
        let schema = "CREATE TABLE \"At Work\" (at date NOT NULL, v int CHECK (v > 0)) PARTITION BY RANGE (at);"
        try await PartitionFixture.with(schema) { fixture in
            var declared = PartitionDeclaration(
                table: "\"At Work\"", key: "at", step: .calendar(CalendarStep(1, .month)))
            declared.name = try PartitionName("{table} {yyyy}_{mm}")
            try await fixture.database.psql(
                """
                CREATE TABLE first PARTITION OF "At Work" FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
                COMMENT ON COLUMN "At Work".v IS 'worth';
                """)
            let findings = try await fixture.verify(declared).findings
            #expect(findings.last?.code == .name, "\(findings)")
            #expect(findings.last?.command == "ALTER TABLE public.first RENAME TO \"At Work 2026_01\";")
            #expect(findings.first?.command == "dbctl partition ensure --table 'public.\"At Work\"'")
            let statements = findings.map(\.command).filter { !$0.hasPrefix("dbctl") }
            #expect(statements.count > 1 && statements.allSatisfy { $0.hasSuffix(";") })
            try await fixture.database.psql(statements.joined(separator: "\n"))
            try await fixture.ensure(declared)
            let left = try await fixture.verify(declared).findings
            #expect(left.isEmpty, "\(left)")
        }
    }

    @Test("plan meets what ensure meets: a name that is taken, T2")
    func plannedTaken() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE attempts_p2026_03 (mine int)")
            let plan = try await PartitionEnsure(fixture.request(), declared: [try fixture.declaration()]).plan()
            #expect(plan.failure?.code == .partitionNameTaken, "\(plan)")
            #expect(plan.partitions.map(\.state) == [.planned, .planned, .failed, .planned])
            let report = try await fixture.ensure()
            #expect(report.failure?.message == plan.failure?.message)
            let detail = try #require(report.failure?.detail)
            #expect(
                !detail.contains("Nothing was changed") && detail.contains("3 partitions were created"), "\(detail)")
        }
    }

    @Test("a connection that is lost in between: what was made before is told, and the run's record is closed")
    func lost() async throws {
        try await PartitionFixture.with { fixture in
            let request = fixture.request { request in
                let parameters = fixture.database.parameters
                request.onEvent = { event in
                    guard case .running(let text) = event, text.contains("CREATE TABLE public.attempts_p2026_03") else {
                        return
                    }
                    let session = try? Session.connect(parameters, settings: SessionSettings(applicationName: "oom"))
                    try? session?.script(
                        ServerText(
                            file:
                                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dbctl partition%' AND query NOT LIKE '%advisory%'"
                        ))
                }
            }
            let report = try await fixture.ensure(request: request)
            #expect(report.failure?.category == .partial, "\(report)")
            #expect(report.created == 2 && report.sets.map(\.created) == [2], "\(report)")
            #expect(
                try await fixture.database.psql(
                    "SELECT outcome FROM dbctl.operations WHERE run_id = '\(request.run.id)'")
                    == "failed")
            #expect(try await fixture.ensure().created == 2)
        }
    }

    @Test("a writer in a table that foreign keys refer to: 75 names it, and who is there")
    func busyReferenced() async throws {
        try await PartitionFixture.with { fixture in
            let report = try await fixture.holding("UPDATE users SET id = id WHERE id = 3") {
                try await fixture.ensure(request: fixture.request { $0.wait = .milliseconds(300) })
            }
            let failure = try #require(report.failure)
            #expect(failure.category == .busy && failure.message.contains("users"), "\(failure)")
            #expect(
                failure.detail?.contains("forgotten") == true
                    && failure.hint?.contains("pg_terminate_backend(") == true, "\(failure)")
        }
    }

    @Test("a number that lies absurdly far away in the default partition is named, and what is needed next is made")
    func outlier() async throws {
        let schema = """
            CREATE TABLE events (id bigint NOT NULL) PARTITION BY RANGE (id);
            CREATE TABLE rest PARTITION OF events DEFAULT;
            CREATE TABLE events_p0 PARTITION OF events FOR VALUES FROM (0) TO (100);
            INSERT INTO events VALUES (42), (9223372036854775807), (-9223372036854775808);
            """
        try await PartitionFixture.with(schema) { fixture in
            let declared = PartitionDeclaration(table: "events", key: "id", step: .rows(100))
            let report = try await fixture.ensure(declared)
            let failure = try #require(report.failure)
            #expect(failure.category == .guarded && failure.message.contains("id = 9223372036854775807"), "\(failure)")
            #expect(report.created == 3, "\(report)")
            let strays = try await fixture.verify(declared).findings
            #expect(strays.map(\.code) == [.stray, .stray], "\(strays)")
            #expect(try await fixture.check(declared).verdict == .ok)
        }
    }

    @Test("check without the right to see a key of numbers is UNKNOWN, and names the GRANT")
    func unknown() async throws {
        try await PartitionFixture.with("CREATE TABLE events (id bigint) PARTITION BY RANGE (id)") { fixture in
            let role = "\(fixture.database.name)_monitor"
            try await fixture.database.psql("CREATE ROLE \(role) LOGIN")
            let report = try await finally {
                try await PartitionCheck(
                    fixture.request { $0.server = fixture.database.parameters.setting("user", role) },
                    declared: [PartitionDeclaration(table: "events", key: "id", step: .rows(10))]
                ).run()
            } cleanUp: {
                try await fixture.database.psql("DROP ROLE \(role)")
            }
            #expect(report.verdict == .unknown)
            #expect(report.failure?.hint == "GRANT SELECT ON public.events TO \(role)", "\(report)")
        }
    }

    @Test("what lies ahead of the next step costs a large default partition a CHECK and no look under its lock")
    func largeDefault() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql(
                """
                CREATE TABLE rest PARTITION OF attempts DEFAULT;
                INSERT INTO attempts (attempted_at, user_id, note)
                SELECT '2020-01-01', 1, repeat('x', 500) FROM generate_series(1, 5000)
                """)
            let events = Events()
            let report = try await fixture.ensure(request: fixture.request { $0.onEvent = { events.add($0) } })
            #expect(report.created == 4 && report.failure == nil, "\(report)")
            let validated = events.all.filter {
                if case .running(let text) = $0 { text.contains("VALIDATE") } else { false }
            }
            #expect(validated.count == 2, "of the two that lie beyond the next step")
            #expect(
                try await fixture.database.psql(
                    "SELECT count(*) FROM pg_constraint WHERE conname = 'dbctl_partition_bounds'") == "0")
        }
    }

    @Test("a default partition that is in use: 75 with the holder, nothing is left, and then it goes on")
    func busyDefault() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE rest PARTITION OF attempts DEFAULT")
            let report = try await fixture.holding("SELECT count(*) FROM attempts") {
                try await fixture.ensure(request: fixture.request { $0.wait = .milliseconds(300) })
            }
            #expect(report.failure?.code == .partitionLocked && report.failure?.category == .busy, "\(report)")
            #expect(report.failure?.detail?.contains("forgotten") == true)
            #expect(
                try await fixture.database.psql(
                    "SELECT count(*) FROM pg_class WHERE relname LIKE 'attempts_p%' AND relkind = 'r'") == "0")
            #expect(try await fixture.ensure().created == 4)
        }
    }

    @Test("the CHECK and the table that a killed run left are removed or used first")
    func leftovers() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.database.psql(
                """
                CREATE TABLE rest PARTITION OF attempts DEFAULT;
                ALTER TABLE rest ADD CONSTRAINT dbctl_partition_bounds CHECK (attempted_at < '2020-01-01') NOT VALID;
                COMMENT ON CONSTRAINT dbctl_partition_bounds ON rest IS 'dbctl, partition of "public"."attempts": x';
                CREATE TABLE stray (LIKE attempts INCLUDING ALL);
                ALTER TABLE stray ADD CONSTRAINT dbctl_partition_bounds CHECK (true);
                COMMENT ON CONSTRAINT dbctl_partition_bounds ON stray IS 'dbctl, partition of "public"."attempts": y';
                CREATE TABLE mine (LIKE attempts INCLUDING ALL);
                ALTER TABLE mine ADD CONSTRAINT dbctl_partition_bounds CHECK (true);
                """)
            let found = try await fixture.verify().findings.filter { $0.code == .leftover }
            #expect(found.count == 2, "\(found)")
            #expect(try await fixture.ensure().created == 4)
            #expect(
                try await fixture.database.psql("SELECT to_regclass('stray') IS NULL, to_regclass('mine') IS NOT NULL")
                    == "t|t")
            #expect(
                try await fixture.database.psql(
                    "SELECT count(*) FROM pg_constraint WHERE conrelid = 'rest'::regclass AND conname LIKE 'dbctl%'")
                    == "0")
        }
    }

    @Test("a partition that is half detached takes no rows: writes fail, and the statement that finishes it is said")
    func detaching() async throws {
        try await PartitionFixture.with { fixture in
            try await fixture.ensure()
            // What an interrupted DETACH CONCURRENTLY leaves.
            try await fixture.database.psql(
                "UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'attempts_p2026_02'::regclass")
            let check = try await fixture.check()
            #expect(check.verdict == .critical && check.summary.contains("from 2026-02-01 00:00:00+00 on"), "\(check)")
            let report = try await fixture.ensure()
            #expect(report.failure?.code == .partitionOverlap && report.created == 0)
            let finding = try #require(try await fixture.verify().findings.first { $0.code == .detaching })
            #expect(
                finding.command == "ALTER TABLE public.attempts DETACH PARTITION public.attempts_p2026_02 FINALIZE;")
            try await fixture.database.psql(finding.command + "; DROP TABLE attempts_p2026_02")
            #expect(try await fixture.ensure().created == 1)
        }
    }

    @Test("verify finds what a partition made by hand lacks, and the command mends it, T7")
    func drift() async throws {
        let schema =
            PartitionFixture.schema + """

                ALTER TABLE attempts ENABLE ROW LEVEL SECURITY;
                ALTER TABLE attempts ALTER note SET STATISTICS 500;
                GRANT SELECT ON attempts TO pg_monitor;
                """
        try await PartitionFixture.with(schema) { fixture in
            try await fixture.ensure()
            try await fixture.database.psql(
                "CREATE TABLE attempts_p2026_05 PARTITION OF attempts FOR VALUES FROM ('2026-05-01 00:00+00') TO ('2026-06-01 00:00+00')"
            )
            let findings = try await fixture.verify().findings
            #expect(findings.map(\.code) == [.statisticsTarget, .grant, .rowSecurity], "\(findings)")
            for finding in findings { try await fixture.database.psql(finding.command) }
            let left = try await fixture.verify().findings
            #expect(left == [])
        }
    }
}

/// What a run told.
private final class Events: Sendable {
    private let box = Guarded([PartitionEvent]())
    func add(_ event: PartitionEvent) { box.withLock { $0.append(event) } }
    var all: [PartitionEvent] { box.withLock { $0 } }
}
