import DBKit
import TestSupport
import Testing

@Suite("Refresh beside others, R9")
struct RefreshContentionTests {
    /// 400 rows of one day.
    private static let schema = """
        CREATE TABLE prices (asset_id int, date date, close numeric(12, 4) NOT NULL, volume bigint, PRIMARY KEY (asset_id, date));
        INSERT INTO prices SELECT a, '2024-01-01', a, 0 FROM generate_series(1, 400) AS a WHERE a % 4 <> 0;
        """

    private static func feed(_ number: Int) -> String {
        "asset_id,date,close,volume\n" + (1...400).map { "\($0),2024-01-01,\(number)\(1000 + $0),\(number)\n" }.joined()
    }

    @Test("a second refresh of the table waits for the first, or is 75 with its holder")
    func second() async throws {
        try await RefreshFixture.with { fixture in
            try await fixture.run(RefreshFixture.same)
            let oid = try await fixture.database.psql("SELECT 'prices'::regclass::oid")
            let settings = SessionSettings(applicationName: "dbctl refresh run FIRST")
            let lock = try await JobLock.acquire(
                "refresh:\(oid)", on: fixture.database.parameters, settings: settings, wait: .zero)
            var refresh = try fixture.refresh(RefreshFixture.same)
            refresh.request.wait = .zero
            let failure = await #expect(throws: Failure.self) { try await refresh.run() }
            #expect(failure?.code == .lockHeld && failure?.category == .busy)
            #expect(failure?.message.contains("FIRST") == true)
            refresh.request.wait = .seconds(30)
            async let waiting = refresh.run()
            await lock.release()
            #expect(try await waiting.unchanged == 6)
        }
    }

    @Test("into an empty table goes what others have not written meanwhile, and nobody ever sees 23505")
    func emptyTable() async throws {
        // The first row waits until the gate is open.
        let schema = """
            CREATE TABLE prices (asset_id int, date date, close numeric(12, 4) NOT NULL, volume bigint, PRIMARY KEY (asset_id, date));
            CREATE TABLE gate (n int);
            CREATE SEQUENCE waiting;
            CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.asset_id = 1 AND NEW.volume = 1 THEN
                    PERFORM nextval('waiting');
                    WHILE NOT EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.01); END LOOP;
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER wait BEFORE INSERT ON prices FOR EACH ROW EXECUTE FUNCTION wait();
            """
        try await RefreshFixture.with(schema) { fixture in
            let feed = "asset_id,date,close,volume\n" + (1...9).map { "\($0),2024-01-01,5,1\n" }.joined()
            let refresh = try fixture.refresh(feed)
            async let running = refresh.run()
            try await eventually("the first row is on its way") {
                try await fixture.database.psql("SELECT is_called FROM waiting") == "t"
            }
            try await fixture.database.psql(
                "BEGIN; INSERT INTO prices VALUES (3, '2024-01-01', 5, 1), (4, '2024-01-01', 6, 0); INSERT INTO gate VALUES (1); COMMIT"
            )
            let report = try await running
            #expect(report.counts == "read 9 = 7 + 1 + 1 + 0 + 0 + 0" && report.retries == 0)
            #expect(
                try await fixture.database.psql("SELECT count(*), sum(close), sum(volume) FROM prices") == "9|45.0000|9"
            )
            let undone = try await fixture.undo(try #require(report.runID), removesInserted: true)
            #expect(undone.restored == 1 && undone.removed == 7)
            #expect(try await fixture.table() == "3|2024-01-01|5.0000|1\n4|2024-01-01|6.0000|0")
        }
    }

