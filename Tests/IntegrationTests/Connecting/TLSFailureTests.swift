// Encryption and certificates, on a real server with real faults: P3, D4.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite struct TLSFailureTests {
    private func withTLS(
        _ pick: (TestCertificates) -> TestCertificates.Server, hba: [String] = [],
        _ body: (Sandbox, TestCertificates) async throws -> Void
    ) async throws {
        try await withCertificates { certificates in
            let server = pick(certificates)
            var files = server.files
            files["ca.crt"] = try [UInt8](Data(contentsOf: URL(fileURLWithPath: certificates.authority)))
            let settings = server.settings.merging(["ssl_ca_file": "ca.crt"]) { own, _ in own }
            try await TestServer.withSandbox(settings: settings, hba: hba, files: files) { sandbox in
                try await body(sandbox, certificates)
            }
        }
    }

    @Test("a certificate of a foreign authority, a missing root file and other host names: each has its code, P3")
    func verification() async throws {
        try await withTLS(\.good) { server, certificates in
            try await expectRefusal(
                .tlsCA, sqlState: nil, at: .tls,
                server.login(["sslmode": "verify-ca", "sslrootcert": certificates.otherAuthority]))
            try await expectRefusal(
                .tlsNoRoot, sqlState: nil, at: .tls,
                server.login(["sslmode": "verify-full", "sslrootcert": "/nowhere/root.crt"]))
        }
        try await withTLS(\.wrongHost) { server, certificates in
            let report = try await expectRefusal(
                .tlsHostname, sqlState: nil, at: .tls,
                server.login(["sslmode": "verify-full", "sslrootcert": certificates.authority]))
            #expect(report.failure?.message.contains("db.example.test") == true)
        }
    }

    @Test("an expired certificate is told from an untrusted one, though libpq has one text for both, P3")
    func expired() async throws {
        try await withTLS(\.expired) { server, certificates in
            for mode in ["verify-ca", "verify-full"] {
                try await expectRefusal(
                    .tlsExpired, sqlState: nil, at: .tls,
                    server.login(["sslmode": mode, "sslrootcert": certificates.authority]))
            }
            // Untrusted comes first: whether a stranger's certificate is still valid does not matter.
            try await expectRefusal(
                .tlsCA, sqlState: nil, at: .tls,
                server.login(["sslmode": "verify-full", "sslrootcert": certificates.otherAuthority]))
        }
    }

    @Test("TLS wanted of a server that has none, and a server that wants TLS of a client that refuses it, P3")
    func required() async throws {
        try await TestServer.withSandbox { server in
            _ = try await expectRefusal(
                .tlsRequired, sqlState: nil, at: .tls, server.login(["sslmode": "require"]))
        }
        try await withTLS(\.good) { server, _ in
            try await server.replaceAuthentication(["hostssl all all 127.0.0.1/32 trust"])
            try await expectRefusal(.tlsRequired, sqlState: "28000", at: .tls, server.login())
            // prefer finds its way by itself.
            #expect(try await check(server.login(["sslmode": "prefer"])).failure == nil)
            // No line for this client, encrypted or not: that is something else.
            try await server.replaceAuthentication(["hostssl all nobody 127.0.0.1/32 trust"])
            try await expectRefusal(.authHBAMissing, sqlState: "28000", at: .authentication, server.login())
        }
    }

    @Test("a server that wants a client certificate, P3")
    func clientCertificate() async throws {
        try await withTLS(\.good, hba: ["hostssl all postgres 127.0.0.1/32 cert"]) { server, _ in
            try await expectRefusal(
                .tlsClientCertificate, sqlState: "28000", at: .tls, server.login(["sslmode": "require"]))
        }
    }

    @Test("require encrypts but verifies nothing: WARNING with verify-full and the way to the CA, D4")
    func unverified() async throws {
        try await withTLS(\.good) { server, certificates in
            let report = try await check(server.login(["sslmode": "require"]))
            #expect(report.failure?.code.name == "tls.unverified")
            #expect(report.verdict == .warning)
            let step = try #require(report.steps.first { $0.name == .tls })
            #expect(step.verdict == .warning)
            #expect(step.hint?.contains("verify-full") == true)
            #expect(step.hint?.contains("sslrootcert") == true)
            #expect(report.tls?.isVerified == false)
            #expect(report.tls?.names == ["localhost", "127.0.0.1"])

            let verified = server.login(["sslmode": "verify-full", "sslrootcert": certificates.authority])
            let good = try await check(verified)
            #expect(good.verdict == .ok, "\(good.summary)")
            #expect(good.tls?.isVerified == true)
            #expect(good.tls?.protocolVersion == "TLSv1.3")
        }
    }
}
