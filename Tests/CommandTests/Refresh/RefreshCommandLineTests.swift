// `dbctl refresh` as it is typed: what is refused before a server is asked.

import Foundation
import TestSupport
import Testing

@Suite("dbctl refresh, as typed") struct RefreshCommandLineTests {
    private typealias Document = CommandLineTests.Document

    static let twoFeeds = """
        targets: {a: {url: "postgresql://127.0.0.1:1/d"}, b: {url: "postgresql://127.0.0.1:1/d"}}
        feeds:
          prices: {table: prices, key: [asset_id, date]}
          fx: {table: fx, key: pair, delimiter: "${FX_DELIMITER}"}

        """
    static let oneFeed = "feeds:\n  prices: {table: prices, key: [asset_id, date]}\n"

    /// Runs in a folder with a dbctl.yaml, against a server that is not there.
    private func run(
        _ arguments: [String], _ configuration: String? = twoFeeds, env: [String: String] = [:]
    ) async throws -> (outcome: DbctlOutcome, document: Document) {
        try await withTemporaryFolder { folder in
            if let configuration {
                try Data(configuration.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
            }
            try Data("asset_id,date,close\n1,2024-06-10,10\n".utf8).write(to: URL(filePath: "\(folder)/x.csv"))
            let outcome = try await TestSupport.Dbctl.run(
                ["refresh"] + arguments + ["--format", "json"],
                env: env.merging(["PGHOST": "127.0.0.1", "PGPORT": "1", "XDG_CONFIG_HOME": "/x"]) { own, _ in own },
                folder: folder)
            return (outcome, try outcome.decode(Document.self))
        }
    }

    @Test(
        "a bad command line is 64 and says what is wrong",
        arguments: [
            (["--feed", "prices"], "Missing expected argument"),
            (["--feed", "prices", "--table", "t", "--key", "id", "x.csv"], "--feed and --table contradict"),
            (["--table", "t", "x.csv"], "--table needs --key"), (["--key", "id", "x.csv"], "--key needs --table"),
            (["--feed", "prices", "--key", "id", "x.csv"], "--key needs --table"),
            (["x.csv"], "there are several feeds: prices, fx"),
            (["--feed", "prices", "-", "x.csv"], "stands alone"),
            (["--feed", "prices", "--all-targets", "-"], "read once only"),
            (["--feed", "prices", "--all-targets", "--rejected", "bad.csv", "x.csv"], "--rejected 'bad-{target}.csv'"),
            (["--feed", "prices", "--map", "close=A", "--map", "close=B", "x.csv"], "--map names close twice"),
            (["--feed", "prices", "--map", "close", "x.csv"], "column=header"),
            (["--feed", "prices", "--map", "asset_id=symbol@assets", "x.csv"], "table.column"),
            (["--feed", "prices", "--columns", "a,,b", "x.csv"], "list of columns"),
            (["--feed", "prices", "--columns", "close", "x.csv"], "asset_id is not among the columns"),
            (["--feed", "prices", "--delimiter", "ab", "x.csv"], "one byte"),
            (["--feed", "prices", "--dup", "first", "x.csv"], "identical"),
            (["--feed", "prices", "--input-format", "xls", "x.csv"], "ndjson"),
            (["--feed", "prices", "--max-rejected", "-1", "x.csv"], "at least 0"),
            (["--feed", "prices", "--batch", "0", "x.csv"], "at least 1"),
            (["--feed", "prices", "--max-jump", "0.5", "x.csv"], "at least 1"),
            (["--feed", "prices", "--max-missing", "130%", "x.csv"], "percentage"),
            (["--feed", "prices", "--max-changed", "-5", "x.csv"], "percentage"),
            (["--feed", "prices", "--stale-after", "3", "x.csv"], "duration"),
            (["--feed", "prices", "--allow", "AAPL:10.06.2024", "x.csv"], "day of the calendar"),
            (["--feed", "prices", "--lock-timeout", "0s", "x.csv"], "as long as it likes"),
        ], ["run", "plan"])
    func usage(_ arguments: ([String], says: String), _ verb: String) async throws {
        let (outcome, document) = try await run([verb] + arguments.0)
        #expect(outcome.exitCode == 64 && document.exit == 64, "\(outcome)")
        #expect(document.error?.message.contains(arguments.says) == true || outcome.stdout.contains(arguments.says))
    }

    @Test("no feed at all is 64 and says how to have one", arguments: ["feeds:\n", nil])
    func noFeed(_ configuration: String?) async throws {
        let (outcome, document) = try await run(["run", "x.csv"], configuration)
        #expect(outcome.exitCode == 64 && document.error?.message.contains("no feed is configured") == true)
        #expect(outcome.stdout.contains("--table prices --key asset_id,date"))
    }

    @Test("an unknown feed is 78 with the nearest, or with where a configuration was looked for")
    func unknownFeed() async throws {
        let known = try await run(["run", "--feed", "prcies", "x.csv"])
        #expect(known.outcome.exitCode == 78 && known.document.error?.code == "config.unknown_feed")
        #expect(known.outcome.stdout.contains("--feed prices?"))
        let none = try await run(["plan", "--feed", "prices", "x.csv"], nil)
        #expect(none.outcome.exitCode == 78 && none.document.error?.code == "config.unknown_feed")
        #expect(none.outcome.stdout.contains("/x/dbctl/dbctl.yaml"))
    }

    @Test("a mistake of another feed, or its variable, is nobody's business but that feed's and config check's")
    func otherFeed() async throws {
        let mine = try await run(["run", "--feed", "fx", "x.csv"], env: ["FX_DELIMITER": "ab"])
        #expect(mine.outcome.exitCode == 78 && mine.document.error?.message.contains("dbctl.yaml:4") == true)
        let lacking = try await run(["run", "--feed", "fx", "x.csv"])
        #expect(lacking.outcome.exitCode == 78 && lacking.document.error?.code == "config.missing_variable")
        try await withTemporaryFolder { folder in
            try Data(Self.twoFeeds.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
            let wrong = try await TestSupport.Dbctl.run(
                ["config", "check"], env: ["FX_DELIMITER": "ab"], folder: folder)
            #expect(wrong.exitCode == 78 && wrong.stderr.contains("feeds.fx.delimiter"), "\(wrong)")
            let right = try await TestSupport.Dbctl.run(
                ["config", "check"], env: ["FX_DELIMITER": ";"], folder: folder)
            #expect(right.exitCode == 0 && !right.stdout.contains("without effect"), "\(right)")
        }
    }

    @Test(
        "the other verbs refuse what means nothing to them",
        arguments: [
            ["undo"], ["show"], ["history", "x"], ["history", "--limit", "0"], ["show", "01J", "--limit", "-1"],
            ["undo", "01J", "--remove"], ["frob"], [],
        ])
    func others(_ arguments: [String]) async throws {
        let (outcome, _) = try await run(arguments)
        #expect(outcome.exitCode == 64, "\(outcome)")
    }
}
