import DBKit
import Foundation
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

    /// How many rows the whole database took meanwhile, staged ones included.
    private static func inserted(
        _ fixture: RefreshFixture, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Void
    ) async throws -> Int {
        func count() async throws -> Int {
            // Sessions report when they end.
            try await eventually("no session of a refresh is left") {
                try await fixture.database.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl refresh%' AND datname = current_database()"
                ) == "0"
            }
            let text = try await fixture.database.psql(
                "SELECT pg_stat_force_next_flush(); SELECT tup_inserted FROM pg_stat_database WHERE datname = current_database()"
            )
            return try #require(Int(text.split(separator: "\n").last ?? ""))
        }
        let before = try await count()
        try await body()
        return try await count() - before
    }

    @Test("of twenty thousand rows none is staged but one of each asset; of changed and new ones all are")
    func staged() async throws {
        try await RefreshFixture.with(Self.filled) { fixture in
            let feed = try await Self.feed(fixture)
            let first = try await Self.inserted(fixture) {
                let report = try await fixture.run(feed)
                #expect(report.counts == "read 20000 = 0 + 0 + 20000 + 0 + 0 + 0")
            }
            #expect(first < 1000)
            let changed = try await Self.feed(
                fixture, "asset_id, date, CASE WHEN date = '2022-03-04' THEN close + 1 ELSE close END, volume",
                "UNION ALL SELECT 20, date '2030-01-01' - d, 5, NULL FROM generate_series(1, 30) AS d ORDER BY 1, 2")
            let second = try await Self.inserted(fixture) {
                let report = try await fixture.run(changed) { $0.guards.maximumJump = nil }
                #expect(report.rejected == 30)
            }
            #expect(second < 1000)
        }
    }

    @Test("numbers that are spelled in another way are the same, and a feed by date and asset follows its own index")
    func spellings() async throws {
        let schema = Self.filled + "CREATE INDEX ON prices (date, asset_id);"
        try await RefreshFixture.with(schema) { fixture in
            // In the order of the index, or the planner would rather sort.
            try await fixture.database.psql(
                "CREATE TABLE p AS SELECT * FROM prices ORDER BY date, asset_id; TRUNCATE prices; INSERT INTO prices TABLE p; ANALYZE prices"
            )
            let feed = try await Self.feed(
                fixture, "asset_id, date, trim_scale(close), volume", "ORDER BY date, asset_id")
            let inserted = try await Self.inserted(fixture) {
                let report = try await fixture.run(feed)
                #expect(report.counts == "read 20000 = 0 + 0 + 20000 + 0 + 0 + 0")
            }
            #expect(inserted < 1000)
        }
    }

    @Test("a key that comes again behind rows that were left out is met, with both lines", arguments: [true, false])
    func repeated(isSame: Bool) async throws {
        // Long enough that some are left out before anybody can know.
        try await RefreshFixture.with(Self.filled.replacing("(1, 20)", with: "(1, 80)")) { fixture in
            let feed = try await Self.feed(fixture)
            let line = isSame ? "3,2021-02-03,136.0000,10" : "3,2021-02-03,137.0000,10"
            let run = try fixture.refresh(feed + line + "\n") { $0.duplicates = .identical }
            if isSame {
                let report = try await run.run()
                #expect(report.counts == "read 80001 = 0 + 0 + 80000 + 0 + 1 + 0")
            } else {
                let failure = await #expect(throws: Failure.self) { try await run.run() }
                #expect(failure?.code.name == "refresh.duplicates")
                #expect(failure?.message.contains("line 2035, line 80002") == true, "\(failure?.message ?? "")")
            }
            #expect(
                try await fixture.database.psql(
                    "SELECT to_regnamespace('dbctl') IS NULL OR count(*) = 0 FROM pg_tables WHERE tablename LIKE 'refresh_staging%'"
                ) == "t")
        }
    }

    @Test("assets whose rows all stand there already are not missing, and those that do not come are")
    func assets() async throws {
        try await RefreshFixture.with(Self.filled) { fixture in
            let feed = try await Self.feed(fixture)
            _ = try await fixture.run(feed) { $0.guards.missingAssets = 30 }
            let again = try await fixture.run { $0.guards.missingAssets = 30 }
            #expect(again.failure == nil && again.missingAssetsCount == 0)
            let part = try await Self.feed(fixture, "*", "WHERE asset_id > 8 ORDER BY asset_id, date")
            let report = try await fixture.run(part) { $0.guards.missingAssets = 30 }
            #expect(report.missingAssetsCount == 8 && report.failure?.code.name == "refresh.guard")
            #expect(report.missingAssets.sorted() == (1...8).map(String.init).sorted())
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
                let report = try await fixture.run(feed)
                #expect(report.counts == "read 15000 = 0 + 150 + 14850 + 0 + 0 + 0")
                let log = try server.log()
                #expect(!log.contains("ERROR:") && !log.contains("FATAL:"), "\(log)")
            }
        }
    }

    @Test("a role that may have two sessions and no third refreshes all the same")
    func noSlot() async throws {
        try await RefreshFixture.with(Self.filled) { fixture in
            let role = "two_\(fixture.database.name)"
            try await fixture.database.psql(
                "CREATE ROLE \(role) LOGIN CONNECTION LIMIT 2; GRANT ALL ON prices TO \(role); GRANT CREATE ON DATABASE \(fixture.database.name) TO \(role)"
            )
            let feed = try await Self.feed(fixture)
            try fixture.write(feed.replacing("\n7,2021-04-05,", with: "\n7,2021-04-05,1"))
            var run = try fixture.refresh { $0.guards.maximumJump = nil }
            run.request.server = ConnectionParameters(
                url: fixture.database.url.replacing("postgres@", with: "\(role)@"))
            let report = try await run.run()
            #expect(report.counts == "read 20000 = 0 + 1 + 19999 + 0 + 0 + 0")
            try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test("with checksums, the log that the first look at a page writes is reported apart, and counts once")
    func hintBits() async throws {
        try await TestServer.withSandbox(settings: [
            "autovacuum": "off", "wal_log_hints": "on", "full_page_writes": "on",
        ]) { server in
            try await server.psql(Self.table)
            try await server.psql(
                "INSERT INTO prices SELECT a, date '2021-01-01' + d, 100 + a + d, 10 FROM generate_series(1, 20) AS a, generate_series(0, 999) AS d"
            )
            try await server.psql("CHECKPOINT")
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
        let names = ["", "a b", "tab\\tin it", "back\\\\slash", "Ünïcode", "\\N", "quote\"d", "x,y"]
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
