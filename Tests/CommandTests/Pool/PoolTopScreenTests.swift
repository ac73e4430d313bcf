import DBKit
import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("pool top in a terminal")
struct PoolTopScreenTests {
    private func arguments(_ url: String) -> [String] { ["pool", "top", "--database-url", url, "--interval", "100ms"] }

    /// What a shell finds afterwards: the terminal as it was, and nothing drawn on its own screen.
    private func expectRestored(_ top: TerminalRun, _ place: SourceLocation = #_sourceLocation) {
        let screen = top.screen
        #expect(top.hasModeOfBefore, "termios", sourceLocation: place)
        #expect(!screen.isAlternate && screen.hasCursor && screen.wraps, sourceLocation: place)
        #expect(screen.strange.isEmpty, "\(screen.strange)", sourceLocation: place)
    }

    private func open(_ database: TestDatabase, _ application: String, user: String) async throws -> Connection {
        var parameters = database.parameters
        parameters.set("user", user)
        return try await Connection.open(parameters, settings: SessionSettings(applicationName: application))
    }

    @Test("q: exit 0, terminal restored; while it runs the whole screen is its own")
    func quit() async throws {
        let server = try await TestServer.shared()
        try await TerminalRun.with(arguments(server.url)) { top in
            let screen = try await top.wait(for: "q quit")
            #expect(screen.isAlternate && !screen.hasCursor && !screen.wraps)
            #expect(!top.hasModeOfBefore)
            #expect(screen.lines.first?.contains("PostgreSQL 15") == true && screen.lines.count == 30)
            top.press("q")
            #expect(try await top.waitForEnd() == 0)
            expectRestored(top)
            #expect(top.screen.ordinary.isEmpty, "\(top.screen.ordinary)")
        }
    }

