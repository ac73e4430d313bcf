import DBKit
import Foundation
import TestSupport
import Testing

@Suite("--lock-timeout, --statement-timeout and --dry-run: honoured or refused")
struct SharedOptionTests {
    private typealias Document = CommandLineTests.Document

    static let restore = ["restore", "--from", "/nonexistent", "--into", "x"]
    static let verify = ["backup", "verify", "--latest", "--repo", "/nonexistent"]
    static let refusals: [([String], [String])] =
        [
            ["backup", "create"], restore, ["backup", "list"], ["backup", "show", "x"], verify, ["config", "check"],
            ["init"], ["explain"], ["demo"], ["sandbox", "start"], ["sandbox", "stop", "--all"],
        ].flatMap { [($0, ["--lock-timeout", "5s"]), ($0, ["--statement-timeout", "5s"])] }
        + [(verify, ["--dry-run"]), (["demo"], ["--dry-run"])]

    @Test("a verb that cannot act upon the option is 64 and says why", arguments: refusals)
    func refused(_ verb: [String], _ option: [String]) async throws {
        try await withTemporaryFolder { folder in
            let run = try await TestSupport.Dbctl.run(verb + option + ["--format", "json"], folder: folder)
            #expect(run.exitCode == 64, "\(run)")
            let message = try run.decode(Document.self).error?.message ?? ""
            #expect(message.contains("takes no \(option[0]): "), "\(message)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test("the limits of dbctl.yaml and of the environment are no option: backup create goes on with its own")
    func defaults() async throws {
        let run = try await TestSupport.Dbctl.run(["backup", "create"], env: ["DBCTL_LOCK_TIMEOUT": "5s"])
        #expect(run.exitCode == 78 && run.stderr.contains("config.missing"), "\(run)")
    }

    @Test(
        "a session has the limits of the flag, else of the environment, else of dbctl.yaml",
        arguments: [(3, "150ms/151ms"), (2, "250ms/251ms"), (1, "350ms/351ms"), (0, "2s/0")])
    func honoured(_ places: Int, _ wanted: String) async throws {
        try await TestServer.withDatabase { database in
            // A view in the record's place shows the settings of the session that reads it.
            try await database.psql(
                """
                CREATE SCHEMA dbctl;
                CREATE VIEW dbctl.operations AS
                SELECT '\(HistoryFixture.older)' AS run_id, 'x' AS command, '{}'::text[] AS arguments,
                       now() AS started_at, now() AS finished_at, 'succeeded' AS outcome, NULL AS error_code,
                       NULL AS error, '{}'::jsonb AS counts, 'u' AS db_user, 'u' AS os_user, 'h' AS host,
                       current_setting('lock_timeout') || '/' || current_setting('statement_timeout') AS version
                """)
            try await withTemporaryFolder { folder in
                var arguments = ["history", "--format", "json", "--database-url", database.url]
                if places > 2 { arguments += ["--lock-timeout", "150ms", "--statement-timeout", "151ms"] }
                let env = ["DBCTL_LOCK_TIMEOUT": "250ms", "DBCTL_STATEMENT_TIMEOUT": "251ms"]
                let file = "defaults: {lock_timeout: 350ms, statement_timeout: 351ms}\n"
                if places > 0 { try Data(file.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml")) }
                let run = try await TestSupport.Dbctl.run(arguments, env: places > 1 ? env : [:], folder: folder)
                let runs = (try run.json()["data"] as? [String: Any])?["runs"] as? [[String: Any]]
                #expect(runs?.first?["version"] as? String == wanted, "\(run)")
            }
        }
    }

    @Test("a record that is locked is 75 once --lock-timeout is over")
    func lockTimeout() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(HistoryFixture.sql)
            let connection = try await Connection.open(database.parameters, settings: .init(applicationName: "holder"))
            try await finally {
                try await connection.run { session in
                    try session.execute("BEGIN")
                    try session.execute("LOCK TABLE dbctl.operations IN ACCESS EXCLUSIVE MODE")
                }
                let run = try await TestSupport.Dbctl.run(
                    ["history", "--lock-timeout", "100ms", "--format", "json", "--database-url", database.url])
                #expect(run.exitCode == 75 && run.stdout.contains("lock.timeout"), "\(run)")
            } cleanUp: {
                await connection.close()
            }
        }
    }
}
