// `dbctl check` as a monitoring system and a person at a terminal see it: exit code, document, words.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite struct CheckCommandTests {
    /// The document, as far as this file claims things about it.
    struct Document: Decodable {
        struct Step: Decodable {
            let name: String
            let verdict: String
            let timeS: Double
            let text: String
            let hint: String?
        }
        struct Part: Decodable, Equatable {
            let keyword: String
            let value: String
            let origin: String
        }
        struct Server: Decodable {
            let version: String
            let role: String
            let encoding: String
            let timeZone: String
            let maxConnections: Int
            let ordinaryFree: Int
        }
        struct Latency: Decodable {
            let samples: Int
            let p50S: Double
            let p95S: Double
        }
        struct Report: Decodable {
            let verdict: String
            let summary: String
            let steps: [Step]
            let notes: [String]
            let connection: [Part]
            let server: Server?
            let latency: Latency?
        }
        struct Problem: Decodable {
            let code: String
            let category: String
            let sqlstate: String?
            let message: String
            let hint: String?
        }
        let schema: String
        let ok: Bool
        let exit: Int32
        let data: Report?
        let error: Problem?
    }

    private func check(_ url: String, _ more: [String] = [], env: [String: String] = [:]) async throws -> (
        outcome: DbctlOutcome, document: Document
    ) {
        let outcome = try await Dbctl.run(
            ["check", "--format", "json", "--database-url", url] + more, env: env)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (outcome, try decoder.decode(Document.self, from: Data(outcome.stdout.utf8)))
    }

    @Test("a server that is well: exit 0, every rung with its time, D1")
    func healthy() async throws {
        let server = try await TestServer.shared()
        let (outcome, document) = try await check(server.url)
        #expect(outcome.exitCode == 0, "\(outcome)")
        #expect(document.schema == "dbctl.check/1")
        #expect(document.ok && document.exit == 0 && document.error == nil)
        let data = try #require(document.data)
        #expect(data.verdict == "OK")
        #expect(data.steps.allSatisfy { $0.verdict == "OK" && !$0.text.isEmpty })
        #expect(data.server?.role == "primary" && data.server?.encoding == "UTF8" && data.server?.timeZone == "UTC")
        let latency = try #require(data.latency)
        #expect(latency.samples == 10 && latency.p50S > 0 && latency.p95S >= latency.p50S)
        let person = try await Dbctl.run(["check", "--database-url", server.url])
        #expect(person.stdout.hasPrefix("OK: PostgreSQL 15"))
        #expect(person.stderr.isEmpty)
    }

    @Test("no connection is CRITICAL with the code beside the data, P3")
    func unreachable() async throws {
        try await TestServer.withSandbox(authentication: .scram) { server in
            let wrong = "postgresql://postgres:wrong@127.0.0.1:\(server.port)/postgres"
            let (refused, document) = try await check(wrong)
            #expect(refused.exitCode == 2)
            #expect(!document.ok && document.exit == 2)
            #expect(document.error?.code == "auth.password" && document.error?.sqlstate == "28P01")
            #expect(document.error?.category == "authentication")
            #expect(document.data?.verdict == "CRITICAL")
            #expect(document.data?.steps.last?.name == "authentication")
            let attempts = try server.log().components(separatedBy: "password authentication failed").count - 1
            #expect(attempts == 1)
            #expect(!refused.stdout.contains("wrong") && !refused.stderr.contains(":wrong@"))

            let (missing, other) = try await check(
                "postgresql://postgres@127.0.0.1:\(server.port)/nowhere", env: ["PGPASSWORD": server.password ?? ""])
            #expect(missing.exitCode == 2)
            #expect(other.error?.code == "db.missing" && other.error?.sqlstate == "3D000")

            try await server.stopServer()
            let (down, nobody) = try await check(server.url)
            #expect(down.exitCode == 2)
            #expect(nobody.error?.code == "connect.refused" && nobody.error?.sqlstate == nil)
            let person = try await Dbctl.run(["check", "--database-url", server.url])
            #expect(person.exitCode == 2)
            #expect(person.stdout.hasPrefix("CRITICAL: "))
            #expect(person.stderr.contains("connect.refused"))
        }
    }

    @Test("whatever is found above the login is an error beside the data, too, and a missing GRANT is UNKNOWN")
    func aboveTheLogin() async throws {
        let settings = ["max_connections": "8", "superuser_reserved_connections": "2", "max_wal_senders": "2"]
        try await TestServer.withSandbox(settings: settings) { server in
            try await server.psql("CREATE ROLE \"we\"\"ird R\" LOGIN; CREATE ROLE app LOGIN; CREATE DATABASE priv")
            try await server.psql("REVOKE ALL ON DATABASE priv FROM PUBLIC")
            let place = "127.0.0.1:\(server.port)"
            let grant = "GRANT CONNECT ON DATABASE priv TO \"we\"\"ird R\""
            let (outcome, document) = try await check("postgresql://we%22ird%20R@\(place)/priv")
            #expect(outcome.exitCode == 3 && document.data?.verdict == "UNKNOWN", "\(outcome)")
            #expect(document.error?.code == "db.no_connect" && document.error?.hint?.hasSuffix(grant) == true)
            let pool = try await Dbctl.run([
                "pool", "check", "--database-url", "postgresql://we%22ird%20R@\(place)/priv",
            ])
            #expect(pool.exitCode == 3 && pool.stderr.contains(grant), "\(pool)")

            let (_, noted) = try await check("postgresql://we%22ird%20R@\(place)/postgres")
            #expect(noted.data?.notes.contains { $0.hasSuffix("GRANT pg_monitor TO \"we\"\"ird R\"") } == true)

            try await eventually("the checks before have left") {
                try await server.psql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
                    == "1"
            }
            try await server.withSessions(5, "web") { _ in
                let (full, short) = try await check("postgresql://app@\(place)/postgres")
                #expect(full.exitCode == 2 && short.data?.verdict == "CRITICAL", "\(full)")
                #expect(short.error?.code == "slots.ordinary" && short.error?.message.contains("connections: ") == true)
            }
        }
    }

    @Test("require without verification is exit 1 and names verify-full, D4")
    func unverified() async throws {
        try await withCertificates { certificates in
            try await TestServer.withSandbox(
                settings: certificates.good.settings, files: certificates.good.files
            ) { server in
                let (outcome, document) = try await check("\(server.url)?sslmode=require")
                #expect(outcome.exitCode == 1)
                #expect(document.data?.verdict == "WARNING" && document.error?.code == "tls.unverified")
                #expect(document.error?.hint?.contains("verify-full") == true)
                let step = document.data?.steps.first { $0.name == "tls" }
                #expect(step?.verdict == "WARNING" && step?.hint?.contains("verify-full") == true)

                let root = certificates.authority
                let (good, _) = try await check("\(server.url)?sslmode=verify-full&sslrootcert=\(root)")
                #expect(good.exitCode == 0, "\(good)")
            }
        }
    }

    @Test("--explain-url names every part with its origin, masks the password and connects to nothing, D3")
    func explain() async throws {
        let url = "postgresql://app:geheim@db1.invalid:6543/shop"
        let (outcome, document) = try await check(url, ["--explain-url"], env: ["PGSSLMODE": "verify-full"])
        #expect(outcome.exitCode == 0, "\(outcome)")
        let parts = try #require(document.data?.connection)
        for part in [
            Document.Part(keyword: "host", value: "db1.invalid", origin: "--database-url"),
            Document.Part(keyword: "port", value: "6543", origin: "--database-url"),
            Document.Part(keyword: "dbname", value: "shop", origin: "--database-url"),
            Document.Part(keyword: "user", value: "app", origin: "--database-url"),
            Document.Part(keyword: "password", value: "****", origin: "--database-url"),
            Document.Part(keyword: "sslmode", value: "verify-full", origin: "PGSSLMODE"),
        ] {
            #expect(parts.contains(part), "\(part)")
        }
        let person = try await Dbctl.run(["check", "--explain-url"], env: ["DATABASE_URL": url])
        #expect(person.exitCode == 0)
        #expect(person.stdout.contains("db1.invalid") && person.stdout.contains("DATABASE_URL"))
        for text in [outcome.stdout, outcome.stderr, person.stdout, person.stderr] { #expect(!text.contains("geheim")) }
    }

    @Test(
        "a bad command line is 64, as for every verb: it is a mistake in the crontab, not a verdict",
        arguments: [
            ["--format", "html"], ["--format", "xml"], ["--frob"], ["extra"], ["--parallel", "0"],
            ["--database-url", "mysql://h/d"], ["--lock-timeout", "5"], ["--quiet", "--verbose"],
        ])
    func badCommandLine(_ arguments: [String]) async throws {
        let outcome = try await Dbctl.run(["check"] + arguments)
        #expect(outcome.exitCode == 64, "\(outcome)")
        #expect(outcome.stdout.isEmpty && !outcome.stderr.isEmpty)
    }

    @Test("a server older than 14 is told apart: it lets us in, and dbctl says why it does not stay")
    func oldServer() async throws {
        try await FakeServer.withServer(version: "13.1") { server in
            let url = "postgresql://app@127.0.0.1:\(server.port)/app?sslmode=disable"
            let (outcome, document) = try await check(url)
            #expect(outcome.exitCode == 3, "\(outcome)")
            #expect(document.error?.code == "server.version" && document.error?.category == "configuration")
            #expect(document.data?.verdict == "UNKNOWN" && document.data?.steps.last?.name == "server")
            #expect(document.data?.steps.contains { $0.name == "authentication" && $0.verdict == "OK" } == true)
            #expect(outcome.stdout.contains("PostgreSQL 13.1") && outcome.stdout.contains("14 to 18"))

            let other = try await Dbctl.run(["history", "--database-url", url])
            #expect(other.exitCode == 78 && other.stderr.contains("server.version"), "\(other)")
            #expect(other.stderr.contains("13.1") && other.stderr.contains("14 to 18"))
            #expect(server.statements.isEmpty, "nothing is tried on it")
        }
    }

    @Test("a URL that cannot be read says nothing about the server: UNKNOWN")
    func unreadable() async throws {
        let outcome = try await Dbctl.run(["check"], env: ["DATABASE_URL": "postgresql://app@db1:99999/app"])
        #expect(outcome.exitCode == 3, "\(outcome)")
    }
}
