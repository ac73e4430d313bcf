import DBKit
import TestSupport
import Testing

@Suite("Partition convert")
struct ConvertTests {
    @Test("a table becomes partitioned with every row it had, and is itself again after an undo", arguments: [15, 18])
    func roundTrip(major: Int) async throws {
        try await ConvertFixture.with(major: major) { fixture in
            let before = try await fixture.content()
            let report = try await fixture.convert()
            #expect(report.state == .converted && report.rowsCopied == 17001 && report.rowsCompared == 17001)
            #expect(try await fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            let again = try await fixture.convert()
            #expect(again.state == .converted && again.attempts == 0)
            try await fixture.undo()
            #expect(try await !fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test(
        "finish drops the table as it was, and what kept the two in step",
        arguments: ConvertSpecification.Strategy.allCases)
    func finished(strategy: ConvertSpecification.Strategy) async throws {
        try await ConvertFixture.with { fixture in
            let before = try await fixture.content()
            try await fixture.convert(ConvertFixture.monthly { $0.strategy = strategy })
            #expect(try await fixture.leftovers() != "")
            let report = try await fixture.finish()
            #expect(report.state == .finished)
            #expect(try await fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            #expect(try await fixture.leftovers() == "")
            #expect(try await fixture.database.psql("SELECT count(*) FROM dbctl.conversions") == "0")
            let failure = await #expect(throws: Failure.self) { try await fixture.undo() }
            #expect(failure?.code == .partitionConvertNone)
        }
    }

    @Test(
        "what is written since the swap is there after an undo: inserted, updated, moved, deleted, truncated",
        arguments: [
            "INSERT INTO attempts (at, note) VALUES ('2026-02-02', 'new'); UPDATE attempts SET at = at + interval '2 months' WHERE id < 50; DELETE FROM attempts WHERE id = 77; UPDATE attempts SET id = -3 WHERE id = 3",
            "TRUNCATE attempts; INSERT INTO attempts (at, note) VALUES ('2026-02-02', 'only')",
        ])
    func written(statements: String) async throws {
        try await ConvertFixture.with { fixture in
            try await fixture.convert()
            try await fixture.database.psql(statements)
            let after = try await fixture.content()
            try await fixture.undo()
            #expect(try await !fixture.isPartitioned())
            #expect(try await fixture.content() == after)
        }
    }

    @Test("an undo is refused where it would lose or bring back rows: a partition was dropped, a former key repeats")
    func undoRefused() async throws {
        try await ConvertFixture.with { fixture in
            try await fixture.convert()
            try await fixture.database.psql("DROP TABLE attempts_p2026_03")
            let dropped = await #expect(throws: Failure.self) { try await fixture.undo() }
            #expect(dropped?.code == .partitionConvertDrift && dropped?.hint?.contains("--finish") == true)
            #expect(try await fixture.isPartitioned())
        }
        try await ConvertFixture.with { fixture in
            try await fixture.convert()
            try await fixture.database.psql("INSERT INTO attempts (id, at) VALUES (5, '2026-10-10')")
            let repeated = await #expect(throws: Failure.self) { try await fixture.undo() }
            #expect(repeated?.code == .partitionConvertDrift && repeated?.message.contains("attempts_pkey") == true)
            try await fixture.database.psql("DELETE FROM attempts WHERE id = 5 AND at = '2026-10-10'")
            try await fixture.undo()
            #expect(try await !fixture.isPartitioned())
        }
    }

    @Test("before the swap an undo only removes the copy")
    func undoneBefore() async throws {
        for strategy in ConvertSpecification.Strategy.allCases {
            try await ConvertFixture.with { fixture in
                let before = try await fixture.content()
                let specification = ConvertFixture.monthly { $0.strategy = strategy }
                let busy = await #expect(throws: Failure.self) { try await fixture.convertHeld(specification) }
                #expect(busy?.category == .busy)
                #expect(try await fixture.leftovers() != "")
                try await fixture.undo()
                #expect(try await fixture.content() == before)
                #expect(try await fixture.leftovers() == "")
                // And it can be begun again.
                try await fixture.convert(specification)
                #expect(try await fixture.isPartitioned())
            }
        }
    }

    @Test("a plan and a refused conversion change nothing")
    func plans() async throws {
        let schema =
            ConvertFixture.schema + """
                CREATE FUNCTION shown(attempts) RETURNS text LANGUAGE sql AS 'SELECT $1.note';
                CREATE VIEW grouped AS SELECT id, note FROM attempts GROUP BY id;
                CREATE TABLE tries (attempt bigint REFERENCES attempts);
                CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TRIGGER changed AFTER UPDATE ON attempts REFERENCING NEW TABLE AS rows FOR EACH ROW EXECUTE FUNCTION nothing();
                """
        try await ConvertFixture.with(schema) { fixture in
            let plan = try await fixture.plan()
            let blocking = plan.findings.filter { $0.severity == .blocks }
            #expect(Set(blocking.map(\.kind)) == [.type, .view, .incomingForeignKey, .trigger])
            #expect(plan.refusal(consented: true)?.code == .blocked)
            let failure = await #expect(throws: Failure.self) { try await fixture.convert() }
            #expect(failure?.code == .partitionConvertBlocked && failure?.category == .guarded)
            #expect(try await fixture.leftovers() == "")
            #expect(try await fixture.database.psql("SELECT to_regclass('dbctl.conversions') IS NULL") == "t")
        }
    }

    @Test(
        "NULLs in the key's column are counted before anything is done; without any it becomes NOT NULL, until an undo")
    func nulls() async throws {
        let schema =
            "CREATE TABLE attempts (id int PRIMARY KEY, at date); INSERT INTO attempts VALUES (1, '2026-01-01'), (2, NULL);"
        try await ConvertFixture.with(schema) { fixture in
            let plan = try await fixture.plan()
            #expect(plan.findings.first?.message == "1 rows have no at, and would lie in no range")
            try await fixture.database.psql("DELETE FROM attempts WHERE id = 2")
            for strategy in ConvertSpecification.Strategy.allCases {
                try await fixture.convert(ConvertFixture.monthly { $0.strategy = strategy })
                await #expect(throws: (any Error).self) {
                    try await fixture.database.psql("INSERT INTO attempts VALUES (3, NULL)")
                }
                try await fixture.undo()
                try await fixture.database.psql(
                    "INSERT INTO attempts VALUES (3, NULL); DELETE FROM attempts WHERE id = 3")
            }
        }
    }

