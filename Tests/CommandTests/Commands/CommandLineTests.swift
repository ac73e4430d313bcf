import Foundation
import TestSupport
import Testing

@Suite("The command line of the built binary")
struct CommandLineTests {
    /// The document around everything.
    struct Document: Decodable {
        struct Problem: Decodable {
            let code: String
            let category: String
            let message: String
        }

        let schema: String
        let target: String
        let ok: Bool
        let exit: Int32
        let error: Problem?
    }

    @Test(
        "a bad command line is 64, on stderr, and a document with --format json",
        arguments: [
            [], ["nonsense"], ["config"], ["config", "frob"], ["config", "show", "--frob"],
            ["config", "show", "extra"], ["config", "show", "--format", "xml"],
            ["config", "show", "--format", "sarif"],
            ["config", "show", "--lock-timeout", "5"], ["config", "show", "--wait", "1 s"],
            ["config", "show", "--parallel", "0"], ["config", "show", "--quiet", "--verbose"],
            ["config", "show", "--all-targets", "--target", "a"], ["config", "show", "--database-url"],
            ["config", "show", "--database-url", "mysql://h/d"],
            ["config", "show", "--database-url", "postgresql://h/d", "--target", "a", "--target", "b"],
        ])
    func badCommandLine(_ arguments: [String]) async throws {
        let human = try await TestSupport.Dbctl.run(arguments)
        #expect(human.exitCode == 64, "\(human)")
        #expect(human.stdout.isEmpty && !human.stderr.isEmpty)
        guard !arguments.contains("--format"), arguments.last != "--database-url" else { return }
        let json = try await TestSupport.Dbctl.run(arguments + ["--format", "json"])
        let document = try json.decode(Document.self)
        #expect(json.exitCode == 64 && document.exit == 64 && !document.ok)
        #expect(document.schema == "dbctl.error/1" && document.error?.category == "usage")
    }

