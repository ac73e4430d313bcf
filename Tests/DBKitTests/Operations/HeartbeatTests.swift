import Foundation
import TestSupport
import Testing

@testable import Operations

/// A monitor hears how a job went; a monitor that is dead is logged and costs seconds at most (B17).
@Suite("Heartbeats") struct HeartbeatTests {
    private struct Broken: Error {}

    private func url(_ server: HTTPServer, _ path: String = "/ping/token") throws -> HeartbeatURL {
        try #require(HeartbeatURL("http://user:secret@127.0.0.1:\(server.port)\(path)"))
    }

    /// Runs a piece of work and returns what was logged.
    private func logged(
        _ url: HeartbeatURL?, isGood: Bool = true, _ work: @Sendable () async throws -> Void = {}
    ) async throws -> [String] {
        let lines = Guarded<[String]>([])
        try await Heartbeat.around(url, log: { line in lines.withLock { $0.append(line) } }, work, isGood: { isGood })
        return lines.withLock { $0 }
    }

    @Test("start, then success, failure by result or failure by error")
    func pings() async throws {
        try await HTTPServer.with { server in
            let url = try url(server)
            #expect(try await logged(url).isEmpty)
            #expect(server.paths == ["/ping/token/start", "/ping/token"])
            _ = try await logged(url, isGood: false)
            await #expect(throws: Broken.self) { _ = try await logged(url) { throw Broken() } }
            #expect(
                server.paths.dropFirst(2) == [
                    "/ping/token/start", "/ping/token/fail", "/ping/token/start", "/ping/token/fail",
                ])
        }
    }

    @Test("a run that finds another one at it tells nothing of a failure: the other one is not over")
    func busy() async throws {
        try await HTTPServer.with { server in
            let url = try url(server)
            await #expect(throws: Failure.self) {
                _ = try await logged(url) { throw Failure(.lockHeld, "another run is at it") }
            }
            #expect(server.paths == ["/ping/token/start"])
        }
    }

    @Test("without a URL the work just runs")
    func none() async throws {
        #expect(try await logged(nil).isEmpty)
    }

    @Test("a monitor that refuses, answers with an error or not at all is logged without the URL's secrets")
    func dead() async throws {
        for answer in [HTTPServer.Answer.status(404), .status(500), .silence] {
            try await HTTPServer.with(answer) { server in
                let lines = try await logged(try url(server))
                #expect(lines.count == 2, "\(lines)")
                #expect(lines.allSatisfy { $0.contains("127.0.0.1:\(server.port)") })
                #expect(!lines.joined().contains("token") && !lines.joined().contains("secret"), "\(lines)")
            }
        }
        let nobody = try #require(HeartbeatURL("http://127.0.0.1:1/token"))
        #expect(try await logged(nobody).count == 2)
        let nowhere = try #require(HeartbeatURL("https://no-such-host.invalid/token"))
        let lines = try await logged(nowhere)
        #expect(lines.count == 2 && !lines.joined().contains("token"))
    }

    @Test("a redirect is followed on the web, and never to anything else")
    func redirects() async throws {
        try await HTTPServer.with { final in
            try await HTTPServer.with(.redirect("http://127.0.0.1:\(final.port)/moved")) { server in
                let lines = try await logged(try url(server))
                #expect(lines.isEmpty)
                #expect(final.paths == ["/moved", "/moved"])
            }
        }
        try await HTTPServer.with(.redirect("file:///etc/hostname")) { server in
            let lines = try await logged(try url(server))
            #expect(lines.count == 2)
        }
    }

    @Test(
        "the signs go before a query",
        arguments: [
            ("https://m/p", "https://m/p/start"), ("https://m/p/", "https://m/p/start"),
            ("https://m", "https://m/start"),
            ("https://m/p?key=a/b", "https://m/p/start?key=a/b"),
        ])
    func address(text: String, start: String) throws {
        let url = try #require(HeartbeatURL(text))
        #expect(url.adding("start") == start && url.adding("") == text)
        #expect("\(url)" == "m")
    }

    @Test(
        "what is no address of the web is none",
        arguments: [
            "", "monitor.example", "ftp://m/p", "file:///etc/passwd", "https://", "https:///p", "https://user@",
            "http://a b/",
            "https://m/\u{7}",
        ])
    func strangers(text: String) {
        #expect(HeartbeatURL(text) == nil)
    }
}
