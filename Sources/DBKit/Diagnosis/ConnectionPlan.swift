import Postgres

/// What libpq is going to do with a connection's parameters, as far as a look from outside has to know it. Pure.
struct ConnectionPlan: Sendable, Hashable {
    /// One `host` of the list, with the address and port that belong to it.
    struct Endpoint: Sendable, Hashable {
        /// Empty when only an address was given.
        var host: String
        var address: String
        var port: Int

        var isSocket: Bool { address.isEmpty && (host.hasPrefix("/") || host.hasPrefix("@")) }
        /// A name that only a resolver can turn into an address.
        var needsResolver: Bool {
            address.isEmpty && !isSocket && !host.contains(":") && host.contains { !"0123456789.".contains($0) }
        }
        var inWords: String { isSocket ? "\(host)/.s.PGSQL.\(port)" : "\(host.isEmpty ? address : host):\(port)" }
    }

    /// Empty when no host was given: libpq then uses its own socket folder.
    var endpoints: [Endpoint]
    var sslMode: String
    var user: String
    var database: String
    var roots: TrustedRoots
    var hasClientCertificate: Bool
    private var isPlainProtocol: Bool

    /// - Throws: ``PostgresError`` of kind `.connect(.parameters)` for a port that is none, in libpq's words.
    init(_ resolved: [ConnectionParameters.Resolved], hasDefaultCertificate: Bool) throws(PostgresError) {
        func value(_ keyword: String) -> String { resolved.first { $0.keyword == keyword }?.value ?? "" }
        func list(_ keyword: String) -> [String] {
            value(keyword).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let hosts = list("host")
        let addresses = list("hostaddr")
        let ports = list("port")
        if let bad = ports.first(where: { !$0.isEmpty && !(1...65_535).contains(Int($0) ?? 0) }) {
            throw PostgresError(.connect(.parameters), "invalid port number: \"\(bad)\"")
        }
        let count = value("host").isEmpty && value("hostaddr").isEmpty ? 0 : max(hosts.count, addresses.count)
        endpoints = (0..<count).map { index in
            // One port may stand for all hosts.
            let port = ports.count == 1 ? ports.first : index < ports.count ? ports[index] : nil
            return Endpoint(
                host: index < hosts.count ? hosts[index] : "",
                address: index < addresses.count ? addresses[index] : "",
                port: port.flatMap { Int($0) } ?? 5432)
        }.filter { !$0.host.isEmpty || !$0.address.isEmpty }
        sslMode = value("sslmode").isEmpty ? "prefer" : value("sslmode")
        user = value("user")
        database = value("dbname").isEmpty ? user : value("dbname")
        roots = TrustedRoots(resolved)
        hasClientCertificate = !value("sslcert").isEmpty || hasDefaultCertificate
        isPlainProtocol = value("gssencmode") != "require" && value("sslnegotiation") != "direct"
    }

    /// False where the first words of the protocol are others than a probe speaks.
    var mayProbe: Bool { isPlainProtocol }

    func usesTLS(_ endpoint: Endpoint) -> Bool {
        !endpoint.isSocket && sslMode != "disable" && sslMode != "allow"
    }

    /// Whether the login may be asked for from outside: never in front of somebody whose certificate libpq is going to
    /// refuse, and not where the certificate that we would not show is what the server waits for.
    func mayRequestLogin(_ facts: TLSFacts?) -> Bool {
        guard !hasClientCertificate else { return false }
        guard sslMode.hasPrefix("verify") || roots.file != nil, sslMode != "disable", sslMode != "allow" else {
            return true
        }
        guard let facts else { return false }
        return facts.chain == .trusted && (sslMode != "verify-full" || facts.matchesHost)
    }

    /// Whether a refusal at the door is the last word. libpq goes on with another host, and after a refusal by
    /// pg_hba.conf with the other kind of connection; it is then the one to tell.
    func isFinal(_ error: PostgresError) -> Bool {
        guard endpoints.count <= 1 else { return false }
        let insists = sslMode == "require" || sslMode.hasPrefix("verify")
        return insists || error.sqlState?.classCode != "28"
    }
}
