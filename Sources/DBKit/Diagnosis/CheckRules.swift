import Foundation
import Operations
import Postgres

/// Which finding is which verdict. Pure: every rule is a function of facts, so that tests can go through all of them.
enum CheckRules {
    struct Finding: Sendable, Hashable {
        var verdict: CheckVerdict = .ok
        var text: String
        var hint: String?
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
                hint: "sslmode=verify-full, after switching ssl = on at the server. \(howToVerify(facts))")
        }
        let seen = facts.map { "\($0.protocolVersion), certificate \($0.certificate.subject)" } ?? "encrypted"
        if let facts, let expiry = expiry(facts.certificate, now: now), expiry.verdict != .ok {
            return Finding(verdict: expiry.verdict, text: "\(seen), \(expiry.text)", hint: expiry.hint)
        }
        let until = facts.map { ", valid until \(day($0.certificate.notAfter))" } ?? ""
        if protection.verifiesName { return Finding(text: "\(seen)\(until), authority and host name verified") }
        let mode = protection.sslMode
        if mode == "verify-ca" {
            return Finding(text: "\(seen)\(until), authority verified, host name not (sslmode=verify-ca)")
        }
        let what = protection.verifiesAuthority ? "the host name is not verified" : "encrypted but not verified"
        // Whoever asks for TLS means to be safe, and is not; a default that happened to find TLS is better than none.
        let isAsked = mode == "require"
        return Finding(
            verdict: isAsked || !protection.isLocal ? .warning : .ok,
            text: "\(seen)\(until); \(what): sslmode=\(mode) accepts an impostor",
            hint: "use sslmode=verify-full. \(howToVerify(facts))")
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
            return Finding(verdict: .warning, text: "expired on \(day(certificate.notAfter))", hint: renew)
        }
        guard left < expiryWarning else { return nil }
        let days = Int(left / 86_400)
        return Finding(
            verdict: .warning, text: "expires in \(days) days, on \(day(certificate.notAfter))", hint: renew)
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
            finding.hint = "dbctl supports PostgreSQL \(supported.lowerBound) to \(supported.upperBound)"
        } else if facts.encoding != "UTF8" {
            finding.verdict = .warning
            finding.hint =
                "the database's encoding is \(facts.encoding): only a new database can be UTF8 "
                + "(CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0), filled from a backup"
        } else if !isUTC(facts.timeZone) {
            finding.verdict = .warning
            finding.hint = "ALTER DATABASE \"\(facts.database)\" SET timezone = 'UTC'"
        }
        return finding
    }

    private static func isUTC(_ zone: String) -> Bool {
        let names: Set = ["utc", "etc/utc", "gmt", "etc/gmt", "uct", "etc/uct", "universal", "zulu", "etc/zulu"]
        return names.contains(zone.lowercased())
    }

    /// The limits that the next connection of this role would meet, the tightest first.
    static func headroom(_ facts: ServerFacts) -> Finding {
        let ordinary = facts.maxConnections - facts.reserved
        let free = facts.ordinaryFree
        var finding = Finding(
            text: "\(facts.used) of \(facts.maxConnections) connections in use, \(free) ordinary slots free")
        let limits = [
            (facts.used, ordinary, "the server (max_connections less \(facts.reserved) reserved)"),
            (facts.roleUsed, facts.roleLimit, "role \(facts.role) (CONNECTION LIMIT)"),
            (facts.databaseUsed, facts.databaseLimit, "database \(facts.database) (CONNECTION LIMIT)"),
        ].filter { $0.1 > 0 }
        guard let tightest = limits.max(by: { share($0) < share($1) }), share(tightest) >= 0.8 else { return finding }
        finding.verdict = share(tightest) >= 0.9 ? .critical : .warning
        finding.text += "; \(tightest.0) of \(tightest.1) of \(tightest.2)"
        finding.hint =
            "who holds them: SELECT application_name, usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 "
            + "ORDER BY 4 DESC"
        return finding
    }

    private static func share(_ limit: (used: Int, of: Int, what: String)) -> Double {
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
        let update = outdated.first.map { "ALTER EXTENSION \"\($0.name)\" UPDATE" }
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
