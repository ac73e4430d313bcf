// Tables whose names SQL would fold or not read at all, as somebody types them in a shell and in dbctl.yaml.

import Foundation
import TestSupport
import Testing

@Suite("Names of tables on the command line and in dbctl.yaml")
struct TypedNamesTests {
    private static let schema = """
        CREATE TABLE "Orders" (id int, at timestamptz NOT NULL, price int, PRIMARY KEY (id, at))
            PARTITION BY RANGE (at);
        CREATE TABLE "we""ird Name" (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at));
        CREATE TABLE "Prices" (id int PRIMARY KEY, price int);
        """

    private static let configuration = "partitions:\n  - {table: Orders, by: at, every: 1 month, ahead: 1}\n"

    @Test(
        "a table is found by its own name, without quotes that SQL would want",
        arguments: [
            ["partition", "ensure", "--table", "Orders"], ["partition", "list", "--table", "public.Orders"],
            ["partition", "plan", "--table", "\"Orders\""],
            ["partition", "convert", "we\"ird Name", "--by", "at", "--every", "1 month", "--plan", "--yes"],
            ["partition", "convert", "\"we\"\"ird Name\"", "--by", "at", "--every", "1 month", "--plan", "--yes"],
            ["index", "create", "we\"ird Name", "at", "--dry-run"],
            ["refresh", "plan", "feed.csv", "--table", "Prices", "--key", "id"],
        ])
    func found(_ arguments: [String]) async throws {
        try await run([arguments, arguments + ["--format", "json"]]) { outcome in
            #expect(outcome.exitCode == 0, "\(arguments): \(outcome)")
        }
    }

    @Test(
        "a name that nothing has is 66, with what it may have meant",
        arguments: [
            (["partition", "convert", "Order", "--by", "at", "--every", "1 month", "--plan"], "public.Orders"),
            (["partition", "convert", "weird_name", "--undo"], "'public.we\"ird Name'"),
            (["index", "create", "\"orders", "id"], "public.Orders"),
            (["refresh", "plan", "feed.csv", "--table", "prices", "--key", "id"], "public.Prices"),
        ])
    func near(_ arguments: [String], meant: String) async throws {
        try await run([arguments]) { outcome in
            #expect(outcome.exitCode == 66, "\(arguments): \(outcome)")
            #expect(outcome.stderr.contains("did you mean \(meant)?"), "\(arguments): \(outcome)")
        }
    }

    private func run(_ commands: [[String]], _ body: (DbctlOutcome) throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(Self.schema)
            try await withTemporaryFolder { folder in
                try Self.configuration.write(toFile: "\(folder)/dbctl.yaml", atomically: true, encoding: .utf8)
                try "id,price\n1,2\n".write(toFile: "\(folder)/feed.csv", atomically: true, encoding: .utf8)
                for command in commands {
                    try body(
                        try await TestSupport.Dbctl.run(
                            command + ["--database-url", database.url, "--no-progress"], folder: folder))
                }
            }
        }
    }
}
