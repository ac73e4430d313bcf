import Foundation
import Operations
import Postgres

/// Which finding is which verdict. Pure: every rule is a function of facts, so that tests can go through all of them.
enum CheckRules {
    struct Finding: Sendable, Hashable {
        var verdict: CheckVerdict = .ok
        var text: String
        var hint: String?
        /// What the error beside the data is called, when this is the worst of all.
        var code: FailureCode?
    }

    /// How a connection is protected.
    struct Protection: Sendable, Hashable {
        var sslMode: String
        /// The connection is encrypted.
        var usesTLS: Bool
        /// Loopback or a socket: nobody between.
        var isLocal: Bool
        /// An authority was there to verify against.
        var hasRoots: Bool

        /// libpq checks the authority whenever a file with roots is there, whatever sslmode says.
        var verifiesAuthority: Bool { usesTLS && hasRoots }
        var verifiesName: Bool { usesTLS && sslMode == "verify-full" }
    }

    /// A certificate that ends sooner than this is a warning: renewals are monthly at best.
    static let expiryWarning: TimeInterval = 14 * 86_400

    static func tls(_ protection: Protection, _ facts: TLSFacts?, now: Date) -> Finding {
        guard protection.usesTLS else {
            if protection.isLocal { return Finding(text: "not encrypted, and never leaves this machine") }
            return Finding(
                verdict: .warning,
                text: "not encrypted: password and data cross the network in clear",
                hint: "sslmode=verify-full, after switching ssl = on at the server. \(howToVerify(facts))",
                code: .tlsUnencrypted)
        }
        let seen = facts.map { "\($0.protocolVersion), certificate \($0.certificate.subject)" } ?? "encrypted"
        let expiry = facts.flatMap { Self.expiry($0.certificate, now: now) }
        let until = facts.map { expiry?.text ?? "valid until \(day($0.certificate.notAfter))" }
        var finding = trust(protection, facts)
        finding.text = [seen, until].compactMap { $0 }.joined(separator: ", ") + finding.text
        guard let expiry else { return finding }
        finding.verdict = max(finding.verdict, expiry.verdict)
        finding.hint = [expiry.hint, finding.hint].compactMap { $0 }.joined(separator: "; ")
        finding.code = finding.code ?? expiry.code
        return finding
    }

    /// Whom the connection takes the server's word for, behind the words about its certificate.
    private static func trust(_ protection: Protection, _ facts: TLSFacts?) -> Finding {
        if protection.verifiesName { return Finding(text: ", authority and host name verified") }
        let mode = protection.sslMode
        if mode == "verify-ca" { return Finding(text: ", authority verified, host name not (sslmode=verify-ca)") }
        let what = protection.verifiesAuthority ? "the host name is not verified" : "encrypted but not verified"
        // Whoever asks for TLS means to be safe, and is not; a default that happened to find TLS is better than none.
        let isWarning = mode == "require" || !protection.isLocal
        return Finding(
            verdict: isWarning ? .warning : .ok, text: "; \(what): sslmode=\(mode) accepts an impostor",
            hint: "use sslmode=verify-full. \(howToVerify(facts))", code: isWarning ? .tlsUnverified : nil)
    }

    private static func howToVerify(_ facts: TLSFacts?) -> String {
        let issuer = facts.map { " (it is issued by \"\($0.certificate.issuer)\")" } ?? ""
        return "Get the CA certificate that signed the server's certificate\(issuer) from your DBA or provider, "
            + "and give it as sslrootcert=FILE; `openssl s_client -starttls postgres -showcerts -connect HOST:PORT` "
            + "shows the chain"
    }

    private static func expiry(_ certificate: ServerCertificate, now: Date) -> Finding? {
        let left = certificate.notAfter.timeIntervalSince(now)
        let renew = "renew the server's certificate (ssl_cert_file), then SELECT pg_reload_conf()"
        if left < 0 {
            return Finding(
                verdict: .warning, text: "expired on \(day(certificate.notAfter))", hint: renew, code: .tlsExpired)
        }
        guard left < expiryWarning else { return nil }
        let days = Int(left / 86_400)
        return Finding(
            verdict: .warning, text: "expires in \(days) days, on \(day(certificate.notAfter))", hint: renew,
            code: .tlsExpiresSoon)
    }

    static func day(_ date: Date) -> String {
        String(date.ISO8601Format().prefix(10))
    }

