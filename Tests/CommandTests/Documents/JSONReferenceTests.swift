import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("docs/json.md") struct JSONReferenceTests {
    @Test("it has every schema, with the keys that a real run of it shows; scripts/docs writes it anew")
    func reference() async throws {
        let keys = try await Self.keys()
        let file = Sources.root.appending(path: "docs/json.md")
        if ProcessInfo.processInfo.environment["DBCTL_WRITE_DOCS"] != nil {
            try Data(Self.text(keys).utf8).write(to: file)
        }
        let text = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let wanted = Self.text(keys).split(separator: "\n").map(String.init)
        let isShared = { (line: String) in line.hasPrefix("| `dbctl.pool.") }
        #expect(text.filter { !isShared($0) } == wanted.filter { !isShared($0) }, "run scripts/docs")
        // What these show depends on what else runs on the server.
        for line in text where isShared(line) {
            let names = line.matches(of: /`(?<name>[a-z_.\/0-9]+)`/).map { String($0.name) }
            let unknown = Set(keys[names[0]] ?? []).subtracting(names)
            #expect(unknown.isEmpty, "\(names[0]): run scripts/docs")
        }
    }

    /// They take a server of their own, or another tool's history.
    private static let notRun: Set<String> = [
        "dbctl.backup.drill/1", "dbctl.demo/1", "dbctl.migrate.adopt/1", "dbctl.sandbox.start/1",
        "dbctl.sandbox.run/1", "dbctl.sandbox.stop/1",
    ]

    private static func text(_ keys: [String: [String]]) -> String {
        let rows = VerbTypes.withJSON.sorted().map { schema -> String in
            let shown = keys[schema].map { $0.map { "`\($0)`" }.joined(separator: ", ") }
            return "| `\(schema)` | \(shown ?? "see a run of it") |"
        }
        return introduction + (["| schema | keys of `data` |", "|---|---|"] + rows).joined(separator: "\n") + "\n"
    }

    private static let introduction = """
        # JSON

        Written by `scripts/docs` from runs of the commands; a test fails when a run shows other keys.

        With `--format json` a verb prints one document to standard output, errors included; logs and progress go to standard
        error.

        ```json
        {"schema":"dbctl.backup.list/1","run_id":"01J…","target":"default","ok":true,"exit":0,"data":{…}}
        {"schema":"dbctl.error/1","run_id":"01J…","target":"default","ok":false,"exit":77,
         "error":{"code":"auth.password","category":"authentication","sqlstate":"28P01","message":"…","detail":"…","hint":"…"}}
        {"schema":"dbctl.targets/1","ok":false,"exit":77,"results":[…]}
        ```

        - `ok` is `exit` = 0. A check that says no has `error` beside `data`. The codes are in [exit-codes.md](exit-codes.md).
        - Of several targets there is one document, with a result for each in the order of `dbctl.yaml` and the worst exit code.
        - Keys are in snake_case. Times are RFC 3339 in UTC; seconds end in `_s`, bytes in `_bytes`. A key without a value is left out.
        - The number behind the slash grows when a key goes or changes its meaning; new keys leave it as it is.


        """

    /// The keys of `data`, by schema.
    private static func keys() async throws -> [String: [String]] {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE prices (id int PRIMARY KEY, close numeric);
                INSERT INTO prices SELECT g, g FROM generate_series(1, 20) g;
                CREATE TABLE attempts (id int, at timestamptz NOT NULL);
                CREATE TABLE events (id int, at timestamptz NOT NULL) PARTITION BY RANGE (at);
                """)
            return try await withTemporaryFolder { folder in
                try write(configuration, "\(folder)/dbctl.yaml")
                try write("id,close\n1,1.5\n", "\(folder)/prices.csv")
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/migrations", withIntermediateDirectories: false)
                try write(
                    "-- migrate:up\nCREATE TABLE first (i int);\n-- migrate:down\nDROP TABLE first;\n",
                    "\(folder)/migrations/20260101000000_first.sql")
                var found: [String: [String]] = [:]
                var words = ["DB": database.name, "VERSION": "20260101000000", "MONTH": "1 month"]
                for command in commands {
                    let arguments = command.split(separator: " ").map { words[String($0)] ?? String($0) }
                    let outcome = try await TestSupport.Dbctl.run(
                        arguments + ["--format", "json"], env: ["DATABASE_URL": database.url], folder: folder)
                    let document = try outcome.json()
                    let data = try #require(document["data"] as? [String: Any], "\(command): \(outcome)")
                    found[try #require(document["schema"] as? String)] = data.keys.sorted()
                    if command == "backup create" { words["SET"] = data["set"] as? String }
                    if command.hasPrefix("refresh run") { words["RUN"] = document["run_id"] as? String }
                }
                #expect(Set(VerbTypes.withJSON).subtracting(found.keys) == notRun)
                return found
            }
        }
    }

    private static func write(_ text: String, _ file: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    private static let configuration = """
        backup: {repo: repo}
        feeds:
          prices: {table: prices, key: id}
        indexes:
          - {table: prices, columns: [close]}
        partitions:
          - {table: events, by: at, every: 1 month, keep: 24 months}

        """

    private static let commands = [
        "init --config other.yaml", "check", "config show", "config check", "explain 55P03",
        "migrate up", "migrate status", "migrate plan", "migrate down", "migrate redo",
        "migrate repair", "migrate rebless VERSION", "migrate baseline VERSION --yes", "migrate dump", "migrate check",
        "migrate new second",
        "refresh plan --feed prices prices.csv", "refresh run --feed prices prices.csv", "refresh history",
        "refresh show RUN", "refresh undo RUN",
        "index create prices close", "index apply", "index list", "index audit", "index repair",
        "index drop prices_close_idx",
        "partition plan", "partition ensure", "partition check", "partition list", "partition verify",
        "partition retain", "partition convert attempts --by at --every MONTH --plan",
        "pool check", "pool doctor", "pool size --sample 0s", "pool kill --root-blocker", "pool bench --dry-run",
        "backup create", "backup list", "backup show SET", "backup verify --latest", "backup pin SET",
        "backup unpin SET", "backup prune --keep-last 1", "backup check",
        "restore --latest --table public.prices --into DB --as rescue.copy", "history",
    ]
}
