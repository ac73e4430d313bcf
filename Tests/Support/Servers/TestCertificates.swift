// A certificate authority of the test's own, and server certificates with every fault that a client must notice.

import Foundation

/// Made by openssl(1), valid within ``withCertificates(_:)``.
public struct TestCertificates: Sendable {
    /// A server's certificate and key, as `TestServer.withSandbox(files:)` wants them.
    public struct Server: Sendable {
        public let files: [String: [UInt8]]
        /// Turns TLS on with these files.
        public let settings = ["ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"]
    }

    /// The authority that signed all of the certificates below, for `sslrootcert`.
    public let authority: String
    /// An authority that signed none of them.
    public let otherAuthority: String
    /// For localhost and 127.0.0.1.
    public let good: Server
    /// For localhost and 127.0.0.1, until yesterday.
    public let expired: Server
    /// For db.example.test.
    public let wrongHost: Server
}

/// Makes the certificates in a folder that goes after the body.
public func withCertificates<T>(
    isolation: isolated (any Actor)? = #isolation, _ body: (TestCertificates) async throws -> T
) async throws -> T {
    try await withTemporaryFolder { folder in
        let workshop = Workshop(folder: folder)
        let local = "DNS:localhost,IP:127.0.0.1"
        let certificates = TestCertificates(
            authority: try await workshop.authority("authority"),
            otherAuthority: try await workshop.authority("other"),
            good: try await workshop.server("good", names: local, days: 30),
            expired: try await workshop.server("expired", names: local, days: -1),
            wrongHost: try await workshop.server("wronghost", names: "DNS:db.example.test", days: 30))
        return try await body(certificates)
    }
}

private struct Workshop {
    let folder: String
    private let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    init(folder: String) {
        self.folder = folder
    }

    func authority(_ name: String) async throws -> String {
        try await openssl(
            ["req", "-x509"] + key + [
                "-keyout", "\(name).key", "-out", "\(name).crt", "-days", "30", "-subj", "/CN=dbctl test \(name)",
            ])
        return "\(folder)/\(name).crt"
    }

    func server(_ name: String, names: String, days: Int) async throws -> TestCertificates.Server {
        try await openssl(
            ["req", "-new"] + key + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)"])
        try Data("subjectAltName=\(names)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).ext"))
        try await openssl([
            "x509", "-req", "-in", "\(name).csr", "-CA", "authority.crt", "-CAkey", "authority.key", "-CAcreateserial",
            "-extfile", "\(name).ext", "-days", "\(days)", "-out", "\(name).crt",
        ])
        let files = ["server.crt": "\(name).crt", "server.key": "\(name).key"]
        return TestCertificates.Server(
            files: try files.mapValues { try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
    }

    private func openssl(_ arguments: [String]) async throws {
        let outcome = try await Program.run("openssl", arguments, folder: folder)
        guard outcome.exitCode == 0 else { throw TestSupportError("openssl \(arguments): \(outcome.stderr)") }
    }
}
