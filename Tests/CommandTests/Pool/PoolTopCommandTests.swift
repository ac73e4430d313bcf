import DBKit
import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("pool top without a terminal, and its records")
struct PoolTopCommandTests {
    private func top(_ arguments: [String], env: [String: String] = [:]) async throws -> DbctlOutcome {
        try await TestSupport.Dbctl.run(["pool", "top"] + arguments, env: env)
    }

    @Test("a record shows the same frames as the run that wrote it")
    func replay() async throws {
        try await TestServer.withDatabase { database in
            try await withTemporaryFolder { folder in
                try await database.psql("CREATE TABLE orders (id int)")
                let holder = try await Connection.open(
                    database.parameters, settings: SessionSettings(applicationName: "holder"))
                try await holder.run { session in
                    try session.execute("BEGIN")
                    try session.execute("LOCK TABLE public.orders")
                }
                let file = "\(folder)/r.ndjson"
                let live = try await top([
                    "--database-url", database.url, "--record", file, "--count", "3", "--interval", "100ms",
                ])
                await holder.close()
                #expect(live.exitCode == 0 && live.stderr.isEmpty, "\(live)")
                let frames = live.stdout.components(separatedBy: "\n\nPostgreSQL ")
                #expect(frames.count == 3, "\(live)")
                #expect(frames.allSatisfy { $0.contains("holder") && $0.contains("idle in tx") }, "\(live)")
                #expect(!live.stdout.unicodeScalars.contains("\u{1B}"))
                let replayed = try await top(["--replay", file], env: ["DATABASE_URL": "postgresql://127.0.0.1:1/x"])
                #expect(replayed.exitCode == 0 && replayed.stdout == live.stdout, "\(replayed)")
                let two = try await top(["--replay", file, "--count", "2"])
                #expect(two.exitCode == 0 && live.stdout.hasPrefix(two.stdout.dropLast(1)), "\(two)")
                #expect(two.stdout.components(separatedBy: "\n\nPostgreSQL ").count == 2)
                // Once more into the same file.
                let again = try await top(["--database-url", database.url, "--record", file, "--count", "1"])
                #expect(again.exitCode == 73 && again.stderr.contains("file.exists"), "\(again)")
                let after = try await top(["--replay", file])
                #expect(after.stdout == live.stdout)
            }
        }
    }

    @Test("a damaged line is 65 and named, after the frames before it; a missing file 66; a cut last line nothing")
    func damaged() async throws {
        try await withTemporaryFolder { folder in
            var scene = TopScene.pileUp
            var lines: [String] = []
            for second in 0..<3 {
                scene.observation.time = TopScene.now + Double(second)
                lines.append(try scene.observation.recorded())
            }
            let whole = lines.joined(separator: "\n") + "\n"
            func replay(_ text: String) async throws -> DbctlOutcome {
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/r"))
                return try await top(["--replay", "\(folder)/r"])
            }
            let good = try await replay(whole)
            #expect(good.exitCode == 0 && good.stdout.contains("LOCKS: 3 wait"), "\(good)")
            let cut = try await replay(String(whole.dropLast(30)))
            #expect(cut.exitCode == 0 && good.stdout.hasPrefix(cut.stdout.dropLast(1)), "\(cut)")
            #expect(cut.stdout.split(separator: "LOCKS: ").count == 3, "two frames")
            let damaged = try await replay("\(lines[0])\n{\"time\": 7}\n\(lines[2])\n")
            #expect(damaged.exitCode == 65 && damaged.stderr.contains("line 2 is no look"), "\(damaged)")
            #expect(damaged.stderr.contains("record.damaged") && damaged.stdout.contains("LOCKS: 3 wait"))
            let empty = try await replay("")
            #expect(empty.exitCode == 65 && empty.stderr.contains("no whole look"), "\(empty)")
            let missing = try await top(["--replay", "\(folder)/none"])
            #expect(missing.exitCode == 66 && missing.stderr.contains("file.missing"), "\(missing)")
        }
    }

    @Test(
        "a bad command line is 64",
        arguments: [
            ["--record", "a", "--replay", "b"], ["--count", "0"], ["--interval", "10ms"], ["--interval", "1"],
            ["--format", "json"], ["--dry-run"], ["--all-targets"], ["--target", "a", "--target", "b"],
            ["--replay", "x", "--target", "a"], ["--replay", "x", "--database-url", "postgresql://h/d"],
            ["--replay", "x", "--statement-timeout", "1s"],
        ])
    func usage(_ arguments: [String]) async throws {
        let run = try await top(arguments)
        #expect(run.exitCode == 64, "\(run)")
    }

    @Test("a server that is not there at the start is 69, a wrong role 77, and no record is left behind")
    func unreachable() async throws {
        try await withTemporaryFolder { folder in
            let file = "\(folder)/r"
            let away = try await top(["--database-url", "postgresql://127.0.0.1:1/x", "--record", file])
            #expect(away.exitCode == 69 && away.stderr.contains("connect.refused"), "\(away)")
            let server = try await TestServer.shared()
            let role = try await top([
                "--database-url", "postgresql://nobody_here@127.0.0.1:\(server.port)/postgres", "--record", file,
            ])
            #expect(role.exitCode == 77, "\(role)")
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }

    @Test("a reader that goes away ends it")
    func readerGone() async throws {
        let server = try await TestServer.shared()
        // One that goes on writing for ever is ended by timeout(1), which is then the pipe's exit code.
        let script =
            "timeout 60 \"$0\" pool top --interval 100ms --database-url \"$1\" | head -n 1; exit ${PIPESTATUS[0]}"
        let run = try await Program.run("bash", ["-c", script, DbctlBinary.path, server.url])
        #expect(run.exitCode == 0 && run.stdout.hasPrefix("PostgreSQL "), "\(run)")
    }

    @Test("a restart of the server in the middle: said once on standard error, and the frames go on")
    func restart() async throws {
        try await TestServer.withSandbox { server in
            let run = try await TestSupport.Dbctl.withRunning(
                ["pool", "top", "--database-url", server.url, "--interval", "100ms"]
            ) { top in
                try await top.waitForOutput("PostgreSQL ")
                try await server.stopServer(.fast)
                try await top.waitForOutput("the server is away")
                try await server.startServer()
                try await top.waitForOutput("the server is back")
                let before = top.stdout.count
                try await eventually("frames go on") { top.stdout.count > before + 10 }
                try top.signal(SIGTERM)
            }
            #expect(run.exitCode == 143, "\(run)")
            #expect(run.stderr.matches(of: /the server is away/).count == 1, "\(run.stderr)")
        }
    }

    @Test("it holds one connection, with limits on what runs there, and leaves none behind")
    func oneConnection() async throws {
        try await TestServer.withDatabase { database in
            let own =
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl pool top%' "
                + "AND datname = '\(database.name)'"
            let run = try await TestSupport.Dbctl.withRunning(
                ["pool", "top", "--database-url", database.url, "--interval", "100ms"]
            ) { top in
                for _ in 0..<5 {
                    let before = top.stdout.count
                    try await eventually("another frame") { top.stdout.count > before }
                    #expect(try await database.psql(own) == "1")
                }
                try top.signal(SIGINT)
            }
            #expect(run.exitCode == 130, "\(run)")
            try await eventually("its session is gone") { try await database.psql(own) == "0" }
        }
    }
}
