// `feeds:` of dbctl.yaml and the options of `refresh run` on top of it: what becomes of each key.

import ArgumentParser
import DBKit
import Testing

@testable import dbctl

@Suite("Feeds of dbctl.yaml") struct FeedSectionTests {
    private func configuration(_ text: String, _ environment: [String: String] = [:]) throws -> Configuration {
        Configuration(
            file: "dbctl.yaml", root: try ConfigurationDecoder.decode(text, file: "dbctl.yaml"),
            environment: environment)
    }

    private func feed(_ text: String, _ environment: [String: String] = [:]) throws -> FeedDefinition {
        try configuration("feeds:\n  f:\n" + text, environment).feeds.section("f").definition()
    }

    @Test("a feed that says no more than table and key has the documented defaults")
    func defaults() throws {
        var expected = FeedDefinition(table: "prices", key: ["id"])
        expected.name = "f"
        #expect(try feed("    {table: prices, key: id}") == expected)
        #expect(expected.duplicates == .identical && expected.maximumRejected == 0 && expected.batch == 1_000_000)
        #expect(expected.undoKeep == .seconds(30 * 86_400) && expected.timezone == "UTC")
        #expect(expected.guards.maximumJump == 5 && expected.guards.missingAssets == 30)
    }

    @Test("every key of a feed is read")
    func everyKey() throws {
        let text = """
                table: ref.prices
                key: [asset_id, date]
                columns: [asset_id, date, close, volume]
                map: {asset_id: {from: symbol, lookup: ref.assets.symbol}, close: Close, date: {from: Day}}
                format: csv
                delimiter: tab
                quote: none
                header: false
                encoding: ISO-8859-1
                null: ["", "NA", NULL]
                timezone: America/New_York
                decimals: reject
                dup: last
                price: close
                volume: [volume]
                date: date
                asset: asset_id
                max_rejected: 7
                batch: 5000
                created_at: made
                updated_at: changed
                backup_before: true
                undo_keep: 7d
                guards:
                  max_jump: 2.5
                  missing_assets: 12.5%
                  max_changed: 40%
                  stale_after: 3d
                  back_window: 36h
                  splits: [4, 0.1]

            """
        var expected = FeedDefinition(table: "ref.prices", key: ["asset_id", "date"])
        expected.name = "f"
        expected.columns = ["asset_id", "date", "close", "volume"]
        expected.map = [
            "asset_id": FeedSource(header: "symbol", lookup: FeedLookup(table: "ref.assets", column: "symbol")),
            "close": FeedSource(header: "Close"), "date": FeedSource(header: "Day"),
        ]
        expected.format = .csv
        expected.delimiter = UInt8(ascii: "\t")
        expected.quote = nil
        expected.hasHeader = false
        expected.encoding = .latin1
        expected.nulls = ["", "NA", "NULL"]
        expected.timezone = "America/New_York"
        expected.surplusDecimals = .reject
        expected.duplicates = .last
        expected.price = ["close"]
        expected.volume = ["volume"]
        expected.date = "date"
        expected.asset = ["asset_id"]
        expected.maximumRejected = 7
        expected.batch = 5000
        expected.createdAt = "made"
        expected.updatedAt = "changed"
        expected.backupBefore = true
        expected.undoKeep = .seconds(7 * 86_400)
        expected.guards.maximumJump = 2.5
        expected.guards.missingAssets = 12.5
        expected.guards.maximumChanged = 40
        expected.guards.staleAfter = .seconds(3 * 86_400)
        expected.guards.backWindow = .seconds(36 * 3600)
        expected.guards.splits = [4, 0.1]
        let read = try feed(text)
        #expect(read == expected)
        // No key of the schema is left out of this test.
        guard case .table(let entry)? = ConfigurationSchema.shape("feeds"), case .record(let fields) = entry else {
            Issue.record("feeds is no table of records")
            return
        }
        for field in fields { #expect(text.contains("    \(field.name): ") || text.contains("    \(field.name):\n")) }
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        var line: String
        var code = "config.feed"
        var says: String
        var testDescription: String { line }
    }

    @Test(
        "what the schema cannot see is 78 with file and line",
        arguments: [
            Mistake(line: "delimiter: ';;'", code: "config.type", says: "one byte"),
            Mistake(line: "delimiter: '§'", code: "config.type", says: "one byte"),
            Mistake(line: "delimiter: \"\\n\"", code: "config.type", says: "end of a line"),
            Mistake(line: "quote: '«'", code: "config.type", says: "one character"),
            Mistake(line: "encoding: utf-16", code: "config.type", says: "iconv"),
            Mistake(line: "timezone: America/NewYork", code: "config.type", says: "America/New_York"),
            Mistake(line: "map: {id: {from: symbol, lookup: assets}}", code: "config.type", says: "table.column"),
            Mistake(line: "map: {id: {from: symbol, lookup: a.b.c.d}}", code: "config.type", says: "table.column"),
            Mistake(line: "guards: {splits: [2, 0]}", code: "config.type", says: "split"),
            Mistake(line: "delimiter: '\"'", says: "the quote as well"),
            Mistake(line: "columns: [id, close, id]", says: "names id twice"),
            Mistake(line: "price: [close, close]", says: "names close twice"),
            Mistake(line: "updated_at: id", says: "fed by the file as well"),
            Mistake(line: "{updated_at: at, created_at: at}", says: "already created_at"),
            Mistake(line: "{map: {at: Changed}, updated_at: at}", says: "fed by the file as well"),
            Mistake(line: "{format: ndjson, delimiter: ';'}", says: "no meaning in NDJSON"),
            Mistake(line: "{format: ndjson, header: false}", says: "no meaning in NDJSON"),
            Mistake(line: "{columns: [id, close], map: {volume: Vol}}", says: "volume is not among the columns"),
            Mistake(line: "{columns: [id, close], date: day}", says: "day is not among the columns"),
        ])
    func mistakes(_ mistake: Mistake) throws {
        let keys = mistake.line.hasPrefix("{") ? String(mistake.line.dropFirst().dropLast()) : mistake.line
        let text = "    {table: t, key: id,\n     \(keys)}"
        #expect {
            try feed(text)
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.code.name == mistake.code && failure.category == .configuration
                && failure.message.hasPrefix("dbctl.yaml:4: feeds.f.") && failure.message.contains(mistake.says)
        }
    }

