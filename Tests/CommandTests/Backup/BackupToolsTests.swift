import DBKit
import Foundation
import TestSupport
import Testing

/// What PostgreSQL's own programs are told by `backup create`, and what not.
@Suite struct BackupToolsTests {
    /// Programs that note their arguments and environment, and then are what they say.
    private func spies(_ folder: String, _ real: String) throws {
        for name in ["pg_dump", "pg_dumpall"] {
            let script = """
                #!/bin/sh
                { echo "$@"; echo ---; env; } >> \(folder)/\(name).seen
                exec \(real)/\(name) "$@"
                """
            let path = "\(folder)/bin/\(name)"
            try Folder.create("\(folder)/bin")
            try Data(script.utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
    }

    @Test("a password reaches them by their environment alone, and of dbctl's own only what libpq looks into")
    func environment() async throws {
        try await TestServer.withSandbox(authentication: .scram) { sandbox in
            try await withTemporaryFolder { folder in
                try spies(folder, sandbox.binaries.folder)
                let secret = try #require(sandbox.password)
                try Data("backup: {pg_bin: \(folder)/bin}".utf8)
                    .write(to: URL(fileURLWithPath: "\(folder)/dbctl.yaml"))
                let outcome = try await Dbctl.run(
                    ["backup", "create", "--repo", "\(folder)/repo", "--config", "\(folder)/dbctl.yaml"],
                    env: [
                        "DATABASE_URL": "postgresql://postgres:\(secret)@127.0.0.1:\(sandbox.port)/postgres",
                        "HOME": "/home/of-the-test", "KRB5CCNAME": "/tmp/ticket", "AWS_SECRET_ACCESS_KEY": "not yours",
                    ])
                #expect(outcome.exitCode == 0, "\(outcome)")
                for name in ["pg_dump", "pg_dumpall"] {
                    let seen = try String(contentsOfFile: "\(folder)/\(name).seen", encoding: .utf8)
                    // Of several calls, --version the first.
                    let arguments = seen.split(separator: "\n").filter { $0.hasPrefix("--") && $0 != "---" }
                    #expect(arguments.contains { $0.contains("dbname=") })
                    #expect(!arguments.contains { $0.contains(secret) })
                    #expect(seen.contains("PGPASSWORD=\(secret)\n"))
                    #expect(seen.contains("HOME=/home/of-the-test\n") && seen.contains("KRB5CCNAME=/tmp/ticket\n"))
                    #expect(!seen.contains("DATABASE_URL") && !seen.contains("AWS_SECRET"))
                }
            }
        }
    }

    @Test("a key's passphrase, which pg_dump could only be told on its command line, is refused: 78")
    func passphrase() async throws {
        try await TestServer.withDatabase { database in
            try await withTemporaryFolder { folder in
                let outcome = try await Dbctl.run([
                    "backup", "create", "--repo", "\(folder)/repo", "--database-url",
                    database.url + "?sslpassword=hush",
                ])
                #expect(outcome.exitCode == 78, "\(outcome)")
                #expect(outcome.stderr.contains("sslpassword") && !outcome.stderr.contains("hush"))
            }
        }
    }

    @Test("no pg_dump for the server: 78, naming the package")
    func missing() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await ClientTools.find(serverMajor: 99, .init(path: "/nonexistent"))
        }
        #expect(failure?.category == .configuration)
        #expect(failure?.hint?.contains("postgresql-client-99") == true)
    }
}