    static func server(_ facts: ServerFacts) -> Finding {
        let role = facts.isStandby ? "standby" : "primary"
        var finding = Finding(
            text: "PostgreSQL \(facts.version), \(role), \(facts.encoding), time zone \(facts.timeZone)")
        let supported = ServerVersion.supportedMajors
        if !supported.contains(facts.major) {
            finding.verdict = .warning
            finding.code = .serverVersion
            finding.hint = "dbctl supports PostgreSQL \(supported.lowerBound) to \(supported.upperBound)"
        } else if facts.encoding != "UTF8" {
            finding.verdict = .warning
            finding.code = .serverEncoding
            finding.hint =
                "the database's encoding is \(facts.encoding): only a new database can be UTF8 "
                + "(CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0), filled from a backup"
        } else if !isUTC(facts.timeZone) {
            finding.verdict = .warning
            finding.code = .serverTimeZone
            finding.hint = "ALTER DATABASE \(typed(facts.database)) SET timezone = 'UTC'"
        }
        return finding
    }

    /// A name as a person types it.
    static func typed(_ name: String) -> String { (try? identifier(name).typed) ?? name }

    private static func isUTC(_ zone: String) -> Bool {
        let names: Set = ["utc", "etc/utc", "gmt", "etc/gmt", "uct", "etc/uct", "universal", "zulu", "etc/zulu"]
        return names.contains(zone.lowercased())
    }

    /// The limits that the next connection of this role would meet, the tightest first.
    static func headroom(_ facts: ServerFacts) -> Finding {
        let ordinary = facts.maxConnections - facts.reserved
        let free = facts.ordinaryFree
        let hidden = facts.hidden > 0 ? ", \(facts.hidden) of them not logged in yet" : ""
        var finding = Finding(
            text: "\(facts.used) of \(facts.maxConnections) connections in use\(hidden), \(free) ordinary slots free")
        let limits: [Limit] = [
            (facts.used, ordinary, "the server (max_connections less \(facts.reserved) reserved)", .slotsOrdinary),
            (facts.roleUsed, facts.roleLimit, "role \(facts.role) (CONNECTION LIMIT)", .slotsRole),
            (facts.databaseUsed, facts.databaseLimit, "database \(facts.database) (CONNECTION LIMIT)", .slotsDatabase),
        ].filter { $0.1 > 0 }
        guard let tightest = limits.max(by: { share($0) < share($1) }), share(tightest) >= 0.8 else { return finding }
        finding.verdict = share(tightest) >= 0.9 ? .critical : .warning
        finding.code = tightest.used >= tightest.of ? tightest.whenFull : .connectionsShort
        finding.text += "; \(tightest.used) of \(tightest.of) of \(tightest.what)"
        finding.hint =
            "who holds them: SELECT application_name, usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 "
            + "ORDER BY 4 DESC"
        return finding
    }

    private typealias Limit = (used: Int, of: Int, what: String, whenFull: FailureCode)

    private static func share(_ limit: Limit) -> Double {
        Double(limit.used) / Double(limit.of)
    }

    static func privileges(_ facts: PrivilegeFacts, database: String, role: String) -> Finding {
        let able = ["CONNECT"] + (facts.mayUseTemporary ? ["TEMPORARY"] : []) + (facts.mayCreate ? ["CREATE"] : [])
        var text = "\(role) has \(able.joined(separator: ", ")) on \(database)"
        if facts.tables > 0 { text += ", reads \(facts.readableTables) of \(facts.tables) tables and views" }
        return Finding(text: text)
    }

    static func extensions(_ list: [ServerReport.Extension]) -> Finding {
        let outdated = list.filter { ($0.available ?? $0.version) != $0.version }
        let text = list.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        let update = outdated.first.map { "ALTER EXTENSION \(typed($0.name)) UPDATE" }
        return Finding(text: text.isEmpty ? "none" : text, hint: update)
    }

    /// The nearest-rank percentile of what was measured.
    static func percentile(_ share: Double, of samples: [Double]) -> Double {
        let sorted = samples.sorted()
        guard !sorted.isEmpty else { return 0 }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// The rung that a failed login belongs to.
    static func rung(of code: FailureCode) -> CheckStep.Name {
        switch code.name.prefix(while: { $0 != "." }) {
        case "tls": .tls
        case "db": .database
        case "connect" where code == .connectDNS: .dns
        case "connect" where code == .connectNoSocket: .socket
        case "connect" where code != .connectHang && code != .connectLost && code != .connectParameters: .tcp
        case "connect" where code == .connectParameters: .configuration
        case "server" where code == .serverVersion: .server
        default: code == .slotsDatabase ? .database : .authentication
        }
    }
}

extension FailureCode {
    /// More of the slots are taken than leaves room; `pool check` calls it the same.
    static let connectionsShort = FailureCode("pool.short", .unavailable)
}
