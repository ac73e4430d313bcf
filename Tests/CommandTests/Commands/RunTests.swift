import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Runs against a server: history, targets, signals, secrets")
struct RunTests {
    @Test("history of a database that dbctl never changed says so, with 0")
    func noHistory() async throws {
        try await TestServer.withDatabase { database in
            let human = try await TestSupport.Dbctl.run(["history", "--database-url", database.url])
            #expect(human.exitCode == 0 && human.stdout.contains("no record"), "\(human)")
            let json = try await TestSupport.Dbctl.run(
                ["history", "--database-url", database.url, "--format", "json"])
            let data = try json.json()["data"] as? [String: Any]
            #expect((data?["runs"] as? [Any])?.isEmpty == true)
            let run = try await TestSupport.Dbctl.run(["history", "01ABC", "--database-url", database.url])
            #expect(run.exitCode == 66)
        }
    }

    @Test("history lists recorded runs newest first, and one by its beginning")
    func history() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(HistoryFixture.sql)
            let json = try await TestSupport.Dbctl.run(
                ["history", "--database-url", database.url, "--format", "json"])
            let runs = (try json.json()["data"] as? [String: Any])?["runs"] as? [[String: Any]]
            #expect(runs?.map { $0["run_id"] as? String } == [HistoryFixture.newer, HistoryFixture.older], "\(json)")
            // It says that it is under way, and no session of it is left.
            #expect(runs?.map { $0["outcome"] as? String } == ["interrupted", "succeeded"], "\(json)")
            let one = try await TestSupport.Dbctl.run(
                ["history", String(HistoryFixture.older.prefix(5)).lowercased(), "--database-url", database.url])
            #expect(one.exitCode == 0 && one.stdout.contains("rows      42"), "\(one)")
        }
    }

    @Test("several targets: one result each in configuration order, and the worst exit code")
    func targets() async throws {
        try await TestServer.withDatabase { database in
            try await withTemporaryFolder { folder in
                let text = """
                    targets:
                      good: {url: "\(database.url)"}
                      gone: {url: "postgresql://127.0.0.1:1/d"}
                      also: {url: "\(database.url)"}
                    """
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                func run(_ arguments: [String]) async throws -> ([String?], Int32, DbctlOutcome) {
                    let outcome = try await TestSupport.Dbctl.run(
                        ["history", "--format", "json"] + arguments, folder: folder)
                    let results = try outcome.json()["results"] as? [[String: Any]]
                    return (results?.map { $0["target"] as? String } ?? [], outcome.exitCode, outcome)
                }
                let all = try await run(["--all-targets", "--parallel", "2"])
                #expect(all.0 == ["good", "gone", "also"] && all.1 == 69, "\(all.2)")
                let some = try await run(["--target", "also", "--target", "good"])
                #expect(some.0 == ["good", "also"] && some.1 == 0, "\(some.2)")
                let one = try await run(["--target", "good"])
                #expect(one.0.isEmpty && one.1 == 0 && one.2.stdout.contains(#""target":"good""#))
                #expect(try await run(["--target", "nope"]).1 == 78)
            }
        }
    }

    @Test(
        "SIGINT is 130 and SIGTERM 143, also while a server does not answer",
        arguments: [(2, 130), (15, 143)] as [(Int32, Int32)])
    func signals(_ signal: Int32, _ exit: Int32) async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            proxy.stall()
            let url = "postgresql://u:geheim@127.0.0.1:\(proxy.port)/d"
            let outcome = try await TestSupport.Dbctl.withRunning(
                ["history", "--database-url", url, "--format", "json"]
            ) { running in
                try await running.waitForOutput("PGPASSWORD")
                let line = try String(contentsOfFile: "/proc/\(running.pid)/cmdline", encoding: .utf8)
                #expect(line.contains("postgresql://u:******@") && !line.contains("geheim"))
                try running.signal(signal)
            }
            #expect(outcome.exitCode == exit, "\(outcome)")
            let error = try outcome.json()["error"] as? [String: Any]
            #expect((error?["code"] as? String)?.hasPrefix("run.") == true)
        }
    }

    @Test(
        "no password reaches a log line, a document or an error",
        arguments: [
            "postgresql://u:geheim@127.0.0.1:1/d", "postgresql://u:ge%40heim@127.0.0.1:1/d",
            "postgresql://u:ge@heim@127.0.0.1:1/d", "postgresql://u:ge/heim@127.0.0.1:1/d",
            "postgresql://u:ge:heim@127.0.0.1:1/d", "postgresql://u:ge?heim@127.0.0.1:1/d",
            "postgresql://u:ge#heim@127.0.0.1:1/d", "postgresql://u:ge%zzheim@127.0.0.1:1/d",
            "mysql://u:geheim@h/d",
            "host=127.0.0.1 port=1 password=geheim", "host=127.0.0.1 port=1 password='ge heim'",
            "postgresql://127.0.0.1:1/d?user=u&password=geheim", "postgresql://u:geheim@127.0.0.1:1/d?nonsense=1",
        ])
    func secrets(_ url: String) async throws {
        for arguments in [["--database-url", url], ["--database-url=\(url)"], ["--database-urll=\(url)"], [url, url]] {
            for format in ["human", "json"] {
                let outcome = try await TestSupport.Dbctl.run(
                    ["history", "--verbose", "--format", format] + arguments)
                #expect(outcome.exitCode != 0 && !outcome.description.contains("heim"), "\(outcome)")
            }
        }
        let fromEnvironment = try await TestSupport.Dbctl.run(["history", "--verbose"], env: ["DATABASE_URL": url])
        #expect(!fromEnvironment.description.contains("heim"), "\(fromEnvironment)")
    }

    @Test("the name that the server shows joins its log with ours")
    func applicationName() async throws {
        try await TestServer.withDatabase { database in
            // A view in the record's place shows what the server knew about the session that read it.
            try await database.psql(
                """
                CREATE SCHEMA dbctl;
                CREATE VIEW dbctl.operations AS
                SELECT '\(HistoryFixture.older)' AS run_id, 'x' AS command, '{}'::text[] AS arguments,
                       now() AS started_at, now() AS finished_at, 'succeeded' AS outcome, NULL AS error_code,
                       NULL AS error, '{}'::jsonb AS counts, 'u' AS db_user, 'u' AS os_user, 'h' AS host,
                       current_setting('application_name') AS version
                """)
            let outcome = try await TestSupport.Dbctl.run(
                ["history", "--database-url", database.url, "--format", "json"])
            let document = try outcome.json()
            let runs = (document["data"] as? [String: Any])?["runs"] as? [[String: Any]]
            let runID = try #require(document["run_id"] as? String)
            #expect(runs?.first?["version"] as? String == "dbctl history \(runID)", "\(outcome)")
        }
    }
}

/// Two recorded runs, as `OperationLog` writes them.
enum HistoryFixture {
    static let older = "01J00000000000000000000001"
    static let newer = "01K00000000000000000000002"

    static let sql = """
        \(OperationLog.creationSQL);
        INSERT INTO dbctl.operations (run_id, command, started_at, finished_at, outcome, counts)
        VALUES ('\(older)', 'migrate up', '2026-01-01', '2026-01-01 00:00:05', 'succeeded', '{"rows": 42}'),
               ('\(newer)', 'migrate up', '2026-01-02', NULL, 'running', '{}');
        """
}
