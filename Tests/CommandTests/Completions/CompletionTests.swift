import DBKit
import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("Completions, in real shells")
struct CompletionTests {
    /// A line and what follows it.
    static let cases: [(line: String, offered: [String])] = [
        ("dbctl back", ["backup"]),
        ("dbctl backup ver", ["verify"]),
        ("dbctl check --explain", ["--explain-url"]),
        ("dbctl check --target ", ["prod", "staging"]),
        ("dbctl check --target st", ["staging"]),
        ("dbctl check --config other.yaml --target ", ["elsewhere"]),
        ("dbctl backup list --format ", ["human", "json"]),
        ("dbctl pool top --format ", ["human"]),
        ("dbctl check --log-format ", ["text", "json"]),
        ("dbctl explain auth.passw", ["auth.password"]),
        (
            "dbctl backup show ",
            ["20260131T020000Z-01KGAXJ8000000000000000000", "20260201T020000Z-01KGDG9G000000000000000000"]
        ),
        ("dbctl backup show --database shop ", ["20260201T020000Z-01KGDG9G000000000000000000"]),
        ("dbctl backup list --database ", ["app", "shop"]),
        ("dbctl refresh run --feed ", ["prices"]),
        ("dbctl partition ensure --table ", ["user_attempts"]),
        ("dbctl index list us", ["users", "user_attempts"]),
        ("dbctl migrate baseline ", ["20260101000000", "20260102000000"]),
        ("dbctl migrate up --to 202601020", ["20260102000000"]),
        ("dbctl migrate up --dialect go", ["golang-migrate", "goose"]),
        ("dbctl backup create --compress ", ["gzip", "none", "zstd"]),
        ("dbctl refresh run pri", ["prices.csv"]),
        // A run's id is known to the server alone.
        ("dbctl refresh undo ", []),
    ]

    @Test("bash, fish and zsh offer verbs, options and values", arguments: ["bash", "fish", "zsh"])
    func offers(_ shell: String) async throws {
        // The script of bash is asked everything; the others take a second a line, and answer with the same values.
        let cases = shell == "bash" ? Self.cases : Self.cases.filter { Self.asksAll.contains($0.line) }
        try await ShellCompletion.with { completion in
            let offered = try await completion.offered(cases.map(\.line), in: shell)
            #expect(offered.count == cases.count, "\(offered)")
            for (wanted, found) in zip(cases, offered) {
                #expect(Set(found) == Set(wanted.offered), "\(shell): \(wanted.line) offered \(found)")
            }
        }
    }

    private static let asksAll: Set<String> = [
        "dbctl backup ver", "dbctl check --config other.yaml --target ", "dbctl backup list --format ",
        "dbctl backup show ", "dbctl explain auth.passw",
    ]

    @Test("a broken, a missing and a hanging configuration offer nothing, say nothing, and are no failure")
    func quiet() async throws {
        try await withTemporaryFolder { folder in
            try Data("targets: [".utf8).write(to: URL(filePath: "\(folder)/broken.yaml"))
            // Nobody ever writes into it: who opens it waits.
            let pipe = unsafe mkfifo("\(folder)/pipe.yaml", 0o600)
            #expect(pipe == 0)
            for file in ["broken.yaml", "missing.yaml", "pipe.yaml"] {
                let words = ["dbctl", "check", "--config", file, "--target", ""]
                let outcome = try await TestSupport.Dbctl.run(
                    ["---completion", "check", "--", "--target", "5", "0"] + words, folder: folder)
                #expect(outcome.exitCode == 0 && outcome.stderr.isEmpty, "\(file): \(outcome)")
                let isBlank = outcome.stdout.allSatisfy { $0.isWhitespace }
                #expect(isBlank, "\(file): \(outcome)")
            }
        }
    }

    @Test("options are read as the shell has them: quoted, with a tilde, cut at the = by bash")
    func words() {
        func value(_ words: [String]) -> String? {
            CompletionScene(words: words, environment: ["HOME": "/home/me"]).value(of: "--repo")
        }
        #expect(value(["dbctl", "--repo", "r"]) == "r")
        #expect(value(["dbctl", "--repo=r"]) == "r")
        #expect(value(["dbctl", "--repo", "=", "r"]) == "r")
        #expect(value(["dbctl", "--repo", "'my repo'"]) == "my repo")
        #expect(value(["dbctl", "--repo", "~/r"]) == "/home/me/r")
        #expect(value(["dbctl", "--repo"]) == nil)
        #expect(value(["dbctl", "--repository", "r"]) == nil)
    }

    @Test("every option with a value of its own offers something, or is one that nobody can know")
    func everyOption() async throws {
        struct Asked: Decodable {
            struct Nothing: Decodable {}

            let valueName: String?
            let kind: String
            let completionKind: [String: Nothing]?
            let preferredName: Name?
            let shouldDisplay: Bool

            struct Name: Decodable { let name: String }
        }
        struct Command: Decodable {
            let commandName: String
            let superCommands: [String]?
            let subcommands: [Command]?
            let arguments: [Asked]?

            var all: [Command] { [self] + (subcommands ?? []).flatMap(\.all) }
        }
        struct Dump: Decodable { let command: Command }
        let dump = try await TestSupport.Dbctl.run(["--experimental-dump-help"]).decode(Dump.self)
        let unknowable: Set<String> = [
            // A number, a duration, a rate, a name that is made up here.
            "n", "dur", "f", "x", "pct", "share", "time", "c", "s2.t2", "template", "old=new", "sql", "expr",
            // What only the server knows.
            "run", "pid", "column", "a,b", "col=header", "asset:date", "s.t", "s", "schema.table", "url", "command",
        ]
        for command in dump.command.all where command.commandName != "help" {
            let path = ((command.superCommands ?? []).dropFirst() + [command.commandName]).joined(separator: " ")
            for asked in command.arguments ?? [] where asked.kind != "flag" && asked.completionKind == nil {
                let value = asked.valueName ?? ""
                let name = "\(path) \(asked.preferredName.map { "--\($0.name)" } ?? value)"
                #expect(unknowable.contains(value) || Self.exceptions.contains(name), "\(name) <\(value)>")
            }
        }
    }

    /// Names that are new, or that only the server has.
    private static let exceptions: Set<String> = [
        "backup drill --into", "restore --into", "index create --name", "index drop name", "migrate new name",
        "pool kill --app", "pool size --app", "sandbox start --name", "sandbox stop name",
        "partition retain --keep", "partition retain --into",
    ]

    @Test("scripts/completions writes what the shells load by themselves, and the shells can read it")
    func files() async throws {
        try await withTemporaryFolder { folder in
            let script = Sources.root.appending(path: "scripts/completions").path
            let outcome = try await Program.run(script, [folder, DbctlBinary.path])
            #expect(outcome.exitCode == 0, "\(outcome)")
            for (shell, file) in [
                ("bash", "bash-completion/completions/dbctl"), ("zsh", "zsh/site-functions/_dbctl"),
                ("fish", "fish/vendor_completions.d/dbctl.fish"),
            ] {
                let check = try await Program.run(shell, ["-n", "\(folder)/\(file)"])
                #expect(check.exitCode == 0 && check.stderr.isEmpty, "\(file): \(check)")
            }
        }
    }
}
