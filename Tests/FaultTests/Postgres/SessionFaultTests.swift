import DBKit
import Glibc
import TestSupport
import Testing

/// Servers that die, freeze or vanish in the middle of a statement: every wait ends, and the error says what happened.
@Suite("Session: a server that dies, freezes or vanishes")
struct SessionFaultTests {
    @Test("a killed backend is reported with the server's last words (57P01)")
    func terminatedBackend() async throws {
        try await TestServer.withDatabase { database in
            let connection = try await open(database.url)
            let pid = await connection.backendPID
            let sleeper = Task { try await connection.run { try $0.execute("SELECT pg_sleep(60)") } }
            try await untilActive(pid, database)
            try await database.psql("SELECT pg_terminate_backend(\(pid))")
            let error = await #expect(throws: PostgresError.self) { try await sleeper.value }
            #expect(error?.sqlState == .adminShutdown)
            #expect(error?.kind == .connectionLost)
            #expect(await !connection.isUsable)
        }
    }

    @Test("an idle session whose backend was killed says so at its next statement")
    func terminatedWhileIdle() async throws {
        try await TestServer.withDatabase { database in
            let connection = try await open(database.url)
            let pid = await connection.backendPID
            try await database.psql("SELECT pg_terminate_backend(\(pid))")
            try await eventually("the backend is gone") {
                try await database.psql("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") == "0"
            }
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run { try $0.execute("SELECT 1") }
            }
            #expect(error?.isConnectionLost == true)
        }
    }

    @Test("a postmaster killed with SIGKILL ends a statement, and COPY in both directions")
    func killedPostmaster() async throws {
        try await TestServer.withSandbox { server in
            let statement = try await open(server.url)
            let reading = try await open(server.url)
            let writing = try await open(server.url)
            try await writing.run { try $0.execute("CREATE TABLE public.t (a text)") }
            let pids = [await statement.backendPID, await reading.backendPID, await writing.backendPID]
            let work = [
                Task { _ = try await statement.run { try $0.execute("SELECT pg_sleep(600)") } },
                Task { try await readForEver(reading) },
                Task { try await writeForEver(writing) },
            ]
            let watch = try await open(server.url)
            try await eventually("all three are at work") {
                let query: Query =
                    "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = ANY(\(pids)) AND state = 'active'"
                return try await watch.run { try $0.row(query).value("n", as: Int.self) } == 3
            }
            server.signalServer(SIGKILL)
            for pid in pids { kill(pid, SIGKILL) }
            for task in work {
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.isConnectionLost == true)
            }
        }
    }

    @Test("a frozen server (SIGSTOP) is left at the deadline, and the session is not used again")
    func frozenBackend() async throws {
        try await TestServer.withSandbox { server in
            let connection = try await open(server.url)
            let pid = await connection.backendPID
            kill(pid, SIGSTOP)
            server.signalServer(SIGSTOP)
            defer {
                kill(pid, SIGCONT)
                server.signalServer(SIGCONT)
            }
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run { try $0.execute("SELECT 1", timeout: .milliseconds(200)) }
            }
            #expect(error?.kind == .timedOut)
            #expect(await !connection.isUsable)
        }
    }

    @Test("a frozen server lets go of a cancelled task", arguments: ["statement", "copy out", "copy in"])
    func frozenAndCancelled(work: String) async throws {
        try await TestServer.withSandbox { server in
            let connection = try await open(server.url)
            try await connection.run { try $0.execute("CREATE TABLE public.t (a text)") }
            let pid = await connection.backendPID
            let task = Task {
                switch work {
                case "statement": _ = try await connection.run { try $0.execute("SELECT pg_sleep(600)") }
                case "copy out": try await readForEver(connection)
                default: try await writeForEver(connection)
                }
            }
            let watch = try await open(server.url)
            try await eventually("it is at work") {
                let query: Query = "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active'"
                return try await watch.run { try $0.row(query).value("n", as: Int.self) } == 1
            }
            kill(pid, SIGSTOP)
            server.signalServer(SIGSTOP)
            defer {
                kill(pid, SIGCONT)
                server.signalServer(SIGCONT)
            }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
        }
    }

    @Test(
        "a frozen server is given up after the stall timeout, without any deadline of the caller's",
        arguments: ["statement", "copy out", "copy in", "commit"], [false, true])
    func stalled(work: String, isLocal: Bool) async throws {
        try await TestServer.withSandbox { server in
            let url = isLocal ? "host=\(server.folder) port=\(server.port) user=postgres dbname=postgres" : server.url
            let connection = try await open(url, stallTimeout: .seconds(1))
            try await connection.run { try $0.execute("CREATE TABLE public.t (a text)") }
            let pid = await connection.backendPID
            defer { server.thaw(pid) }
            let task = Task {
                switch work {
                case "statement": _ = try await connection.run { try $0.execute("SELECT pg_sleep(600)") }
                case "copy out": try await readForEver(connection)
                case "copy in": try await writeForEver(connection)
                default:
                    try await connection.run { session in
                        try session.transaction { session in
                            try session.execute("INSERT INTO public.t VALUES ('paid')")
                            server.freeze(pid)
                        }
                    }
                }
            }
            if work != "commit" {
                let watch = try await open(server.url)
                try await eventually("it is at work") {
                    let query: Query =
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active'"
                    return try await watch.run { try $0.row(query).value("n", as: Int.self) } == 1
                }
                server.freeze(pid)
            }
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .connectionLost)
            #expect(error?.message.contains("stalled") == true)
            #expect(error?.isOutcomeUnknown == (work == "commit"))
            #expect(await !connection.isUsable)
            let next = await #expect(throws: PostgresError.self) {
                try await connection.run { try $0.execute("SELECT 1") }
            }
            #expect(next?.kind == .connectionLost)
        }
    }

    @Test("a statement that is silent for longer than the stall timeout goes on, as long as its server lives")
    func silentStatement() async throws {
        try await TestServer.withDatabase { database in
            for url in [database.url, "host=\(database.server.folder) port=\(database.server.port) user=postgres"] {
                let connection = try await open(url, stallTimeout: .seconds(2))
                try await connection.run { try $0.execute("SELECT pg_sleep(5)") }
                #expect(await connection.isUsable)
                await connection.close()
            }
        }
    }

    @Test("a machine that takes no more packets is given up, although its socket stays open")
    func silentNetwork() async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            let url = "postgresql://postgres@127.0.0.1:\(proxy.port)/postgres?sslmode=disable"
            let connection = try await open(url, stallTimeout: .milliseconds(500))
            proxy.stall()
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run { try $0.execute("SELECT 1") }
            }
            #expect(error?.message.contains("stalled") == true)
            proxy.resume()
        }
    }

    @Test("a connect to a frozen server ends at its deadline and says how far it came")
    func frozenConnect() async throws {
        try await TestServer.withSandbox { server in
            server.signalServer(SIGSTOP)
            defer { server.signalServer(SIGCONT) }
            let error = #expect(throws: PostgresError.self) {
                try Session.connect(
                    ConnectionParameters(url: server.url),
                    settings: SessionSettings(applicationName: "frozen"),
                    timeout: .milliseconds(300)
                )
            }
            #expect(error?.isTimeout == true)
            guard case .connect(let phase) = error?.kind else {
                Issue.record("not a connect failure: \(String(describing: error))")
                return
            }
            #expect(phase == .tls || phase == .startup)
        }
    }

    @Test("a cancelled task does not wait for a connect")
    func cancelledConnect() async throws {
        try await TestServer.withSandbox { server in
            server.signalServer(SIGSTOP)
            defer { server.signalServer(SIGCONT) }
            let url = server.url
            let task = Task { try await open(url) }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
        }
    }

    private func untilActive(_ pid: Int32, _ database: TestDatabase) async throws {
        try await eventually("backend \(pid) is at work") {
            try await database.psql("SELECT state FROM pg_stat_activity WHERE pid = \(pid)") == "active"
        }
    }
}

private func open(_ url: String, stallTimeout: Duration? = nil) async throws -> Connection {
    var settings = SessionSettings(applicationName: "fault")
    settings.stallTimeout = stallTimeout
    return try await Connection.open(ConnectionParameters(url: url), settings: settings)
}

extension Sandbox {
    /// Stops one session's process and the postmaster, as a frozen machine would; all others live on.
    fileprivate func freeze(_ pid: Int32) {
        kill(pid, SIGSTOP)
        signalServer(SIGSTOP)
    }

    fileprivate func thaw(_ pid: Int32) {
        kill(pid, SIGCONT)
        signalServer(SIGCONT)
    }
}

private func readForEver(_ connection: Connection) async throws {
    _ = try await connection.run { session in
        try session.copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000000)) TO STDOUT") { _ in }
    }
}

private func writeForEver(_ connection: Connection) async throws {
    _ = try await connection.run { session in
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1000) + [UInt8(ascii: "\n")]
        return try session.copyIn("COPY public.t FROM STDIN") { writer in
            while true { try writer.write(line) }
        }
    }
}