    @Test(
        "a signal: 128 + its number within two seconds, terminal restored",
        arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func signal(_ number: Int32, _ code: Int32) async throws {
        let server = try await TestServer.shared()
        try await TerminalRun.with(arguments(server.url)) { top in
            try await top.wait(for: "q quit")
            if number == SIGINT { top.press("\u{03}") } else { top.signal(number) }
            let began = ContinuousClock().now
            #expect(try await top.waitForEnd() == code)
            #expect(ContinuousClock().now - began < .seconds(2.5))
            expectRestored(top)
        }
    }

    @Test("the server stopped answering: SIGTERM ends it in time all the same, terminal restored")
    func frozenServer() async throws {
        try await TestServer.withSandbox { server in
            try await TerminalRun.with(arguments(server.url)) { top in
                try await top.wait(for: "q quit")
                // The session's own process: the postmaster goes on.
                let pid = try await server.psql(
                    "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'dbctl pool top%'")
                let backend = try #require(Int32(pid))
                kill(backend, SIGSTOP)
                defer { kill(backend, SIGCONT) }
                // A look that hangs.
                try await Task.sleep(for: .milliseconds(300))
                top.signal(SIGTERM)
                let began = ContinuousClock().now
                #expect(try await top.waitForEnd() == 143)
                #expect(ContinuousClock().now - began < .seconds(2.5))
                expectRestored(top)
            }
        }
    }

    @Test("a failure in the middle leaves the terminal as it was, and says what it was")
    func failure() async throws {
        try await withTemporaryFolder { folder in
            let good = try TopScene.pileUp.observation.recorded()
            try Data("\(good)\nnonsense\n".utf8).write(to: URL(filePath: "\(folder)/r"))
            try await TerminalRun.with(["pool", "top", "--replay", "\(folder)/r", "--interval", "100ms"]) { top in
                let code = try await top.waitForEnd()
                #expect(code == 65)
                expectRestored(top)
                #expect(top.screen.ordinary.contains("line 2 is no look"), "\(top.screen.ordinary)")
            }
        }
    }

    @Test("filter, sort, pause, help and lock tree by keys")
    func keys() async throws {
        try await TestServer.withDatabase { database in
            let role = TestServer.uniqueName("app")
            try await database.psql("CREATE ROLE \(role) LOGIN; CREATE TABLE t (i int); GRANT ALL ON t TO \(role)")
            let holder = try await open(database, "holder-x", user: role)
            let other = try await open(database, "other-x", user: role)
            try await finally {
                try await holder.run { session in
                    try session.execute("BEGIN")
                    try session.execute("LOCK TABLE public.t")
                }
                let waiting = Task {
                    _ = try? await other.run { try $0.script(ServerText(file: "SET lock_timeout = 0; TABLE public.t")) }
                }
                try await TerminalRun.with(arguments(database.url), lines: 40) { top in
                    try await top.wait("shows the lock tree") {
                        $0.text.contains("[1 behind it]") && $0.text.contains("other-x")
                    }
                    top.press("l")
                    try await top.wait("has no lock tree") { !$0.text.contains("behind it") }
                    top.press("l")
                    try await top.wait(for: "behind it")
                    top.press("s")
                    try await top.wait(for: " by age")
                    top.press("/holder-")
                    try await top.wait(for: "filter: holder-_")
                    top.press("x\r")
                    try await top.wait(for: "SESSIONS: 1 with “holder-x”")
                    top.press("?")
                    try await top.wait(for: "lock tree on or off")
                    top.press("x")
                    try await top.wait("is back") { !$0.text.contains("lock tree on or off") }
                    top.press(" ")
                    let paused = try await top.wait(for: "[paused]").lines
                    let title = paused[0]
                    // The clock of the server goes on, the frame does not.
                    try await Task.sleep(for: .milliseconds(1500))
                    #expect(top.screen.lines[0] == title)
                    top.press(" ")
                    try await top.wait("goes on") { $0.lines[0] != title && !$0.text.contains("[paused]") }
                    top.press("q")
                    #expect(try await top.waitForEnd() == 0)
                    expectRestored(top)
                }
                waiting.cancel()
                await waiting.value
            } cleanUp: {
                await holder.close()
                await other.close()
                try await database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    @Test("K and y end the selected session; anything else does not; a superuser's is refused")
    func endSelected() async throws {
        try await TestServer.withDatabase { database in
            let role = TestServer.uniqueName("app")
            try await database.psql("CREATE ROLE \(role) LOGIN")
            let victim = try await open(database, "victim-x", user: role)
            let boss = try await open(database, "boss-x", user: "postgres")
            let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('victim-x', 'boss-x')"
            try await finally {
                try await TerminalRun.with(arguments(database.url)) { top in
                    try await top.wait(for: "victim-x")
                    // Nothing is selected yet.
                    top.press("K")
                    try await top.wait(for: "select a session first")
                    top.press("/victim-x\r")
                    try await top.wait(for: "SESSIONS: 1 with “victim-x”")
                    top.press("jK")
                    try await top.wait(for: "(victim-x, \(role), idle)? y ends it")
                    top.press("n")
                    try await top.wait(for: "was left alone")
                    #expect(try await database.psql(count) == "2")
                    top.press("K")
                    try await top.wait(for: "y ends it")
                    top.press("y")
                    try await top.wait(for: "pid \(await victim.backendPID) ended")
                    #expect(try await database.psql(count) == "1")
                    top.press("/\u{15}boss-x\r")
                    try await top.wait(for: "SESSIONS: 1 with “boss-x”")
                    top.press("\u{1B}[BK")
                    try await top.wait(for: "refused: pid \(await boss.backendPID) is left alone")
                    #expect(try await database.psql(count) == "1")
                    top.press("q")
                    #expect(try await top.waitForEnd() == 0)
                    expectRestored(top)
                    #expect(top.screen.ordinary.contains("pid \(await victim.backendPID) ended"), "the log has it too")
                }
            } cleanUp: {
                await victim.close()
                await boss.close()
                try await database.psql("DROP ROLE \(role)")
            }
        }
    }

    @Test("a session that went between K and y is already gone, and nobody else is hit")
    func alreadyGone() async throws {
        try await TestServer.withDatabase { database in
            let role = TestServer.uniqueName("app")
            try await database.psql("CREATE ROLE \(role) LOGIN")
            let victim = try await open(database, "victim-y", user: role)
            try await finally {
                try await TerminalRun.with(arguments(database.url)) { top in
                    try await top.wait(for: "victim-y")
                    top.press("/victim-y\r")
                    try await top.wait(for: "SESSIONS: 1 with “victim-y”")
                    top.press("jK")
                    try await top.wait(for: "y ends it")
                    await victim.close()
                    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim-y'"
                    try await eventually("it is gone") { try await database.psql(count) == "0" }
                    top.press("y")
                    try await top.wait(for: "was already gone")
                    top.press("q")
                    #expect(try await top.waitForEnd() == 0)
                }
            } cleanUp: {
                await victim.close()
                try await database.psql("DROP ROLE \(role)")
            }
        }
    }

    @Test("a server that restarts: away since when and why, the last look stays, then it goes on")
    func restart() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE ROLE app LOGIN")
            try await TerminalRun.with(arguments(server.url), columns: 200) { top in
                try await top.wait(for: "OK: Healthy")
                let before = top.screen.lines[0]
                try await server.stopServer(.fast)
                let away = try await top.wait("is away for a reason") {
                    $0.text.contains("AWAY since 20") && $0.text.contains("connect.refused")
                }
                #expect(away.lines[0].prefix(30) == before.prefix(30) && away.text.contains("below is the look of"))
                let since = try #require(away.text.firstMatch(of: /AWAY since (?<time>\S+Z)/)).time
                try await server.startServer()
                let back = try await top.wait("is back") { !$0.text.contains("AWAY") && $0.text.contains("Healthy") }
                #expect(back.lines[0].contains("PostgreSQL 15"))
                #expect(back.lines[0] > before || back.lines[0] != before, "a newer look than before \(since)")
                top.press("q")
                #expect(try await top.waitForEnd() == 0)
                expectRestored(top)
            }
        }
    }

    @Test("another size: drawn anew to fit, down to a few characters")
    func resize() async throws {
        let server = try await TestServer.shared()
        // No look comes to the help of whoever overlooks the change.
        let rare = ["pool", "top", "--database-url", server.url, "--interval", "1h"]
        try await TerminalRun.with(rare, lines: 30, columns: 120) { top in
            try await top.wait(for: "q quit")
            for (lines, columns) in [(12, 60), (5, 20), (1, 1), (2, 3), (50, 180)] {
                let clearings = top.screen.clearings
                top.resize(lines: lines, columns: columns)
                let screen = try await top.wait("fits \(lines)×\(columns)") {
                    $0.clearings > clearings && $0.lines.count == lines
                }
                #expect(screen.lines.allSatisfy { ScreenText.width($0) <= columns }, "\(screen.lines)")
            }
            top.press("q")
            #expect(try await top.waitForEnd() == 0)
            expectRestored(top)
        }
    }

    @Test("a replay: the frames of the record, steps back and forth, and it stays at the end")
    func replay() async throws {
        try await withTemporaryFolder { folder in
            var scene = TopScene.pileUp
            var lines: [String] = []
            for second in 0..<3 {
                scene.observation.time = TopScene.now + Double(second)
                lines.append(try scene.observation.recorded())
            }
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: "\(folder)/r"))
            try await TerminalRun.with(["pool", "top", "--replay", "\(folder)/r", "--interval", "100ms"]) { top in
                try await top.wait(for: "2027-01-15T08:00:02Z [replay, look 3]")
                top.press("\u{1B}[D\u{1B}[D")
                try await top.wait(for: "2027-01-15T08:00:00Z [replay, look 1] [paused]")
                top.press("\u{1B}[D")
                top.press("\u{1B}[C")
                try await top.wait(for: "2027-01-15T08:00:01Z [replay, look 2] [paused]")
                top.press("jK")
                try await top.wait(for: "nobody can be ended")
                top.press("q")
                #expect(try await top.waitForEnd() == 0)
                expectRestored(top)
            }
        }
    }

    @Test("a terminal that understands no escape codes gets plain frames")
    func dumb() async throws {
        let server = try await TestServer.shared()
        try await TerminalRun.with(arguments(server.url) + ["--count", "1"], environment: ["TERM": "dumb"]) { top in
            let code = try await top.waitForEnd()
            #expect(code == 0)
            expectRestored(top)
            #expect(top.screen.ordinary.hasPrefix("PostgreSQL 15"))
        }
    }
}
