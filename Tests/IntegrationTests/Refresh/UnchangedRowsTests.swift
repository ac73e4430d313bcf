import DBKit
import Foundation
import Synchronization
import TestSupport
import Testing

/// Most rows of a night's feed stand in the table already: they are left out before they are staged, and nothing else of
/// a run may depend on that. A pipe cannot be read again, so that of it no row is left out.
@Suite("Refresh: rows that stand there already", .serialized)
struct UnchangedRowsTests {
    private static let table =
        "CREATE TABLE prices (asset_id int, date date, close numeric(12, 4), volume bigint, PRIMARY KEY (asset_id, date));"
    private static let filled =
        table
        + "INSERT INTO prices SELECT a, date '2021-01-01' + d, 100 + a + d, 10 FROM generate_series(1, 20) AS a, generate_series(0, 999) AS d; ANALYZE prices;"

    /// What stands in the table, with what `change` makes of a row.
    private static func feed(_ fixture: RefreshFixture, _ columns: String = "*", _ rest: String = "") async throws
        -> String
    {
        let rows = try await fixture.database.psql(
            "COPY (SELECT \(columns) FROM prices \(rest.isEmpty ? "ORDER BY asset_id, date" : rest)) TO STDOUT CSV")
        return "asset_id,date,close,volume\n\(rows)\n"
    }

    /// A run, and how many rows were left out of it.
    private static func run(
        _ fixture: RefreshFixture, _ feed: String? = nil, isPlan: Bool = false, wait: Duration = .seconds(60),
        _ change: (inout FeedDefinition) -> Void = { _ in }
    ) async throws -> (report: RefreshReport, leftOut: Int64, reason: String?) {
        var refresh = try fixture.refresh(feed, change)
        let told = Told()
        refresh.request.wait = wait
        refresh.request.onEvent = { event in
            if case .leftOut(let rows, let reason) = event { told.set(rows, reason) }
        }
        let report = isPlan ? try await refresh.plan() : try await refresh.run()
        return (report, told.value.0, told.value.1)
    }

    private final class Told: Sendable {
        private let said = Mutex<(Int64, String?)>((0, nil))
        var value: (Int64, String?) { said.withLock { $0 } }
        func set(_ rows: Int64, _ reason: String?) { said.withLock { $0 = (rows, reason) } }
    }

    /// Counts the rows that come to the server: the staging table has the target's checks.
    private static let counted = """
        CREATE SEQUENCE seen;
        CREATE FUNCTION count_it(int) RETURNS boolean LANGUAGE sql VOLATILE AS $$ SELECT nextval('public.seen') > 0 $$;
        ALTER TABLE prices ADD CONSTRAINT seen CHECK (count_it(asset_id));
        SELECT setval('seen', 1, false);
        """

