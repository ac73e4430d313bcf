// `dbctl sandbox`, as a user runs it.

import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct SandboxCommandTests {
    private struct Document<Payload: Decodable>: Decodable {
        let schema: String
        let ok: Bool
        let exit: Int32
        let data: Payload?
    }

    private struct Started: Decodable {
        let name: String
        let url: String
        let folder: String
        let port: Int
        let pid: Int32
        let major: Int
    }

    private struct Stopped: Decodable {
        let stopped: [String]
    }

    private struct Ran: Decodable {
        let code: Int32
        let command: [String]
    }

    /// A root of the test's own, so that `--all` means what this test started.
    private func withRoot(_ body: ([String: String]) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let env = ["DBCTL_SANDBOX_ROOT": "\(folder)/r"]
            try await finally {
                try await body(env)
            } cleanUp: {
                _ = try await Dbctl.run(["sandbox", "stop", "--all"], env: env)
            }
        }
    }

    @Test("start prints URL and folder, returns, and the cluster stays until it is stopped by name")
    func startAndStop() async throws {
        try await withRoot { env in
            let start = try await Dbctl.run(
                ["sandbox", "start", "--major", "16", "--name", "rehearsal", "--format", "json"], env: env)
            let document = try start.decode(Document<Started>.self)
            let started = try #require(document.data)
            #expect(document.schema == "dbctl.sandbox.start/1" && start.exitCode == 0)
            #expect(started.name == "rehearsal" && started.major == 16)
            let psql = try await Machine.binaries(major: 16).program("psql")
            let answer = try await Program.run(psql, ["-XAtc", "SHOW server_version_num", started.url])
            #expect(answer.stdout.hasPrefix("16"))
            #expect(FileManager.default.fileExists(atPath: "\(started.folder)/server/data/PG_VERSION"))

            let taken = try await Dbctl.run(["sandbox", "start", "--name", "rehearsal"], env: env)
            #expect(taken.exitCode == 73)
            #expect(taken.stderr.contains("dbctl sandbox stop rehearsal"))

            let stop = try await Dbctl.run(["sandbox", "stop", "rehearsal"], env: env)
            #expect(stop.exitCode == 0)
            #expect(!FileManager.default.fileExists(atPath: started.folder))
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(started.pid)/exe"))
            #expect(try await Dbctl.run(["sandbox", "stop", "rehearsal"], env: env).exitCode == 66)
        }
    }

    @Test("stop --all stops what stays, but not what a running command works on; what it would stop is said first")
    func stopAll() async throws {
        try await withRoot { env in
            let start = try await Dbctl.run(["sandbox", "start", "--name", "one"], env: env)
            #expect(start.exitCode == 0)
            #expect(start.stdout.contains("postgresql://postgres@127.0.0.1:"))
            #expect(start.stdout.contains("/r/one"))
            let run = try await Dbctl.withRunning(
                [
                    "sandbox", "run", "--", "sh", "-c",
                    "echo ready; while [ ! -e $GO ]; do sleep 0.02; done; psql -XAtc 'SELECT 7'",
                ],
                env: env.merging(["GO": env["DBCTL_SANDBOX_ROOT", default: ""] + "-go"]) { $1 }
            ) { running in
                try await running.waitForOutput("ready")
                let plan = try await Dbctl.run(["sandbox", "stop", "--all", "--dry-run"], env: env)
                #expect(plan.stdout == "would stop one\n")
                let stop = try await Dbctl.run(["sandbox", "stop", "--all", "--format", "json"], env: env)
                #expect(try stop.decode(Document<Stopped>.self).data?.stopped == ["one"])
                try Data().write(to: URL(fileURLWithPath: env["DBCTL_SANDBOX_ROOT", default: ""] + "-go"))
            }
            #expect(run.exitCode == 0)
            #expect(run.stdout.hasSuffix("7\n"))
            #expect(try await Dbctl.run(["sandbox", "stop", "--all"], env: env).stdout == "no sandbox to stop\n")
        }
    }

    @Test("run gives its command the cluster's URL and PG*, and none of the caller's other servers")
    func environment() async throws {
        try await withRoot { env in
            let script = "psql -XAtc 'SELECT 1' \"$DATABASE_URL\"; psql -XAtc 'SHOW port'; env"
            let run = try await Dbctl.run(
                ["sandbox", "run", "--", "sh", "-c", script],
                env: env.merging(["DBCTL_DATABASE_URL": "postgresql://prod", "PGSERVICE": "prod", "MINE": "kept"]) {
                    $1
                })
            let lines = run.stdout.split(separator: "\n").map(String.init)
            let port = try #require(lines.first { $0.hasPrefix("PGPORT=") }?.dropFirst(7))
            #expect(Array(lines.prefix(2)) == ["1", String(port)])
            #expect(lines.contains("DATABASE_URL=postgresql://postgres@127.0.0.1:\(port)/postgres"))
            #expect(lines.contains("PGHOST=127.0.0.1") && lines.contains("MINE=kept"))
            #expect(!lines.contains { $0.hasPrefix("PGSERVICE") || $0.hasPrefix("DBCTL_DATABASE_URL") })
            #expect(leftovers(env) == [])
        }
    }

    @Test(
        "run passes the exit code on and removes the cluster",
        arguments: [
            ("exit 0", 0), ("exit 7", 7), ("exit 200", 200), ("kill -9 $$", 137),
        ])
    func exitCode(_ script: String, _ code: Int32) async throws {
        try await withRoot { env in
            let run = try await Dbctl.run(["sandbox", "run", "--", "sh", "-c", script], env: env)
            #expect(run.exitCode == code)
            #expect(run.stdout == "")
            #expect(leftovers(env) == [])
        }
    }

    @Test("run hands standard input through, and with --format json prints one document")
    func streams() async throws {
        try await withRoot { env in
            let plain = try await Dbctl.run(["sandbox", "run", "--", "cat"], env: env, stdin: "through\n")
            #expect(plain.stdout == "through\n")
            let run = try await Dbctl.run(
                ["sandbox", "run", "--format", "json", "--", "sh", "-c", "echo out; exit 3"], env: env)
            #expect(run.exitCode == 3)
            #expect(run.stderr == "out\n")
            let document = try run.decode(Document<Ran>.self)
            #expect(document.exit == 3 && !document.ok && document.data?.code == 3)
        }
    }

    @Test("a command that does not exist is 66, none at all 64, a major that is not installed 78, and nothing stays")
    func refusals() async throws {
        try await withRoot { env in
            let missing = try await Dbctl.run(["sandbox", "run", "--", "/no/such/program"], env: env)
            #expect(missing.exitCode == 66)
            #expect(try await Dbctl.run(["sandbox", "run", "--", "no-such-program"], env: env).exitCode == 66)
            #expect(try await Dbctl.run(["sandbox", "run"], env: env).exitCode == 64)
            #expect(try await Dbctl.run(["sandbox", "stop"], env: env).exitCode == 64)
            #expect(try await Dbctl.run(["sandbox", "start", "--name", "../x"], env: env).exitCode == 64)
            let major = try await Dbctl.run(["sandbox", "run", "--major", "9", "--", "true"], env: env)
            #expect(major.exitCode == 78)
            #expect(major.stderr.contains("postgresql-9"))
            #expect(leftovers(env) == [])
        }
    }

    @Test("a signal ends run, its command and its cluster", arguments: [SIGTERM, SIGINT])
    func signals(_ signal: Int32) async throws {
        try await withRoot { env in
            let duration = "\(2000 + Int.random(in: 0..<1_000_000))"
            let run = try await Dbctl.withRunning(
                ["sandbox", "run", "--", "sh", "-c", "echo ready; exec sleep \(duration)"], env: env
            ) { running in
                try await running.waitForOutput("ready")
                try running.signal(signal)
            }
            #expect(run.exitCode == 128 + signal)
            // On a machine so busy that two seconds are over first, the watcher finishes the work.
            try await eventually("the cluster is gone") { leftovers(env) == [] }
            #expect(try await !isRunning("sleep \(duration)"))
        }
    }

    @Test("a signal during the start ends it and leaves no folder and no process")
    func earlySignal() async throws {
        try await withTemporaryFolder { cache in
            // A server whose initdb takes for ever, so that the signal finds the start unfinished.
            let duration = "\(3000 + Int.random(in: 0..<1_000_000))"
            let programs = [
                "postgres": "echo 'postgres (PostgreSQL) 99.0'", "initdb": "exec sleep \(duration)", "pg_ctl": "exit 1",
            ]
            try FileManager.default.createDirectory(atPath: "\(cache)/bin", withIntermediateDirectories: false)
            for (name, script) in programs {
                let path = "\(cache)/bin/\(name)"
                try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            }
            try await withRoot { env in
                let env = env.merging(["DBCTL_PG_CACHE": cache]) { $1 }
                let run = try await Dbctl.withRunning(["sandbox", "start", "--major", "99"], env: env) { running in
                    try await eventually("initdb runs") { try await isRunning("sleep \(duration)") }
                    try running.signal(SIGTERM)
                }
                #expect(run.exitCode == 143)
                try await eventually("the cluster is gone") { leftovers(env) == [] }
                #expect(try await !isRunning("sleep \(duration)"))
            }
        }
    }

    @Test("when run itself is killed with -9, the watcher removes the cluster")
    func killedOwner() async throws {
        try await withRoot { env in
            let run = try await Dbctl.withRunning(
                [
                    "sandbox", "run", "--", "sh", "-c",
                    """
                    echo pid=$(head -n1 $DBCTL_SANDBOX_ROOT/*/server/data/postmaster.pid)
                    owner=$PPID; while [ -e /proc/$owner/exe ]; do sleep 0.05; done
                    """,
                ],
                env: env
            ) { running in
                try await running.waitForOutput("pid=")
                try running.signal(SIGKILL)
            }
            #expect(run.exitCode == 137)
            let pid = try #require(run.stdout.split(separator: "=").last?.split(separator: "\n").first)
            try await eventually("the folder is gone") { leftovers(env) == [] }
            try await eventually("the postmaster is gone") {
                !FileManager.default.fileExists(atPath: "/proc/\(pid)/exe")
            }
        }
    }

    @Test(
        "killed with -9 at any point of the start, it leaves no folder and no process",
        arguments: ["owner.lock", "server/data", "server/data/global", "server/data/postgresql.conf", "server/log"])
    func killedWhileStarting(_ reached: String) async throws {
        try await withRoot { env in
            let root = env["DBCTL_SANDBOX_ROOT", default: ""]
            _ = try await Dbctl.withRunning(
                [
                    "sandbox", "run", "--", "sh", "-c",
                    "owner=$PPID; while [ -e /proc/$owner/exe ]; do sleep 0.05; done",
                ], env: env
            ) { running in
                try await eventually("\(reached) appears") {
                    leftovers(env).contains { FileManager.default.fileExists(atPath: "\(root)/\($0)/\(reached)") }
                }
                try running.signal(SIGKILL)
            }
            try await eventually("the folder is gone") {
                if leftovers(env) == [] { return true }
                // Killed in the instant before the watcher runs, it leaves an empty folder that the next --all clears:
                // the next after a child that was just being started has let go of the lock, too.
                if reached == "owner.lock" { _ = try await Dbctl.run(["sandbox", "stop", "--all"], env: env) }
                return leftovers(env) == []
            }
            try await eventually("its processes are gone") {
                try await Program.run("find", ["/proc", "-maxdepth", "2", "-name", "cwd", "-lname", "\(root)/*"])
                    .stdout.isEmpty
            }
        }
    }

    private func isRunning(_ command: String) async throws -> Bool {
        try await Program.run("pgrep", ["-f", "\(command)$"]).stdout != ""
    }

    private func leftovers(_ env: [String: String]) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: env["DBCTL_SANDBOX_ROOT", default: ""])) ?? []
    }
}
