// The life of throwaway clusters, on every major version that the tests have.

import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct SandboxTests {
    @Test("a sandbox runs the major that was asked for, in UTF8, C.UTF-8 and UTC", arguments: TestServer.majors)
    func major(_ major: Int) async throws {
        let folder = try await TestServer.withSandbox(major: major, settings: ["work_mem": "7MB"]) { sandbox in
            let answer = try await sandbox.psql(
                """
                SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'),
                       datcollate, current_setting('TimeZone'), current_setting('work_mem'), current_setting('fsync')
                FROM pg_database WHERE datname = current_database()
                """)
            #expect(answer == "\(major)|UTF8|C.UTF-8|UTC|7MB|off")
            let url = try await Program.run(sandbox.binaries.program("psql"), ["-XAtc", "SELECT 1", sandbox.url])
            #expect(url.stdout == "1\n")
            return sandbox.record.folder
        }
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(try await processes(of: folder) == [])
    }

    @Test("a restarted server keeps its port and its data, on every major", arguments: TestServer.majors)
    func restart(_ major: Int) async throws {
        try await TestServer.withSandbox(major: major) { sandbox in
            try await sandbox.psql("CREATE TABLE kept AS SELECT 42 AS answer")
            let before = try #require(sandbox.pid)
            try await sandbox.append(settings: ["work_mem": "9MB"])
            try await sandbox.restartServer()
            #expect(sandbox.pid != nil && sandbox.pid != before)
            #expect(try await sandbox.psql("SELECT answer, current_setting('work_mem') FROM kept") == "42|9MB")
        }
    }

    @Test("a server that cannot start leaves no folder and no process, and the failure shows its log")
    func failedStart() async throws {
        let name = TestServer.uniqueName("failing")
        await #expect {
            try await start(name) { $0.settings = ["shared_buffers": "nonsense"] }
        } throws: { error in
            (error as? Failure)?.code == .sandboxStart && "\(error)".contains("shared_buffers")
        }
        let folder = "\(Machine.sandboxRoot)/\(name)"
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(try await processes(of: folder) == [])
    }

    @Test("a start that is cancelled leaves no folder and no process")
    func cancelledStart() async throws {
        let name = TestServer.uniqueName("cancelled")
        let task = Task { try await start(name) { $0.copiesTemplate = false } }
        let folder = "\(Machine.sandboxRoot)/\(name)"
        try await eventually("the folder appears") { FileManager.default.fileExists(atPath: folder) }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(try await processes(of: folder) == [])
    }

    @Test("when nobody refers to a sandbox any more, its watcher removes it")
    func forgotten() async throws {
        var sandbox: Sandbox? = try await start(nil) { $0.settings = [:] }
        let folder = try #require(sandbox?.record.folder)
        let pid = try #require(sandbox?.pid)
        sandbox = nil
        try await eventually("the watcher removes \(folder)") { !FileManager.default.fileExists(atPath: folder) }
        try await eventually("the server ends") { try await processes(of: folder) == [] }
        #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)/fd") || !isServer(pid, of: folder))
    }

    @Test("a frozen server, and the orphans of a killed one, go with the sandbox", arguments: [SIGSTOP, SIGKILL])
    func frozen(_ signal: Int32) async throws {
        var postmaster: Int32 = 0
        let folder = try await TestServer.withSandbox { sandbox in
            let pid = try #require(sandbox.pid)
            #expect(sandbox.signalServer(signal))
            if signal == SIGKILL {
                try await eventually("the postmaster is gone") { !isServer(pid, of: sandbox.folder) }
            }
            postmaster = pid
            return sandbox.record.folder
        }
        let segments = try await Program.run("ipcs", ["-m", "-p"]).stdout.split(separator: "\n")
        #expect(!segments.contains { $0.split(separator: " ").contains("\(postmaster)") })
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(try await processes(of: folder) == [])
    }

    @Test("a killed server starts again and has its data")
    func killedAndStarted() async throws {
        try await TestServer.withSandbox { sandbox in
            try await sandbox.psql("CREATE TABLE kept (); CHECKPOINT")
            let pid = try #require(sandbox.pid)
            sandbox.signalServer(SIGKILL)
            try await eventually("the postmaster is gone") { !isServer(pid, of: sandbox.folder) }
            #expect(sandbox.pid == nil)
            // The killed server's own processes take a moment to let go of its shared memory.
            try await eventually("the server starts") {
                do {
                    try await sandbox.startServer()
                    return true
                } catch {
                    return false
                }
            }
            #expect(try await sandbox.psql("SELECT count(*) FROM kept") == "0")
        }
    }

    @Test("a pid file that names somebody else's process gets nobody signalled")
    func foreignPID() async throws {
        try await TestServer.withSandbox { sandbox in
            try await sandbox.stopServer()
            let duration = "1000.\(getpid())"
            let bystander = Task { try await Program.run("sleep", [duration]) }
            defer { bystander.cancel() }
            let pids = try await pidsOf("sleep \(duration)")
            let pid = try #require(pids.first)
            try await sandbox.write(Array("\(pid)\n\(sandbox.dataFolder)\n".utf8), to: "postmaster.pid")
            #expect(sandbox.pid == nil)
            #expect(!sandbox.signalServer(SIGKILL))
            try await sandbox.stop()
            #expect(try await pidsOf("sleep \(duration)").contains(pid))
        }
    }

    @Test("a sandbox that is there already, a bad name and a setting of its own are refused, each with its code")
    func refusals() async throws {
        try await TestServer.withSandbox { sandbox in
            await #expect { try await start(sandbox.name) { _ in } } throws: { error in
                (error as? Failure)?.code == .sandboxExists
            }
            #expect(sandbox.pid != nil)
        }
        for name in ["../x", "", "a b", "-x", ".template", String(repeating: "x", count: 33)] {
            await #expect { try await start(name) { _ in } } throws: { error in
                (error as? Failure)?.code == .sandboxOptions
            }
        }
        await #expect { try await start(nil) { $0.settings = ["port": "1"] } } throws: { error in
            (error as? Failure)?.code == .sandboxOptions
        }
    }

    @Test("a root folder that somebody else could write to is not used")
    func sharedRoot() async throws {
        try await withTemporaryFolder { folder in
            let root = "\(folder)/r"
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: root)
            let binaries = try await Machine.binaries(major: 15)
            await #expect { try await Sandbox.start(SandboxOptions(root: root), binaries: binaries) } throws: { error in
                (error as? Failure)?.code == .sandboxOptions
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: root) == [])
        }
    }

    @Test("the registry lists and stops by name, and --all leaves what belongs to a running command")
    func registry() async throws {
        try await withTemporaryFolder { folder in
            let root = "\(folder)/r"
            let binaries = try await Machine.binaries(major: 15)
            var options = SandboxOptions(root: root, name: "stays")
            options.lifetime = .untilStopped
            options.copiesTemplate = true
            // Our reference goes at once; the cluster stays.
            let record = try await Sandbox.start(options, binaries: binaries).record
            options.name = "owned"
            options.lifetime = .owner
            let owned = try await Sandbox.start(options, binaries: binaries)
            let registry = SandboxRegistry(root: root)
            #expect(registry.list().map(\.name) == ["owned", "stays"])
            #expect(registry.list().last == record)
            let answer = try await Program.run(binaries.program("psql"), ["-XAtc", "SELECT 1", record.url])
            #expect(answer.stdout == "1\n")

            #expect(try await registry.stopAll() == ["stays"])
            #expect(registry.list().map(\.name) == ["owned"])
            #expect(try await processes(of: record.folder) == [])
            try await registry.stop("owned")
            #expect(owned.pid == nil)
            await #expect { try await registry.stop("owned") } throws: { error in
                (error as? Failure)?.code == .sandboxNotFound
            }
        }
    }

    @Test("with scram, the generated password opens the server and another one does not")
    func scram() async throws {
        try await TestServer.withSandbox(authentication: .scram) { sandbox in
            #expect(try await sandbox.psql("SELECT 1") == "1")
            let wrong = try await Program.run(
                sandbox.binaries.program("psql"), ["-XAtc", "SELECT 1", sandbox.url],
                environment: ["PGPASSWORD": "no"])
            #expect(wrong.exitCode == 2)
            #expect(try sandbox.log().contains("password authentication failed"))
            #expect(!FileManager.default.fileExists(atPath: "\(sandbox.folder)/password"))
        }
    }

    @Test("a line of pg_hba.conf that was asked for wins over the sandbox's own")
    func hba() async throws {
        try await TestServer.withSandbox(hba: ["host all all all reject"]) { sandbox in
            let refused = try await Program.run(sandbox.binaries.program("psql"), ["-XAtc", "SELECT 1", sandbox.url])
            #expect(refused.exitCode == 2)
            #expect(try await sandbox.psql("SELECT 1") == "1")
        }
    }

    @Test("eight sandboxes started at once get a port and a folder each")
    func many() async throws {
        let sandboxes = try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try await start(nil) { _ in } } }
            var all: [Sandbox] = []
            for try await sandbox in group { all.append(sandbox) }
            return all
        }
        #expect(Set(sandboxes.map(\.port)).count == 8)
        for sandbox in sandboxes {
            #expect(try await sandbox.psql("SELECT 1") == "1")
            try await sandbox.stop()
            try await sandbox.stop()
        }
    }

    private func start(_ name: String?, _ change: (inout SandboxOptions) -> Void) async throws -> Sandbox {
        var options = SandboxOptions(root: Machine.sandboxRoot, name: name)
        options.copiesTemplate = true
        change(&options)
        return try await Sandbox.start(options, binaries: Machine.binaries(major: 15))
    }

    /// Every process whose working folder lies in the sandbox, by the kernel's own account.
    private func processes(of folder: String) async throws -> [String] {
        let found = try await Program.run(
            "find", ["/proc", "-maxdepth", "2", "-path", "/proc/[0-9]*/cwd", "-lname", "\(folder)*"])
        return found.stdout.split(separator: "\n").map(String.init)
    }

    private func pidsOf(_ command: String) async throws -> [Int32] {
        var pids: [Int32] = []
        try await eventually("\(command) runs") {
            pids = try await Program.run("pgrep", ["-f", "\(command)$"]).stdout.split(separator: "\n").compactMap {
                Int32($0)
            }
            return !pids.isEmpty
        }
        return pids
    }

    private func isServer(_ pid: Int32, of folder: String) -> Bool {
        let line = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))) ?? Data()
        return String(decoding: line, as: UTF8.self).contains(folder)
    }
}
