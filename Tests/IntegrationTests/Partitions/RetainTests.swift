import DBKit
import Foundation
import TestSupport
import Testing

@Suite("partition retain: what is past keeping goes, and nothing else (T8)")
struct RetainTests {
    private func year<T: Sendable>(
        _ more: String = "", major: Int = 15, _ body: (PartitionFixture) async throws -> T
    ) async throws -> T {
        try await PartitionFixture.with(PartitionFixture.year + more, major: major, body)
    }

    private func rows(_ fixture: PartitionFixture, _ table: String) async throws -> String {
        try await fixture.database.psql("SELECT count(*) FROM \(table)")
    }

    /// Runs, and says how it ended: `dropped dropped`, or the code of the failure.
    private func outcome(_ report: PartitionRetainReport) -> String {
        report.failure?.code.name ?? report.partitions.map(\.state.rawValue).joined(separator: " ")
    }

    @Test("detach keeps the table with its rows and its own comment", arguments: TestServer.majors)
    func detach(_ major: Int) async throws {
        try await year(major: major) { fixture in
            let before = try await rows(fixture, "attempts_p2025_08")
            let report = try await fixture.retain(try fixture.expiry(.detach))
            #expect(outcome(report) == "detached")
            #expect(try await fixture.months() == "01 02 09 10 11 12 | 08")
            #expect(try await rows(fixture, "attempts_p2025_08") == before)
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
            let again = try await fixture.retain(try fixture.expiry(.detach))
            #expect(again.partitions == [] && again.failure == nil)
            let history = try await fixture.database.psql(
                "SELECT outcome, counts FROM dbctl.operations ORDER BY started_at")
            #expect(history == "succeeded|{\"detached\": 1}")
        }
    }

    @Test("drop drops, the oldest first, and leaves everything younger", arguments: TestServer.majors)
    func drop(_ major: Int) async throws {
        try await year(major: major) { fixture in
            let kept = try await rows(fixture, "attempts WHERE attempted_at >= '2025-11-01'")
            let report = try await fixture.retain(try fixture.expiry(.drop, keep: "2 months"))
            #expect(outcome(report) == "dropped dropped dropped")
            #expect(report.partitions.map(\.name) == ["attempts_p2025_08", "attempts_p2025_09", "attempts_p2025_10"])
            #expect(try await fixture.months() == "01 02 11 12 | ")
            #expect(try await rows(fixture, "attempts") == kept)
        }
    }

