// The tests' own tools, tried out: a tool that lies makes every test that uses it lie.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite struct TestSupportTests {
    @Test("each test gets a database of its own, which is gone afterwards")
    func databases() async throws {
        let server = try await TestServer.shared()
        let names = try await TestServer.withDatabase { first in
            try await TestServer.withDatabase { second in
                try await first.psql("CREATE TABLE t ()")
                #expect(try await second.psql("SELECT to_regclass('t') IS NULL") == "t")
                return [first.name, second.name]
            }
        }
        let left = try await server.psql("SELECT datname FROM pg_database").split(separator: "\n").map(String.init)
        #expect(Set(left).isDisjoint(with: names))
        #expect(try await server.psql("SHOW max_connections") == "200")
    }

    @Test("clean-up runs in reverse order, after an error too, whose text survives")
    func scopes() async throws {
        let steps = Steps()
        await #expect(throws: TestSupportError.self) {
            try await finally {
                try await finally {
                    throw TestSupportError("body")
                } cleanUp: {
                    await steps.add("inner")
                    throw CancellationError()
                }
            } cleanUp: {
                await steps.add("outer")
            }
        }
        #expect(await steps.all == ["inner", "outer"])
    }

    private actor Steps {
        var all: [String] = []
        func add(_ step: String) { all.append(step) }
    }

    @Test(
        "the proxy passes a big answer unchanged, and cuts it where it is told",
        arguments: [TCPProxy.Cut.close, .reset])
    func proxyCuts(_ cut: TCPProxy.Cut) async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            let psql = server.binaries.program("psql")
            let url = "postgresql://postgres@127.0.0.1:\(proxy.port)/postgres?sslmode=disable"
            let query = "COPY (SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i) TO STDOUT"
            let whole = try await Program.run(psql, ["-XAtc", query, url])
            #expect(whole.exitCode == 0)
            #expect(whole.stdout.split(separator: "\n").count == 50_000)

            proxy.cut(after: 1_000_000, .fromServer, by: cut)
            let before = proxy.passed(.fromServer)
            let part = try await Program.run(psql, ["-XAtc", query, url])
            #expect(part.exitCode != 0)
            #expect(proxy.passed(.fromServer) - before == 1_000_000)
            #expect(try await Program.run(psql, ["-XAtc", "SELECT 1", url]).stdout == "1\n")
            try await eventually("no connection is left") { proxy.open == 0 }
        }
    }

    @Test("a stalled proxy holds the answer back until it is resumed")
    func proxyStalls() async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            proxy.stall([.fromServer])
            let url = "postgresql://postgres@127.0.0.1:\(proxy.port)/postgres"
            let psql = server.binaries.program("psql")
            let run = Task { try await Program.run(psql, ["-XAtc", "SELECT 7", url]) }
            try await eventually("the request has passed") { proxy.passed(.toServer) > 0 }
            #expect(proxy.passed(.fromServer) == 0)
            proxy.resume()
            #expect(try await run.value.stdout == "7\n")
        }
    }

    @Test("stock psql verifies the good certificate and refuses the bad ones, each for its reason")
    func certificates() async throws {
        try await withCertificates { certificates in
            func attempt(_ server: TestCertificates.Server, authority: String, host: String) async throws -> String {
                try await TestServer.withSandbox(settings: server.settings, files: server.files) { sandbox in
                    let outcome = try await Program.run(
                        sandbox.binaries.program("psql"),
                        [
                            "-XAtc", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                            "host=\(host) port=\(sandbox.port) user=postgres sslmode=verify-full sslrootcert=\(authority)",
                        ])
                    return outcome.stdout + outcome.stderr
                }
            }
            #expect(try await attempt(certificates.good, authority: certificates.authority, host: "127.0.0.1") == "t\n")
            let expired = try await attempt(certificates.expired, authority: certificates.authority, host: "127.0.0.1")
            #expect(expired.contains("certificate verify failed"))
            let until = try await Program.run(
                "openssl", ["x509", "-noout", "-checkend", "0"],
                input: String(decoding: try #require(certificates.expired.files["server.crt"]), as: UTF8.self))
            #expect(until.exitCode == 1)
            let wrong = try await attempt(certificates.wrongHost, authority: certificates.authority, host: "localhost")
            #expect(wrong.contains("db.example.test"))
            let other = try await attempt(certificates.good, authority: certificates.otherAuthority, host: "127.0.0.1")
            #expect(other.contains("certificate verify failed"))
        }
    }

    @Test("dbctl is found beside the tests and its exit code and output come back")
    func binary() async throws {
        let outcome = try await Dbctl.run(["--help"])
        #expect(outcome.exitCode == 0)
        #expect(outcome.stdout.contains("USAGE"))
    }
}