    @Test(
        "an empty key, one with a column twice, and one that is not loaded are 78",
        arguments: [
            ("[]", "names no column"), ("[id, id]", "names id twice"), ("[id, date]", "date is not among the columns"),
        ])
    func key(_ key: String, _ says: String) {
        #expect {
            try feed("    table: t\n    key: \(key)\n    columns: [id, close]")
        } throws: { error in
            (error as? Failure)?.message.hasPrefix("dbctl.yaml:4: feeds.f.key: \(says)") == true
        }
    }

    @Test("${NAME} is resolved for the feed that is used, and must fit its key then")
    func variables() throws {
        let text = "feeds:\n  a: {table: \"${A}\", key: id, batch: \"${N}\"}\n  b: {table: \"${B}\", key: id}\n"
        #expect(try configuration(text, ["B": "t"]).feeds.section("b").definition().table == "t")
        #expect(try configuration(text, ["A": "t", "N": "5"]).feeds.section("a").definition().batch == 5)
        for environment in [["B": "t"], ["A": "t", "N": "x"], ["A": "", "N": "5"]] {
            #expect(throws: Failure.self) { try configuration(text, environment).feeds.section("a").definition() }
        }
    }

    @Test("config check names the mistakes of every feed, the first in the message")
    func check() throws {
        let feeds = try configuration(
            "feeds:\n  a: {table: t, key: id, delimiter: ab}\n  b: {table: t, key: id}\n  c: {table: t, key: []}\n"
        ).feeds
        #expect {
            try feeds.check()
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.message.contains("feeds.a.delimiter") && failure.detail?.contains("feeds.c.key") == true
                && failure.detail?.contains("feeds.b") == false
        }
    }

    @Test("the feed of dbctl init means something once its marks of a comment are gone")
    func sample() throws {
        let text = SampleConfiguration.text.replacing(#/(?m)^#  /#, with: "  ")
        let definition = try configuration(text).feeds.only().definition()
        #expect(definition.columns == ["asset_id", "date", "close"] && definition.guards.splits == [2, 4, 10])
    }

    @Test("options win over the feed, and say what it does not")
    func options() throws {
        let text = """
            feeds:
              f:
                table: prices
                key: [asset_id, date]
                map: {asset_id: {from: symbol, lookup: assets.symbol}, close: Close, volume: Vol}
                price: [close, high]
                guards: {max_jump: 3, max_changed: 10%}

            """
        let options = try FeedOptions.parse([
            "--columns", "asset_id, date,close", "--map", "close=PX@LAST@x.y", "--input-format", "csv", "--delimiter",
            "\\t", "--no-header", "--dup", "last", "--max-rejected", "3", "--batch", "10", "--allow", "A:2024-06-10",
            "--allow", "B", "--max-jump", "8", "--max-missing", "50", "--stale-after", "5d", "--back-window", "9d",
        ])
        var expected = FeedDefinition(table: "prices", key: ["asset_id", "date"])
        expected.name = "f"
        expected.columns = ["asset_id", "date", "close"]
        expected.map = [
            "asset_id": FeedSource(header: "symbol", lookup: FeedLookup(table: "assets", column: "symbol")),
            "close": FeedSource(header: "PX@LAST", lookup: FeedLookup(table: "x", column: "y")),
        ]
        // What the feed says about columns that are left out counts for nothing.
        expected.price = ["close"]
        expected.format = .csv
        expected.delimiter = UInt8(ascii: "\t")
        expected.hasHeader = false
        expected.duplicates = .last
        expected.maximumRejected = 3
        expected.batch = 10
        expected.guards.allowed = ["A:2024-06-10", "B"]
        expected.guards.maximumJump = 8
        expected.guards.missingAssets = 50
        expected.guards.maximumChanged = 10
        expected.guards.staleAfter = .seconds(5 * 86_400)
        expected.guards.backWindow = .seconds(9 * 86_400)
        #expect(try options.definition(configuration(text)) == expected)
    }

    @Test("without a feed, table and key are enough")
    func table() throws {
        let options = try FeedOptions.parse(["--table", "ref.prices", "--key", "asset_id,date"])
        var expected = FeedDefinition(table: "ref.prices", key: ["asset_id", "date"])
        // There is no last run to compare with.
        expected.guards.missingAssets = nil
        #expect(try options.definition(configuration("")) == expected)
    }
}
