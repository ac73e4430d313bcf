import DBKit
import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("What explain says about a code, and what is thrown with it")
struct ThrownCategoriesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let code: String
        let arguments: [String]
        var environment: [String: String] = [:]
        var files: [String: String] = [:]
        var testDescription: String { "\(code): \(arguments)" }
    }

    static let cases: [Case] = [
        Case(code: "usage.arguments", arguments: ["history", "--frob"]),
        Case(code: "usage.format", arguments: ["pool", "top", "--format", "json"]),
        Case(code: "usage.database_url", arguments: ["history", "--database-url", "mysql://h/d"]),
        Case(code: "config.url", arguments: ["history"], environment: ["DATABASE_URL": "mysql://h/d"]),
        Case(code: "config.url", arguments: ["history"], environment: ["DB_SSL": "perhaps"]),
        Case(code: "config.env_file", arguments: ["history", "--env-file", "e"], files: ["e": "no assignment\n"]),
        Case(code: "file.missing", arguments: ["history", "--env-file", "/nonexistent"]),
        Case(code: "file.missing", arguments: ["history", "--config", "/nonexistent"]),
        Case(code: "config.syntax", arguments: ["config", "check"], files: ["dbctl.yaml": "a: ["]),
        Case(code: "config.unknown_key", arguments: ["config", "check"], files: ["dbctl.yaml": "bakcup: {}"]),
        Case(
            code: "config.duplicate_key", arguments: ["config", "check"], files: ["dbctl.yaml": "pool: {}\npool: {}"]),
        Case(code: "config.type", arguments: ["config", "check"], files: ["dbctl.yaml": "backup: {jobs: x}"]),
        Case(code: "config.type", arguments: ["history"], environment: ["DBCTL_PARALLEL": "x"]),
        Case(code: "config.missing", arguments: ["backup", "list"]),
        Case(
            code: "config.missing_variable", arguments: ["backup", "list"],
            files: ["dbctl.yaml": "backup: {repo: \"${NO_SUCH}\"}"]),
        Case(code: "config.unknown_target", arguments: ["history", "--target", "x"]),
        Case(code: "connect.parameters", arguments: ["history", "--database-url", "postgresql://h/d?nonsense=1"]),
        Case(code: "connect.refused", arguments: ["history", "--database-url", "postgresql://127.0.0.1:1/d"]),
        Case(code: "explain.unknown_code", arguments: ["explain", "no.such"]),
        Case(code: "file.exists", arguments: ["init"], files: ["dbctl.yaml": ""]),
        Case(code: "file.not_created", arguments: ["init", "--config", "/nonexistent/dbctl.yaml"]),
        Case(code: "backup.set_not_found", arguments: ["backup", "show", "20200101", "--repo", "."]),
        Case(code: "sandbox.not_found", arguments: ["sandbox", "stop", "no-such"]),
        Case(code: "sandbox.no_server", arguments: ["sandbox", "start", "--major", "9"]),
        Case(code: "sandbox.options", arguments: ["sandbox", "start", "--name", "../x"]),
    ]

    @Test("the exit code of the run is the one that explain gives", arguments: cases)
    func same(_ one: Case) async throws {
        try await withTemporaryFolder { folder in
            for (name, text) in one.files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
            let run = try await TestSupport.Dbctl.run(
                one.arguments + ["--format", "json"].filter { _ in !one.arguments.contains("--format") },
                env: one.environment, folder: folder)
            let entry = try #require(FailureCatalogue.entry(named: one.code))
            #expect(run.exitCode == ExitStatus(entry.code.category).code, "\(run)")
            #expect((run.stdout + run.stderr).contains(one.code), "\(run)")
        }
    }

    @Test("no failure of the command line takes another category than its code's")
    func overrides() throws {
        let files = try #require(
            FileManager.default.enumerator(atPath: Sources.root.appending(path: "Sources/dbctl").path))
        for case let path as String in files where path.hasSuffix(".swift") {
            let text = try String(contentsOf: Sources.root.appending(path: "Sources/dbctl/\(path)"), encoding: .utf8)
            #expect(text.firstMatch(of: /category: (usage|\.)/) == nil, "\(path)")
        }
    }
}