    @Test("a dry run changes nothing, and says range, size and the exact statements")
    func dryRun() async throws {
        try await year("ANALYZE attempts;") { fixture in
            let plan = try await fixture.retention([try fixture.expiry(.drop)]).plan()
            let august = try #require(plan.partitions.first)
            #expect(plan.isDryRun && plan.partitions.count == 1 && august.state == .planned)
            #expect(august.lower == "2025-08-01T00:00:00Z" && august.upper == "2025-09-01T00:00:00Z")
            #expect(august.rowEstimate == 186 && august.sizeBytes > 0)
            #expect(august.statements.count == 3, "\(august)")
            #expect(
                august.statements[0].hasPrefix(
                    "COMMENT ON TYPE \"public\".\"attempts_p2025_08\" IS 'dbctl partition retain {")
            )
            #expect(
                august.statements.dropFirst() == [
                    "ALTER TABLE \"public\".\"attempts\" DETACH PARTITION \"public\".\"attempts_p2025_08\" CONCURRENTLY",
                    "DROP TABLE \"public\".\"attempts_p2025_08\"",
                ])
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
            #expect(try await fixture.database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
        }
    }

    @Test(
        "what no ANALYZE has looked at is said to be unknown, not empty; and each statement that runs is shown before")
    func exact() async throws {
        try await year { fixture in
            let statements = Guarded([String]())
            let retention = fixture.retention([try fixture.expiry(.detach)]) { request in
                request.onEvent = { event in
                    guard case .running(let text) = event else { return }
                    statements.withLock { $0.append(text) }
                }
            }
            let august = try #require(try await retention.plan().partitions.first)
            #expect(august.rowEstimate == nil && august.sizeBytes > 0)
            #expect(outcome(try await retention.run()) == "detached")
            func masked(_ texts: [String]) -> [String] { texts.map { String($0.prefix { $0 != "{" }) } }
            #expect(masked(statements.withLock { $0 }) == masked(Array(august.statements.dropLast())))
            #expect(august.statements.last == "COMMENT ON TYPE \"public\".\"attempts_p2025_08\" IS NULL")
        }
    }

    @Test("with a default partition DETACH is the plain one, and the default stays")
    func fallback() async throws {
        let more =
            "CREATE TABLE rest PARTITION OF attempts DEFAULT; INSERT INTO attempts (attempted_at, user_id) VALUES ('2020-01-01', 1);"
        try await year(more) { fixture in
            let plan = try await fixture.retention([try fixture.expiry(.drop)]).plan()
            #expect(plan.partitions[0].statements[1].hasSuffix("\"attempts_p2025_08\""))
            #expect(plan.notes.contains { $0.contains("public.rest is a default partition") })
            let report = try await fixture.retain(try fixture.expiry(.drop))
            #expect(outcome(report) == "dropped")
            #expect(try await rows(fixture, "rest") == "1")
        }
    }

    @Test("a clock that runs years ahead of the server's makes nothing older")
    func clock() async throws {
        try await year { fixture in
            try await fixture.database.psql(
                """
                CREATE TABLE attempts_future PARTITION OF attempts FOR VALUES FROM ('2090-01-01') TO ('2090-02-01');
                CREATE TABLE attempts_now PARTITION OF attempts FOR VALUES FROM ('2026-03-01') TO ('2090-01-01')
                """)
            let plan = try await fixture.retention([try fixture.expiry(.drop, keep: "1 month")]) {
                $0.clock = WallClock { Date(timeIntervalSince1970: 4_000_000_000) }
            }.plan()
            #expect(!plan.partitions.map(\.name).contains("attempts_now"))
            #expect(!plan.partitions.map(\.name).contains("attempts_future"))
        }
    }

    @Test("a child with partitions of its own goes as a whole", arguments: TestServer.majors)
    func subPartitions(_ major: Int) async throws {
        let more = """
            ALTER TABLE attempts DROP CONSTRAINT attempts_pkey;
            CREATE TABLE attempts_p2025_07 PARTITION OF attempts FOR VALUES FROM ('2025-07-01Z') TO ('2025-08-01Z')
                PARTITION BY LIST (user_id);
            CREATE TABLE attempts_p2025_07_1 PARTITION OF attempts_p2025_07 FOR VALUES IN (1);
            CREATE TABLE attempts_p2025_07_rest PARTITION OF attempts_p2025_07 DEFAULT;
            INSERT INTO attempts (attempted_at, user_id) VALUES ('2025-07-05', 1), ('2025-07-06', 2);
            """
        try await year(more, major: major) { fixture in
            let detached = try await fixture.retain(try fixture.expiry(.detach, keep: "5 months"))
            #expect(outcome(detached) == "detached")
            #expect(try await rows(fixture, "attempts_p2025_07") == "2")
            let attach =
                "ALTER TABLE attempts ATTACH PARTITION attempts_p2025_07 FOR VALUES FROM ('2025-07-01Z') TO ('2025-08-01Z')"
            try await fixture.database.psql(
                major < 17 ? attach : "ALTER TABLE attempts ALTER id DROP IDENTITY; \(attach)")
            let dropped = try await fixture.retain(try fixture.expiry(.drop, keep: "5 months"))
            #expect(outcome(dropped) == "dropped")
            #expect(
                try await fixture.database.psql("SELECT count(*) FROM pg_class WHERE relname LIKE 'attempts_p2025_07%'")
                    == "0")
        }
    }

    @Test("what PostgreSQL would detach only half, for good, is refused beforehand, with what mends it")
    func identity() async throws {
        let more = """
            ALTER TABLE attempts DROP CONSTRAINT attempts_pkey;
            CREATE TABLE attempts_p2025_07 (LIKE attempts) PARTITION BY LIST (user_id);
            CREATE TABLE attempts_p2025_07_1 PARTITION OF attempts_p2025_07 FOR VALUES IN (1);
            ALTER TABLE attempts_p2025_07 ADD CONSTRAINT attempts_score_check CHECK (score >= 0);
            ALTER TABLE attempts_p2025_07 DROP COLUMN twice;
            ALTER TABLE attempts DROP COLUMN twice;
            ALTER TABLE attempts ATTACH PARTITION attempts_p2025_07 FOR VALUES FROM ('2025-07-01Z') TO ('2025-08-01Z');
            """
        try await year(more, major: 18) { fixture in
            let report = try await fixture.retain(try fixture.expiry(.drop, keep: "5 months"))
            #expect(report.failure?.code == .partitionIdentity && report.failure?.category == .guarded)
            #expect(
                report.failure?.message.contains("attempts_p2025_07_1.id") == true,
                "\(String(describing: report.failure))")
            try await fixture.database.psql(
                """
                ALTER TABLE attempts_p2025_07 DETACH PARTITION attempts_p2025_07_1;
                ALTER TABLE attempts_p2025_07 ATTACH PARTITION attempts_p2025_07_1 FOR VALUES IN (1);
                """)
            let again = try await fixture.retain(try fixture.expiry(.drop, keep: "5 months"))
            #expect(outcome(again) == "dropped", "\(String(describing: again.failure))")
        }
    }

    @Test(
        "a foreign key that refers to the table: 80 naming it, before anything is done",
        arguments: PartitionDeclaration.Expiry.allCases.filter { $0 != .archive })
    func referenced(_ action: PartitionDeclaration.Expiry) async throws {
        let more = """
            CREATE TABLE notes (id bigint, at timestamptz, CONSTRAINT notes_attempt FOREIGN KEY (id, at) REFERENCES attempts);
            """
        try await year(more) { fixture in
            let report = try await fixture.retain(try fixture.expiry(action))
            let failure = try #require(report.failure)
            #expect(failure.code == .partitionReferenced && failure.category == .guarded)
            #expect(failure.message.contains("notes_attempt of public.notes"))
            #expect(failure.hint?.contains("ALTER TABLE public.notes DROP CONSTRAINT notes_attempt") == true)
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
            let plan = try await fixture.retention([try fixture.expiry(action)]).plan()
            #expect(plan.failure?.code == .partitionReferenced)
        }
    }

    @Test("what depends on a partition that is to be dropped: 80 naming all of it, for the whole set; detach keeps it")
    func dependents() async throws {
        let more = """
            CREATE VIEW september AS SELECT note FROM attempts_p2025_09;
            CREATE FUNCTION one(attempts_p2025_10) RETURNS int LANGUAGE sql AS 'SELECT 1';
            """
        try await year(more) { fixture in
            let refused = try await fixture.retain(try fixture.expiry(.drop, keep: "2 months"))
            let failure = try #require(refused.failure)
            let text = "\(failure)"
            #expect(failure.code == .partitionDependents && failure.category == .guarded)
            #expect(text.contains("view september") || text.contains("view public.september"), "\(text)")
            #expect(
                text.contains("one(attempts_p2025_10)") || text.contains("one(public.attempts_p2025_10)"), "\(text)")
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            let detached = try await fixture.retain(try fixture.expiry(.detach, keep: "2 months"))
            #expect(outcome(detached) == "detached detached detached")
            #expect(try await rows(fixture, "september") == "180")
        }
    }

    @Test("a foreign table is neither dropped nor archived: 80 naming it")
    func foreignTable() async throws {
        let more = """
            CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
            ALTER TABLE attempts DROP CONSTRAINT attempts_pkey, DROP CONSTRAINT attempts_user_id_fkey, DROP COLUMN id;
            CREATE FOREIGN TABLE attempts_far PARTITION OF attempts FOR VALUES FROM ('2020-01-01') TO ('2020-02-01') SERVER far;
            """
        try await year(more) { fixture in
            let report = try await fixture.retain(try fixture.expiry(.drop))
            #expect(report.failure?.code == .partitionForeign)
            #expect(report.failure?.message.contains("attempts_far") == true)
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            // It can be detached.
            #expect(outcome(try await fixture.retain(try fixture.expiry(.detach))) == "detached detached")
        }
    }

    @Test("a table whose conversion is not finished is let alone: its rows are in the old one, too")
    func converting() async throws {
        try await year { fixture in
            try await fixture.database.psql(
                """
                CREATE SCHEMA dbctl;
                CREATE TABLE dbctl.conversions (source oid, target oid, state text);
                INSERT INTO dbctl.conversions VALUES (1, 'attempts'::regclass, 'converted');
                """)
            for action in [PartitionDeclaration.Expiry.drop, .detach] {
                let report = try await fixture.retain(try fixture.expiry(action))
                #expect(outcome(report) == "partition.converting")
                #expect(report.failure?.hint?.contains("dbctl partition convert public.attempts --finish") == true)
            }
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
        }
    }

    @Test("one broken set of three: the others are done, 81 names it")
    func broken() async throws {
        let more = """
            CREATE TABLE logs (at date, t text) PARTITION BY RANGE (at);
            CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
            CREATE TABLE logs_new PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            """
        try await year(more) { fixture in
            var logs = try fixture.expiry(.drop)
            (logs.table, logs.key) = ("logs", "at")
            var missing = logs
            missing.table = "nowhere"
            let report = try await fixture.retain(try fixture.expiry(.drop), missing, logs)
            let failure = try #require(report.failure)
            #expect(failure.code == .partitionPartial && failure.category == .partial)
            #expect(failure.message.contains("1 of 3") && failure.message.contains("nowhere"))
            #expect(report.partitions.map(\.name) == ["attempts_p2025_08", "logs_old"])
            #expect(report.sets.map(\.error) == [nil, "partition.table_not_found", nil])
            let history = try await fixture.database.psql("SELECT outcome, error_code, counts FROM dbctl.operations")
            #expect(history == "failed|partition.partial|{\"dropped\": 2}")
        }
    }

    @Test(
        "a key of numbers is counted back from the largest row, not from the sequence, nor from the default partition")
    func numbers() async throws {
        let schema = """
            CREATE SEQUENCE s; SELECT setval('s', 1000000);
            CREATE TABLE t (id bigint DEFAULT nextval('s') NOT NULL) PARTITION BY RANGE (id);
            CREATE TABLE t_0 PARTITION OF t FOR VALUES FROM (0) TO (1000);
            CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1000) TO (2000);
            CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (2000) TO (3000);
            CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM (3000) TO (4000);
            CREATE TABLE t_x PARTITION OF t DEFAULT;
            ALTER SEQUENCE s OWNED BY t.id;
            INSERT INTO t SELECT generate_series(0, 2500); INSERT INTO t VALUES (999999999);
            """
        try await PartitionFixture.with(schema) { fixture in
            let expiry = PartitionExpiry(table: "t", keep: .rows(1000), action: .drop)
            let report = try await fixture.retain(expiry)
            #expect(outcome(report) == "dropped" && report.partitions[0].name == "t_0")
            #expect(report.sets[0].cut == "1500")
        }
    }

    @Test("what is not ours is never dropped: not a copy with the mark, not one that was put in its place")
    func strangers() async throws {
        try await year { fixture in
            let refusal = Refusing()
            let begun = try await fixture.retain(try fixture.expiry(.archive), archiving: refusal)
            #expect(begun.failure?.code == .partitionDetached && begun.failure?.category == .partial)
            // As somebody restores it: the same comment, another table.
            try await fixture.database.psql(
                """
                DO $$ BEGIN EXECUTE format('CREATE TABLE restored (LIKE attempts_p2025_08);
                    COMMENT ON TYPE restored IS %L',
                    (SELECT obj_description(reltype, 'pg_type') FROM pg_class WHERE oid = 'attempts_p2025_08'::regclass)); END $$
                """)
            let report = try await fixture.retain(try fixture.expiry(.drop))
            #expect(outcome(report) == "dropped")
            #expect(try await rows(fixture, "restored") == "0")
            #expect(try await fixture.months() == "01 02 09 10 11 12 | ")
            #expect(outcome(try await fixture.retain(try fixture.expiry(.drop))) == "")
        }
    }

    @Test("one that an earlier run detached is kept when it is not past keeping any more, and its rows are")
    func notExpiredAnyMore() async throws {
        try await year { fixture in
            try await fixture.retain(try fixture.expiry(.archive), archiving: Refusing())
            let report = try await fixture.retain(try fixture.expiry(.drop, keep: "2 years"))
            #expect(
                outcome(report) == "kept" && report.partitions[0].note?.contains("not past keeping any more") == true)
            #expect(try await rows(fixture, "attempts_p2025_08") == "186")
            // As the set says it now.
            let kept = try await fixture.retain(try fixture.expiry(.detach))
            #expect(outcome(kept) == "detached")
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
        }
    }

    @Test("a mark on a partition that stays is taken away, and its own comment is back")
    func staleMark() async throws {
        try await year { fixture in
            try await fixture.retain(try fixture.expiry(.archive), archiving: Refusing())
            try await fixture.database.psql(
                "ALTER TABLE attempts ATTACH PARTITION attempts_p2025_08 FOR VALUES FROM ('2025-08-01Z') TO ('2025-09-01Z')"
            )
            let report = try await fixture.retain(try fixture.expiry(.drop, keep: "2 years"))
            #expect(report.failure == nil && report.partitions == [])
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
        }
    }

    @Test("archived in vain: it is said where the rows are, and what is said makes it a partition again")
    func again() async throws {
        try await year { fixture in
            let report = try await fixture.retain(try fixture.expiry(.archive), archiving: Refusing())
            let failure = try #require(report.failure)
            #expect(failure.detail?.contains("Its rows are all in public.attempts_p2025_08") == true, "\(failure)")
            let findings = try await fixture.verify().findings.filter { $0.code == .leftover }
            #expect(findings.map(\.command) == ["dbctl partition retain --table public.attempts --yes"], "\(findings)")
            let line = try #require(failure.hint?.split(separator: "\n").last { $0.contains("ALTER TABLE") })
            let statement = try #require(line.firstRange(of: "ALTER TABLE").map { String(line[$0.lowerBound...]) })
            try await fixture.database.psql(statement)
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            #expect(try await fixture.comment("attempts_p2025_08") == "august's")
        }
    }

    @Test("one set that cannot be archived does not keep the others: 81 names it, in a dry run as well, T6")
    func oneCannotBeArchived() async throws {
        let more = """
            CREATE TABLE logs (at date, t text) PARTITION BY RANGE (at);
            CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
            CREATE TABLE logs_new PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            """
        try await year(more) { fixture in
            var logs = try fixture.expiry(.drop)
            (logs.table, logs.key) = ("logs", "at")
            let retention = fixture.retention([try fixture.expiry(.archive), logs], archiving: Unready())
            for report in [try await retention.plan(), try await retention.run()] {
                let failure = try #require(report.failure)
                #expect(failure.category == .partial && failure.message.contains("1 of 2"), "\(failure)")
                #expect(failure.message.contains("public.attempts") || failure.message.contains("attempts"))
                #expect(report.sets.map(\.error) == ["backup.disk_space", nil], "\(report)")
            }
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            #expect(try await fixture.months("logs") == " | ")
            #expect(try await fixture.database.psql("SELECT to_regclass('logs_old') IS NULL") == "t")
            #expect(try await fixture.mark("attempts_p2025_08") == "")
        }
    }

    @Test("two runs at once exclude each other: 75 naming the other, and nothing is changed")
    func exclusion() async throws {
        try await year { fixture in
            let oid = try #require(
                Int64(try await fixture.database.psql("SELECT 'attempts'::regclass::oid")))
            let lock = try await JobLock.acquire(
                "partition:\(oid)", on: fixture.database.parameters,
                settings: SessionSettings(applicationName: "dbctl partition retain other"), wait: .zero)
            let report = try await fixture.retain(try fixture.expiry(.drop))
            await lock.release()
            #expect(report.failure?.code == .lockHeld && report.failure?.category == .busy)
            #expect(report.failure?.message.contains("dbctl partition retain other") == true)
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
        }
    }

    @Test("--table means a set under any of its names, with --keep also a table that nobody declared; without it is 78")
    func oneTable() async throws {
        try await year { fixture in
            var retain = fixture.retention([try fixture.expiry(.drop)])
            retain.table = "public.attempts"
            #expect(try await retain.plan().partitions.map(\.name) == ["attempts_p2025_08"])
            var undeclared = fixture.retention([])
            undeclared.table = "attempts"
            let failure = await #expect(throws: Failure.self) { try await undeclared.plan() }
            #expect(failure?.code == .partitionNotDeclared)
            undeclared.keep = .calendar(try CalendarStep(spelled: "2 months"))
            let plan = try await undeclared.plan()
            #expect(plan.partitions.count == 3 && plan.partitions.allSatisfy { $0.action == .detach })
            var endless = try fixture.expiry(.drop)
            endless.keep = nil
            var kept = fixture.retention([endless])
            #expect(try await kept.plan().partitions == [])
            kept.table = "attempts"
            let noKeep = await #expect(throws: Failure.self) { try await kept.plan() }
            #expect(noKeep?.code == .partitionNoKeep)
        }
    }

    @Test("only what was consented to goes")
    func consent() async throws {
        try await year { fixture in
            let plan = try await fixture.retention([try fixture.expiry(.drop)]).plan()
            let report = try await fixture.retention([try fixture.expiry(.drop, keep: "2 months")]).run(
                only: plan.consented)
            #expect(report.partitions.map(\.name) == ["attempts_p2025_08"])
            #expect(try await fixture.months() == "01 02 09 10 11 12 | ")
        }
    }

    @Test("only the owner: 77, and nothing is changed")
    func owner() async throws {
        try await year { fixture in
            let role = TestServer.uniqueName("retainer")
            try await fixture.database.psql(
                "CREATE ROLE \(role) LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(role)")
            let report = try await fixture.retain(try fixture.expiry(.drop)) {
                $0.server.set("user", role)
            }
            #expect(report.failure?.code == .partitionNotOwner)
            #expect(try await fixture.months() == "01 02 08 09 10 11 12 | ")
            try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }
}

/// Somebody whose repository is not there.
struct Refusing: PartitionArchiving {
    var sentence: String { "it is refused" }
    func check(_ tables: [RetiredTable]) async throws {}
    func archive(_ table: RetiredTable) async throws -> ArchivedTable {
        throw Failure(.backupDiskSpace, "no room for \(table.label)")
    }
}

/// Somebody who can see beforehand that he has no room.
private struct Unready: PartitionArchiving {
    var sentence: String { "it is refused" }
    func check(_ tables: [RetiredTable]) async throws { throw Failure(.backupDiskSpace, "no room") }
    func archive(_ table: RetiredTable) async throws -> ArchivedTable { throw Failure(.backupDiskSpace, "no room") }
}