    @Test(
        "keys of every type: date, timestamp, uuid v7, bigint, text",
        arguments: [
            ("date", "date '2026-01-01' + i"), ("timestamp", "timestamp '2026-01-01' + i * interval '1 day'"),
            ("uuid", "(lpad(to_hex(1767225600000 + i * 86400000::bigint), 12, '0') || '70008000000000000000')::uuid"),
            ("bigint", "i * 1000"), ("text COLLATE \"C\"", "'01KE' || lpad(i::text, 22, '0')"),
        ])
    func keyTypes(type: String, value: String) async throws {
        let schema = """
            CREATE TABLE attempts (id int PRIMARY KEY, at \(type) NOT NULL, note text);
            INSERT INTO attempts SELECT i, \(value), 'x' FROM generate_series(1, 90) AS i;
            """
        try await ConvertFixture.with(schema) { fixture in
            let before = try await fixture.content()
            try await fixture.convert(
                ConvertFixture.monthly { if type == "bigint" { $0.step = .rows(10_000) } })
            #expect(try await fixture.content() == before)
            #expect(
                try await fixture.database.psql("SELECT count(DISTINCT tableoid) > 1 FROM attempts")
                    == (type.hasPrefix("text") ? "f" : "t"))
            try await fixture.undo()
            #expect(try await fixture.content() == before)
        }
    }

    @Test("prepared statements and open sessions go on over the swap")
    func prepared() async throws {
        try await ConvertFixture.with { fixture in
            var settings = SessionSettings(applicationName: "client")
            settings.searchPath = "public"
            try await Connection.with(fixture.database.parameters, settings: settings) { client in
                try await client.run { session in
                    try session.execute(
                        "PREPARE add (timestamptz) AS INSERT INTO attempts (at) VALUES ($1) RETURNING tableoid::regclass::text AS place"
                    )
                    try session.execute("PREPARE see (bigint) AS SELECT count(*) AS count FROM attempts WHERE id <= $1")
                    for _ in 0..<7 { _ = try session.row("EXECUTE see (100)") }
                    let place: String = try session.row("EXECUTE add ('2026-05-05')").value("place")
                    #expect(place == "attempts")
                }
                try await fixture.convert()
                try await client.run { session in
                    let place: String = try session.row("EXECUTE add ('2026-05-05')").value("place")
                    #expect(place == "attempts_p2026_05")
                    let count: Int64 = try session.row("EXECUTE see (100)").value("count")
                    #expect(count == 100)
                }
            }
        }
    }

    @Test("sessions that replicate or restore are followed, too")
    func replica() async throws {
        try await ConvertFixture.with { fixture in
            await #expect(throws: Failure.self) { try await fixture.convertHeld() }
            try await fixture.database.psql(
                "SET session_replication_role = replica; UPDATE attempts SET note = 'replayed' WHERE id = 9; DELETE FROM attempts WHERE id = 10"
            )
            let after = try await fixture.content()
            try await fixture.convert()
            #expect(try await fixture.content() == after)
        }
    }

    @Test(
        "identity goes on, and never gives a number twice: not after the swap, and not after an undo",
        arguments: ConvertSpecification.Strategy.allCases)
    func identity(strategy: ConvertSpecification.Strategy) async throws {
        let schema = """
            CREATE TABLE attempts (id int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1 MINVALUE -100000 START -5) PRIMARY KEY, at date NOT NULL);
            INSERT INTO attempts (at) SELECT '2026-01-01' FROM generate_series(1, 20);
            """
        try await ConvertFixture.with(schema) { fixture in
            try await fixture.convert(ConvertFixture.monthly { $0.strategy = strategy })
            try await fixture.database.psql("INSERT INTO attempts (at) SELECT '2026-01-02' FROM generate_series(1, 20)")
            try await fixture.undo()
            try await fixture.database.psql("INSERT INTO attempts (at) SELECT '2026-01-03' FROM generate_series(1, 20)")
            #expect(
                try await fixture.database.psql("SELECT count(DISTINCT id) || ' ' || max(id) FROM attempts") == "60 -5")
        }
    }

    @Test("a conversion that was begun otherwise is not gone on with")
    func other() async throws {
        try await ConvertFixture.with { fixture in
            await #expect(throws: Failure.self) { try await fixture.convertHeld() }
            let failure = await #expect(throws: Failure.self) {
                try await fixture.convert(ConvertFixture.monthly { $0.step = .calendar(CalendarStep(1, .week)) })
            }
            #expect(failure?.code == .partitionConvertOther && failure?.hint?.contains("1 month") == true)
        }
    }

    @Test("two conversions of one table at once exclude each other")
    func excluded() async throws {
        try await ConvertFixture.with { fixture in
            try await fixture.holding("SELECT * FROM attempts LIMIT 1") {
                let first = Task {
                    try await fixture.convert(
                        ConvertFixture.monthly {
                            $0.patience = .seconds(3)
                            $0.maximumStall = .milliseconds(400)
                        })
                }
                try await eventually("the first has begun") {
                    try await fixture.database.psql("SELECT to_regclass('dbctl.conversions') IS NOT NULL") == "t"
                }
                let failure = await #expect(throws: Failure.self) { try await fixture.convert() }
                #expect(failure?.code.name == "lock.held")
                #expect(failure?.message.contains("another run of “partitions of attempts”") == true)
                let busy = await #expect(throws: Failure.self) { try await first.value }
                #expect(busy?.code == .partitionConvertBusy)
            }
        }
    }

    @Test("a foreign key holds from the swap on, and for all rows after it", arguments: [15, 18])
    func foreignKeys(major: Int) async throws {
        let schema =
            "CREATE TABLE accounts (id int PRIMARY KEY); INSERT INTO accounts SELECT generate_series(0, 99);"
            + ConvertFixture.schema
            + "ALTER TABLE attempts ADD CONSTRAINT of_account FOREIGN KEY (account) REFERENCES accounts;"
        try await ConvertFixture.with(schema, major: major) { fixture in
            try await fixture.convert()
            let state = try await fixture.database.psql(
                "SELECT string_agg(DISTINCT convalidated || ' ' || (conparentid <> 0), ' ' ORDER BY convalidated || ' ' || (conparentid <> 0)) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'attempts_p2026_01'::regclass"
            )
            #expect(state == "true true")
            await #expect(throws: (any Error).self) {
                try await fixture.database.psql("DELETE FROM accounts WHERE id = 3")
            }
            try await fixture.database.psql("DELETE FROM attempts WHERE account = 3; DELETE FROM accounts WHERE id = 3")
            try await fixture.undo()
            #expect(
                try await fixture.database.psql(
                    "SELECT convalidated FROM pg_constraint WHERE conname = 'of_account' AND conrelid = 'attempts'::regclass"
                ) == "t")
        }
    }
}