    @Test("--help and --version are 0 and name what exists")
    func help() async throws {
        let help = try await TestSupport.Dbctl.run(["--help"])
        #expect(help.exitCode == 0 && help.stdout.contains("explain") && help.stderr.isEmpty, "\(help)")
        let verb = try await TestSupport.Dbctl.run(["config", "show", "--help"])
        #expect(
            verb.exitCode == 0 && verb.stdout.contains("Example:") && verb.stdout.contains("Exit codes:"), "\(verb)")
        let version = try await TestSupport.Dbctl.run(["--version"])
        #expect(version.exitCode == 0)
        let wanted = /dbctl .* \(commit ([0-9a-f]{12}|unknown)\)\nlibpq [0-9.]+\nzstd [0-9.]+\nzlib [0-9.]+\n/
        #expect(version.stdout.wholeMatch(of: wanted) != nil, "\(version.stdout)")
    }

    @Test(
        "with --log-format json every line on stderr is JSON, errors included",
        arguments: [
            ["history", "--database-url", "postgresql://x@127.0.0.1:1/y?pool_timeout=5"],
            ["check", "--database-url", "postgresql://x:secret@127.0.0.1:1/y"], ["config", "frob"],
            ["history", "--env-file", "/nonexistent"],
        ])
    func jsonLines(_ arguments: [String]) async throws {
        let run = try await TestSupport.Dbctl.run(arguments + ["--log-format", "json"])
        let lines = try run.stderr.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String], "\(line)")
        }
        let error = try #require(lines.last)
        #expect(error["level"] == "error" && error["event"] == "error" && error["code"] != nil, "\(run)")
        #expect(lines.allSatisfy { $0["run_id"] != nil && $0["message"] != nil && $0["time"] != nil })
        #expect(!"\(run)".contains("secret"))
    }

    @Test("a reader that goes away early does no harm")
    func brokenPipe() async throws {
        let outcome = try await Program.run(
            "/bin/bash", ["-c", "\(DbctlBinary.path) explain --format json | head -c 1; echo ${PIPESTATUS[0]}"])
        #expect(outcome.stdout == "{0\n" && outcome.stderr.isEmpty)
    }

    @Test(
        "an empty --database-url is 64 and never the environment's server; a bare blank or an open quote is 64, without the value",
        arguments: ["", "host=db password=my secret", "host=db password='my secret"],
        [["backup", "create", "--repo", "/nonexistent/r"], ["check"]])
    func unusableURL(_ url: String, _ verb: [String]) async throws {
        for format in ["human", "json"] {
            let outcome = try await TestSupport.Dbctl.run(
                verb + ["--database-url", url, "--format", format],
                env: ["DATABASE_URL": "postgresql://127.0.0.1:1/d", "PGHOST": "127.0.0.1", "PGPORT": "1"])
            #expect(outcome.exitCode == 64, "\(outcome)")
            #expect(outcome.stderr.contains("--database-url"))
            #expect(!(outcome.stdout + outcome.stderr).contains("secret"), "\(outcome)")
        }
    }

    @Test("a full disk behind standard output is 74")
    func fullOutput() async throws {
        let outcome = try await Program.run("/bin/bash", ["-c", "\(DbctlBinary.path) explain > /dev/full"])
        #expect(outcome.exitCode == 74 && outcome.stderr.contains("output.failed"), "\(outcome)")
    }

    @Test("explain knows a code offline, and an unknown one is 66 with the nearest")
    func explain() async throws {
        let known = try await TestSupport.Dbctl.run(["explain", "auth.password"])
        #expect(known.exitCode == 0 && known.stdout.contains("exit 77"))
        let unknown = try await TestSupport.Dbctl.run(["explain", "auth.passwrd"])
        #expect(unknown.exitCode == 66 && unknown.stderr.contains("auth.password"))
        let all = try await TestSupport.Dbctl.run(["explain", "--format", "json"])
        let codes = (try all.json()["data"] as? [String: Any])?["codes"] as? [[String: Any]]
        #expect((codes ?? []).count > 50)
    }

    @Test("an SQLSTATE is explained by the codes that it becomes; one that PostgreSQL does not have by its class")
    func explainState() async throws {
        let lock = try await TestSupport.Dbctl.run(["explain", "55p03"])
        #expect(lock.exitCode == 0 && lock.stdout.hasPrefix("SQLSTATE 55P03  (class 55 of PostgreSQL: object not in"))
        #expect(lock.stdout.contains("lock.timeout  (busy, exit 75)") && lock.stdout.contains("dbctl pool doctor"))
        let slots = try await TestSupport.Dbctl.run(["explain", "53300", "--format", "json"])
        let data = try #require(try slots.json()["data"] as? [String: Any])
        #expect((data["codes"] as? [[String: Any]])?.count == 5 && data["sqlstate"] as? String == "53300")
        #expect(data["sqlstate_class"] as? String == "insufficient resources")
        let own = try await TestSupport.Dbctl.run(["explain", "ZZ001"])
        #expect(own.exitCode == 0 && own.stdout.contains("no class ZZ") && own.stdout.contains("sql.refused"), "\(own)")
        let word = try await TestSupport.Dbctl.run(["explain", "slots"])
        #expect(word.exitCode == 66 && word.stderr.contains("slots.all"), "\(word)")
    }

    @Test("a check whose --env-file cannot be read is UNKNOWN on standard output, and 3")
    func unreadableEnvironment() async throws {
        for check in [["check"], ["pool", "check"], ["backup", "check", "--quiet"], ["partition", "check"]] {
            let run = try await TestSupport.Dbctl.run(check + ["--env-file", "/nonexistent"])
            #expect(run.exitCode == 3 && run.stdout.hasPrefix("UNKNOWN: --env-file: /nonexistent"), "\(run)")
            #expect(run.stdout.hasSuffix(" (file.missing)\n") && run.stderr.contains("file.missing"), "\(run)")
        }
        let json = try await TestSupport.Dbctl.run(["check", "--env-file", "/nonexistent", "--format", "json"])
        #expect(try json.exitCode == 3 && json.json()["exit"] as? Int == 3, "\(json)")
        let verb = try await TestSupport.Dbctl.run(["history", "--env-file", "/nonexistent"])
        #expect(verb.exitCode == 66 && verb.stdout.isEmpty, "\(verb)")
    }

    @Test("every code that dbctl itself throws is explained")
    func ownCodes() async throws {
        for code in [
            "usage.arguments", "usage.format", "config.syntax", "config.unknown_key", "config.duplicate_key",
            "config.type", "config.missing", "config.missing_variable", "config.unknown_target", "config.env_file",
            "config.url", "file.missing", "file.unreadable", "file.exists", "file.not_created", "history.no_such_run",
            "history.not_readable", "explain.unknown_code", "run.interrupted", "run.terminated", "bug.unexpected",
        ] {
            let outcome = try await TestSupport.Dbctl.run(["explain", code])
            #expect(outcome.exitCode == 0, "\(code)")
        }
    }

    @Test("init writes a file that passes config check, for its owner alone, and never replaces one")
    func initialise() async throws {
        try await withTemporaryFolder { folder in
            let first = try await TestSupport.Dbctl.run(["init"], folder: folder)
            #expect(first.exitCode == 0, "\(first)")
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/dbctl.yaml")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try await TestSupport.Dbctl.run(["config", "check"], folder: folder).exitCode == 0)
            let second = try await TestSupport.Dbctl.run(["init", "--format", "json"], folder: folder)
            #expect(second.exitCode == 73)
            #expect(try second.decode(Document.self).error?.code == "file.exists")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["dbctl.yaml"])
        }
    }
}