    @Test("a value that another unique index wants only once is the server's to refuse, also in an empty table")
    func otherIndex() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int, date date, close numeric(12, 4) NOT NULL, volume bigint UNIQUE, PRIMARY KEY (asset_id, date));
            """
        try await RefreshFixture.with(schema) { fixture in
            let failure = await #expect(throws: PostgresError.self) {
                var refresh = try fixture.refresh("asset_id,date,close,volume\n1,2024-01-01,5,7\n2,2024-01-01,5,7\n")
                refresh.request.wait = .zero
                _ = try await refresh.run()
            }
            #expect(failure?.sqlState == .uniqueViolation && failure?.constraint == "prices_volume_key")
            let left = try await fixture.table()
            #expect(left == "")
        }
    }

    @Test(
        "a row that somebody holds is waited for by coming again, and no longer than --wait: then 75, with nothing changed"
    )
    func busyRow() async throws {
        try await RefreshFixture.with { fixture in
            let before = try await fixture.table()
            let holder = try await Connection.open(
                fixture.database.parameters, settings: SessionSettings(applicationName: "holder"))
            try await holder.run { session in
                try session.execute("BEGIN")
                try session.execute("SELECT 1 FROM public.prices WHERE asset_id = 2 FOR UPDATE")
            }
            let feed = "asset_id,date,close,volume\n1,2024-01-01,101,1\n2,2024-01-01,201,1\n3,2024-01-01,301,1\n"
            var refresh = try fixture.refresh(feed)
            refresh.request.wait = .milliseconds(300)
            let failure = await #expect(throws: Failure.self) { try await refresh.run() }
            #expect(failure?.code == .refreshBusy && failure?.category == .busy)
            #expect(try await fixture.table() == before)
            refresh = try fixture.refresh()
            refresh.request.wait = .seconds(60)
            let isRetried = Flag()
            refresh.request.onEvent = { event in
                if case .retrying = event { isRetried.set() }
            }
            async let waiting = refresh.run()
            try await eventually("the refresh has come again") { isRetried.isSet }
            // What it waits for keeps nobody else from the rows that it has been at.
            try await fixture.database.psql("SET lock_timeout = '5s'; UPDATE prices SET volume = 9 WHERE asset_id = 1")
            try await holder.run { try $0.execute("COMMIT") }
            let report = try await waiting
            await holder.close()
            #expect(report.counts == "read 3 = 1 + 2 + 0 + 0 + 0 + 0" && report.retries > 0)
        }
    }

    @Test(
        "R9 beside writers that update, insert and delete many rows in any order: all is applied, with the pre-images that were there"
    )
    func writers() async throws {
        try await RefreshFixture.with(Self.schema) { fixture in
            // Everything that anybody does to a row is written down by the table itself.
            try await fixture.database.psql(
                """
                CREATE TABLE seen (n bigserial, asset_id int, old numeric, new numeric, by text);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO public.seen (asset_id, old, new, by)
                    VALUES (coalesce(NEW.asset_id, OLD.asset_id), OLD.close, NEW.close, split_part(current_setting('application_name'), ' ', 1));
                    RETURN NULL; END $$;
                CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON prices FOR EACH ROW EXECUTE FUNCTION note();
                """)
            let stop = Flag()
            let trouble = try await withThrowingTaskGroup(of: [String].self) { group in
                for writer in 0..<3 {
                    group.addTask { try await Self.write(writer, fixture.database, until: stop) }
                }
                for number in 1...8 {
                    var refresh = try fixture.refresh(Self.feed(number)) {
                        $0.guards.maximumJump = nil
                        $0.batch = number % 2 == 0 ? 150 : 1_000_000
                    }
                    refresh.request.wait = .seconds(120)
                    let report = try await refresh.run()
                    #expect(report.addsUp && report.failure == nil && report.read == 400, "\(report.counts)")
                    try await Self.checkPreImages(of: report, fixture)
                }
                stop.set()
                return try await group.reduce(into: []) { $0 += $1 }
            }
            // What a writer may meet is what writers do to each other: deadlocks; never the refresh's.
            #expect(trouble.allSatisfy { $0 == "40P01" }, "\(Set(trouble))")
        }
    }

    /// The old value that was kept of each row is the one that the table's own trigger saw.
    private static func checkPreImages(of report: RefreshReport, _ fixture: RefreshFixture) async throws {
        guard let run = report.runID else { return }
        let table = try await fixture.database.psql("SELECT changes FROM dbctl.refresh_runs WHERE run_id = '\(run)'")
        guard !table.isEmpty else { return }
        let wrong = try await fixture.database.psql(
            """
            SELECT count(*) FROM dbctl.\(table) AS c
            WHERE c.run_id = '\(run)' AND NOT EXISTS (
                SELECT FROM seen AS s WHERE s.xmin = c.xact AND s.asset_id = c.b1
                AND s.old IS NOT DISTINCT FROM CASE WHEN c.kind = 'u' THEN c.b3 END)
            """)
        #expect(wrong == "0", "rows whose pre-image is not what stood there")
    }

    /// Small transactions over random rows in random order.
    private static func write(_ number: Int, _ database: TestDatabase, until stop: Flag) async throws -> [String] {
        var settings = SessionSettings(applicationName: "writer")
        settings.lockTimeout = .seconds(30)
        let connection = try await Connection.open(database.parameters, settings: settings)
        var random = SeededGenerator(seed: UInt64(number + 1))
        var trouble: [String] = []
        while !stop.isSet {
            let rows = (0..<4).map { _ in Int.random(in: 1...400, using: &random) }
            let what = Int.random(in: 0..<4, using: &random)
            do {
                try await connection.run { session in
                    try session.transaction { session in
                        for row in rows {
                            switch what {
                            case 0: try session.execute("DELETE FROM public.prices WHERE asset_id = \(row)")
                            case 1:
                                try session.execute(
                                    """
                                    INSERT INTO public.prices VALUES (\(row), '2024-01-01', 77, 7)
                                    ON CONFLICT (asset_id, date) DO UPDATE SET close = 78
                                    """)
                            default:
                                try session.execute(
                                    "UPDATE public.prices SET close = close + 1 WHERE asset_id = \(row)")
                            }
                        }
                    }
                }
            } catch let error as PostgresError {
                trouble.append(error.sqlState?.code ?? error.message)
            }
        }
        await connection.close()
        return trouble
    }

    @Test("R9 a reader is never kept waiting: it sees the table as it was until the refresh has committed")
    func readers() async throws {
        try await RefreshFixture.with(Self.schema) { fixture in
            try await fixture.run(Self.feed(1)) { $0.guards.maximumJump = nil }
            // The trigger keeps the refresh in its transaction while the reader looks.
            try await fixture.database.psql(
                """
                CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_lock(42); PERFORM pg_advisory_unlock(42); RETURN NULL; END $$;
                CREATE TRIGGER wait AFTER UPDATE ON prices FOR EACH STATEMENT EXECUTE FUNCTION wait();
                ALTER ROLE postgres IN DATABASE \(fixture.database.name) SET lock_timeout = 0;
                """)
            let holder = try await Connection.open(
                fixture.database.parameters, settings: SessionSettings(applicationName: "holder"))
            try await holder.run { try $0.execute("SELECT pg_catalog.pg_advisory_lock(42)") }
            let before = try await fixture.table()
            var refresh = try fixture.refresh(Self.feed(2)) { $0.guards.maximumJump = nil }
            refresh.request.wait = .seconds(120)
            let isRetried = Flag()
            refresh.request.onEvent = { event in
                if case .retrying = event { isRetried.set() }
            }
            async let waiting = refresh.run()
            try await eventually("the refresh was in its transaction") { isRetried.isSet }
            #expect(try await fixture.table() == before)
            try await holder.run { try $0.execute("SELECT pg_catalog.pg_advisory_unlock(42)") }
            await holder.close()
            #expect(try await waiting.updated == 400)
        }
    }
}