    private static func staged(_ fixture: RefreshFixture) async throws -> Int {
        let text = try await fixture.database.psql(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM seen; SELECT setval('seen', 1, false)")
        return try #require(Int(text.split(separator: "\n")[0]))
    }

    @Test("of twenty thousand rows none is sent but one of each asset; of changed and new ones all are")
    func sent() async throws {
        try await RefreshFixture.with(Self.filled + Self.counted) { fixture in
            let same = try await Self.run(fixture, try await Self.feed(fixture))
            #expect(same.report.counts == "read 20000 = 0 + 0 + 20000 + 0 + 0 + 0")
            #expect(same.leftOut == 19_980 && same.reason == nil)
            #expect(try await Self.staged(fixture) == 20)
            let plan = try await Self.run(fixture, isPlan: true)
            #expect(plan.report.counts == same.report.counts && plan.leftOut == 19_980)
            _ = try await Self.staged(fixture)
            let changed = try await Self.feed(
                fixture, "asset_id, date, CASE WHEN date = '2022-03-04' THEN close + 1 ELSE close END, volume",
                "UNION ALL SELECT 20, date '2020-01-31' - d, 5, NULL FROM generate_series(1, 30) AS d ORDER BY 1, 2")
            let second = try await Self.run(fixture, changed) { $0.guards.maximumJump = nil }
            #expect(second.report.counts == "read 20030 = 30 + 20 + 19980 + 0 + 0 + 0")
            #expect(second.leftOut == 19_960)
            // Once staged, and once written.
            #expect(try await Self.staged(fixture) == 2 * 50 + 20)
        }
    }

    @Test("numbers and moments that are spelled in another way are the same")
    func spellings() async throws {
        let schema =
            Self.table
                + """
                ALTER TABLE prices ADD at timestamptz, ADD id bigint, ADD rate float8;
                INSERT INTO prices SELECT a, date '2021-01-01' + d, 100 + a + d, 10, '2024-05-06 07:08:09+00', 1846744073709551615 - d, d / 8.0
                FROM generate_series(1, 20) AS a, generate_series(0, 999) AS d; ANALYZE prices;
                """
        try await RefreshFixture.with(schema) { fixture in
            let rows = try await fixture.database.psql(
                """
                COPY (SELECT asset_id, date, trim_scale(close), volume, '2024-05-06T07:08:09Z', id, to_char(rate, 'FM990.0000')
                      FROM prices ORDER BY asset_id, date) TO STDOUT CSV
                """)
            let run = try await Self.run(fixture, "asset_id,date,close,volume,at,id,rate\n\(rows)\n")
            #expect(run.report.counts == "read 20000 = 0 + 0 + 20000 + 0 + 0 + 0")
            #expect(run.leftOut == 19_980, "\(run.reason ?? "")")
        }
    }

    @Test("the key's columns may be named in any order, and a table may lie by date and asset")
    func orders() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int, date date, close numeric(12, 4), volume bigint, UNIQUE (date, asset_id));
            ALTER TABLE prices ALTER asset_id SET NOT NULL, ALTER date SET NOT NULL;
            INSERT INTO prices SELECT a, date '2021-01-01' + d, 100 + a + d, 10
            FROM generate_series(0, 999) AS d, generate_series(1, 20) AS a; ANALYZE prices;
            """
        try await RefreshFixture.with(schema) { fixture in
            let feed = try await Self.feed(fixture, "*", "ORDER BY date, asset_id")
            for key in [["date", "asset_id"], ["asset_id", "date"]] {
                let run = try await Self.run(fixture, feed) { $0.key = key }
                #expect(run.report.counts == "read 20000 = 0 + 0 + 20000 + 0 + 0 + 0")
                #expect(run.leftOut == 19_980, "\(run.reason ?? "")")
            }
            let other = try await Self.run(fixture, try await Self.feed(fixture, "*", "ORDER BY asset_id, date"))
            #expect(other.report.unchanged == 20_000 && other.leftOut == 0 && other.reason?.contains("order") == true)
        }
    }

    @Test("a key that comes again behind rows that were left out is met, with both lines", arguments: [true, false])
    func repeated(isSame: Bool) async throws {
        // Long enough that some are left out before anybody can know.
        try await RefreshFixture.with(Self.filled.replacing("(1, 20)", with: "(1, 80)") + Self.counted) { fixture in
            let feed = try await Self.feed(fixture)
            let line = isSame ? "3,2021-02-03,136.0000,10" : "3,2021-02-03,137.0000,10"
            let bad = "4,2021-02-03,x,10\n"
            let whole = feed.replacing("\n4,2021-02-03,", with: "\n\(bad)4,2021-02-03,") + line + "\n"
            if isSame {
                let run = try await Self.run(fixture, whole) {
                    $0.duplicates = .identical
                    $0.maximumRejected = 1
                }
                #expect(run.report.counts == "read 80002 = 0 + 0 + 80000 + 1 + 1 + 0")
                #expect(run.leftOut == 0)
                let rejected = try String(contentsOfFile: "\(fixture.folder)/feed.csv.rejected.csv", encoding: .utf8)
                #expect(rejected.split(separator: "\n").count == 2)
            } else {
                let failure = await #expect(throws: Failure.self) {
                    try await fixture.run(whole) {
                        $0.duplicates = .identical
                        $0.maximumRejected = 1
                    }
                }
                #expect(failure?.code.name == "refresh.duplicates")
                #expect(failure?.message.contains("line 2035, line 80003") == true, "\(failure?.message ?? "")")
            }
            // All of them, and what was sent of the first reading.
            let staged = try await Self.staged(fixture)
            #expect(staged > 80_001)
        }
    }

    @Test("assets whose rows all stand there already are not missing, and those that do not come are")
    func assets() async throws {
        try await RefreshFixture.with(Self.filled) { fixture in
            let feed = try await Self.feed(fixture)
            _ = try await Self.run(fixture, feed) { $0.guards.missingAssets = 30 }
            let again = try await Self.run(fixture) { $0.guards.missingAssets = 30 }
            #expect(again.report.failure == nil && again.report.missingAssetsCount == 0 && again.leftOut == 19_980)
            let part = try await Self.feed(fixture, "*", "WHERE asset_id > 8 ORDER BY asset_id, date")
            let report = try await Self.run(fixture, part) { $0.guards.missingAssets = 30 }.report
            #expect(report.missingAssetsCount == 8 && report.failure?.code.name == "refresh.guard")
            #expect(report.missingAssets.sorted() == (1...8).map(String.init).sorted())
        }
    }

    @Test("the whole feed is compared with one moment of the table: what another transaction wrote stays whole")
    func moment() async throws {
        try await RefreshFixture.with(Self.filled.replacing("(1, 20)", with: "(1, 200)")) { fixture in
            let feed = try await Self.feed(fixture)
            var refresh = try fixture.refresh(feed)
            let writer = Writer()
            refresh.request.progress = writer
            let running = Task { [refresh] in try await refresh.run() }
            try await eventually("some of it is compared") { writer.rows > 0 }
            // The first day of each asset, too, which is staged.
            try await fixture.database.psql("UPDATE prices SET volume = 77 WHERE date IN ('2021-01-01', '2022-02-02')")
            let report = try await running.value
            #expect(report.unchanged == 200_000 && report.updated == 0)
            #expect(try await fixture.database.psql("SELECT count(*) FROM prices WHERE volume = 77") == "400")
        }
    }

    private final class Writer: ProgressSink {
        private let said = Mutex<[Int64]>([])
        var rows: Int64 { said.withLock { $0.last ?? 0 } }
        var all: [Int64] { said.withLock { $0 } }
        func report(_ progress: DBKit.Progress) { said.withLock { $0.append(progress.done) } }
    }

    @Test("no statement lasts as long as a feed of one asset, of which nothing is sent")
    func oneAsset() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int, n int, close numeric(12, 4), PRIMARY KEY (asset_id, n));
            INSERT INTO prices SELECT 1, n, 5 FROM generate_series(1, 250000) AS n; ANALYZE prices;
            """
        try await RefreshFixture.with(schema) { fixture in
            let feed = "asset_id,n,close\n" + (1...250_000).map { "1,\($0),5\n" }.joined()
            var refresh = try fixture.refresh(feed) {
                $0.key = ["asset_id", "n"]
                $0.asset = ["asset_id"]
            }
            let progress = Writer()
            refresh.request.progress = progress
            #expect(try await refresh.run().unchanged == 250_000)
            // Each COPY into the staging table reports when it ends.
            #expect(progress.all.filter { $0 > 0 && $0 < 250_000 }.count >= 2, "\(progress.all)")
        }
    }

    @Test("a day of each asset is not looked for among all days, and no error is left in the server's log")
    func sparse() async throws {
        try await TestServer.withSandbox { server in
            let fill =
                "INSERT INTO prices SELECT a, date '2021-01-01' + d, 100 + a, 10 FROM generate_series(1, 15000) AS a, generate_series(0, 9) AS d; ANALYZE prices;"
            try await server.psql(Self.table + fill)
            try await withTemporaryFolder { folder in
                let fixture = RefreshFixture(database: TestDatabase(name: "postgres", server: server), folder: folder)
                let feed = try await Self.feed(
                    fixture, "asset_id, date, close + (asset_id % 100 = 0)::int, volume",
                    "WHERE date = '2021-01-05' ORDER BY asset_id")
                let run = try await Self.run(fixture, feed)
                #expect(run.report.counts == "read 15000 = 0 + 150 + 14850 + 0 + 0 + 0" && run.leftOut == 0)
                let log = try server.log()
                #expect(!log.contains("ERROR:") && !log.contains("FATAL:"), "\(log)")
            }
        }
    }

    @Test("a role that may have two sessions and no third refreshes all the same, and the run says so")
    func noSlot() async throws {
        try await RefreshFixture.with(Self.filled) { fixture in
            let role = "two_\(fixture.database.name)"
            try await fixture.database.psql(
                "CREATE ROLE \(role) LOGIN CONNECTION LIMIT 2; GRANT ALL ON prices TO \(role); GRANT CREATE ON DATABASE \(fixture.database.name) TO \(role)"
            )
            let feed = try await Self.feed(fixture)
            var run = try fixture.refresh(feed.replacing("\n7,2021-04-05,", with: "\n7,2021-04-05,1")) {
                $0.guards.maximumJump = nil
            }
            run.request.server = ConnectionParameters(
                url: fixture.database.url.replacing("postgres@", with: "\(role)@"))
            let told = Told()
            run.request.onEvent = { event in
                if case .leftOut(let rows, let reason) = event { told.set(rows, reason) }
            }
            let report = try await run.run()
            #expect(report.counts == "read 20000 = 0 + 1 + 19999 + 0 + 0 + 0")
            #expect(told.value.1?.contains("too many connections") == true, "\(told.value)")
            try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test("batches smaller than the feed, a partitioned table, and two files come to the same")
    func shapes() async throws {
        let schema = Self.filled.replacing(
            "PRIMARY KEY (asset_id, date));",
            with:
                "PRIMARY KEY (asset_id, date)) PARTITION BY RANGE (date); CREATE TABLE p1 PARTITION OF prices FOR VALUES FROM ('2020-01-01') TO ('2022-01-01'); CREATE TABLE p2 PARTITION OF prices FOR VALUES FROM ('2022-01-01') TO ('2030-01-01');"
        )
        try await RefreshFixture.with(schema) { fixture in
            let change = "asset_id, date, CASE WHEN asset_id % 3 = 0 THEN close + 1 ELSE close END, volume"
            try fixture.write(try await Self.feed(fixture, change, "WHERE asset_id <= 10 ORDER BY asset_id, date"))
            let second = try fixture.write(
                try await Self.feed(fixture, change, "WHERE asset_id > 10 ORDER BY asset_id, date"), to: "second.csv")
            let before = try await fixture.table()
            var refresh = try fixture.refresh {
                $0.batch = 700
                $0.guards.maximumJump = nil
            }
            refresh.arguments.append(second)
            let told = Told()
            refresh.request.onEvent = { event in
                if case .leftOut(let rows, let reason) = event { told.set(rows, reason) }
            }
            let report = try await refresh.run()
            #expect(report.counts == "read 20000 = 0 + 6000 + 14000 + 0 + 0 + 0" && report.batches == 9)
            #expect(told.value.0 > 5000)
            let sum = try await fixture.database.psql(
                "SELECT sum(close - 100 - asset_id - (date - '2021-01-01')) FROM prices")
            #expect(sum == "6000.0000")
            _ = try await fixture.undo(try #require(report.runID))
            #expect(try await fixture.table() == before)
        }
    }

    @Test(
        "with checksums, the log that the first look at a page writes is reported apart, and counts once, and once it was vacuumed rows are left out"
    )
    func hintBits() async throws {
        try await TestServer.withSandbox(settings: [
            "autovacuum": "off", "wal_log_hints": "on", "full_page_writes": "on",
        ]) { server in
            try await server.psql(Self.table)
            try await server.psql(
                "INSERT INTO prices SELECT a, date '2021-01-01' + d, 100 + a + d, 10 FROM generate_series(1, 20) AS a, generate_series(0, 999) AS d"
            )
            // The server sets no hint bits for a transaction that has a number near one whose commit is not on disk yet.
            try await server.psql(String(repeating: "SELECT pg_current_xact_id();", count: 70) + "CHECKPOINT")
            try await withTemporaryFolder { folder in
                let fixture = RefreshFixture(database: TestDatabase(name: "postgres", server: server), folder: folder)
                let rows = (1...20).flatMap { asset in
                    (0..<1000).map { day in
                        let date = CivilDayText.day(day)
                        return "\(asset),\(date),\(100 + asset + day),10\n"
                    }
                }
                let first = try await fixture.run("asset_id,date,close,volume\n" + rows.joined())
                #expect(first.counts == "read 20000 = 0 + 0 + 20000 + 0 + 0 + 0")
                #expect(first.hintBitsWalBytes > 500_000)
                let second = try await fixture.run()
                #expect(second.hintBitsWalBytes < 100_000)
                try await server.psql("VACUUM prices")
                let third = try await Self.run(fixture)
                #expect(third.report.hintBitsWalBytes < 100_000 && third.leftOut == 19_980)
            }
        }
    }

    /// Days from 2021-01-01 on.
    private enum CivilDayText {
        static func day(_ number: Int) -> String {
            let date = Date(timeIntervalSince1970: 1_609_459_200 + Double(number) * 86_400)
            return date.formatted(.iso8601.year().month().day())
        }
    }
}

/// The same feed as a file, of which rows are left out, and through a pipe, of which none is.
@Suite("Refresh: a file and a pipe come to the same")
struct UnchangedRowsPropertyTests {
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9
        }
    }

    private static let schema = """
        CREATE TABLE prices (id int, day date, amount numeric(12, 3), rate float8, small real, name text,
            flag boolean, at timestamp, free numeric, PRIMARY KEY (id, day));
        """

    /// A row and another spelling of it, or of another value.
    private static func row(_ id: Int, _ day: Int, _ dice: inout Dice, changes: Bool) -> (stored: String, fed: String)?
    {
        let seed = UInt64(id * 1000 + day)
        var own = Dice(state: seed)
        let amount = Int.random(in: -99_999...99_999, using: &own)
        let rate = Double(Int.random(in: 0...1_000_000, using: &own)) / 64
        let small = Float(Int.random(in: 0...10_000, using: &own)) / 8
        let names = [
            "", "a b", "tab\\tin it", "back\\\\slash", "Ünïcode", "\\N", "quote\"d", "x,y", #"two\\\\slashes"#,
        ]
        let name = names.randomElement(using: &own) ?? ""
        let date = Date(timeIntervalSince1970: Double(day) * 86_400).formatted(.iso8601.year().month().day())
        let at = "\(date) 10:20:30"
        let free = "\(amount).5"
        let text = "\(amount / 1000).\(String(1000 + abs(amount % 1000)).dropFirst())"
        let signed = amount < 0 && amount > -1000 ? "-" + text : text
        let stored = [
            "\(id)", date, signed, "\(rate)", "\(small)", name, amount % 2 == 0 ? "t" : "f", at, free,
        ].joined(separator: "\t")
        var fed = [
            "\(id)", date, signed, "\(rate)", "\(small)", name, amount % 2 == 0 ? "t" : "f", at, free,
        ]
        switch Int.random(in: 0..<(changes ? 12 : 6), using: &dice) {
        case 0: fed[2] += "0"
        case 1: fed[3] += "000"
        case 2: fed[0] = "+" + fed[0]
        case 3: fed[6] = amount % 2 == 0 ? "true" : "no"
        case 4: fed[8] += "00"
        case 5: fed[7] = at + ".000"
        case 6: fed[3] = "\(rate + 1)"
        case 7: fed[5] += " "
        case 8: fed[8] = "1e3"
        case 9: fed[6] = ""
        case 11: fed[5] = name.replacing(#"\\\\"#, with: #"\\"#)
        case 10: fed[1] = ["today", date].randomElement(using: &dice) ?? date
        default: break
        }
        let quoted = fed.enumerated().map { place, value in
            guard place == 5 else { return value }
            let plain = value == "\\N" ? "" : value.replacing("\\t", with: "\t").replacing("\\\\", with: "\\")
            return value == "\\N" ? "" : "\"" + plain.replacing("\"", with: "\"\"") + "\""
        }
        return (stored, quoted.joined(separator: ","))
    }

    @Test("of any table and any feed, whatever is left out", arguments: 1...8)
    func same(_ seed: Int) async throws {
        var dice = Dice(state: UInt64(seed))
        var stored = ""
        var fed = "id,day,amount,rate,small,name,flag,at,free\n"
        for id in 1...120 {
            // Some ids change a lot, some not at all, some are not there, some do not come.
            let mood = Int.random(in: 0..<6, using: &dice)
            for day in 0..<180 where Int.random(in: 0..<50, using: &dice) > 0 {
                guard let row = Self.row(id, day, &dice, changes: mood == 0) else { continue }
                if mood != 1, Int.random(in: 0..<40, using: &dice) > 0 { stored += row.stored + "\n" }
                if mood != 2 || seed % 2 == 0 { fed += row.fed + "\n" }
            }
        }
        // Behind the others, and not in their order.
        if seed % 3 == 0 { fed += (Self.row(5, 7, &dice, changes: false)?.fed ?? "") + "\n" }
        var results: [(String, String)] = []
        for isPipe in [false, true] {
            let (fed, stored) = (fed, stored)
            let result = try await RefreshFixture.with(Self.schema) { fixture in
                let file = try fixture.write(stored, to: "stored")
                try await fixture.database.psql("\\copy prices from '\(file)'")
                try await fixture.database.psql("ANALYZE prices")
                let name = try fixture.write(fed)
                var definition = FeedDefinition(table: "prices", key: ["id", "day"])
                definition.maximumRejected = 1_000_000
                definition.duplicates = seed % 2 == 0 ? .last : .refuse
                definition.guards.maximumJump = nil
                var argument = name
                if isPipe {
                    argument = "\(fixture.folder)/pipe"
                    _ = try await Program.run("/usr/bin/mkfifo", [argument])
                }
                let run = RefreshRun(fixture.request(), definition: definition, arguments: [argument])
                async let fill: Void = {
                    guard isPipe else { return }
                    _ = try await Program.run("/bin/sh", ["-c", "cat \(name) > \(argument)"])
                }()
                let outcome: String
                do {
                    let report = try await run.run()
                    let rejects = report.rejects.map { "\($0.line) \($0.reason)" }.joined(separator: "\n")
                    outcome = "\(report.counts) \(report.failure.map { "\($0)" } ?? "")\n\(rejects)"
                } catch let failure as Failure {
                    outcome = "\(failure.code.name) \(failure.message)"
                }
                try await fill
                return (outcome, try await fixture.table())
            }
            results.append(result)
        }
        #expect(results[0].0.replacing("feed.csv", with: "pipe") == results[1].0.replacing("feed.csv", with: "pipe"))
        #expect(results[0].1 == results[1].1)
        #expect(results[0].1.count > 500_000)
    }
}
