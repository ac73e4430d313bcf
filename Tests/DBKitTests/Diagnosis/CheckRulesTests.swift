// Which finding is a warning, and which is none: pure.

import Foundation
import Operations
import Postgres
import Testing

@testable import Diagnosis

@Suite struct CheckRulesTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func facts(endsIn days: Double = 90) -> TLSFacts {
        let certificate = ServerCertificate(
            subject: "db1", issuer: "Example CA", notBefore: now - 86_400, notAfter: now + days * 86_400,
            alternativeNames: ["db1.example"])
        return TLSFacts(
            protocolVersion: "TLSv1.3", cipher: "x", certificate: certificate, chain: nil, matchesHost: true)
    }

    private func tls(
        _ mode: String, encrypted: Bool, local: Bool, roots: Bool = false, endsIn days: Double = 90
    ) -> CheckRules.Finding {
        let protection = CheckRules.Protection(sslMode: mode, usesTLS: encrypted, isLocal: local, hasRoots: roots)
        return CheckRules.tls(protection, encrypted ? facts(endsIn: days) : nil, now: now)
    }

    @Test("encrypted but not verified is a warning that names verify-full and how to get the CA, D4")
    func unverified() throws {
        for local in [true, false] {
            let finding = tls("require", encrypted: true, local: local)
            #expect(finding.verdict == .warning)
            let hint = try #require(finding.hint)
            #expect(hint.contains("verify-full") && hint.contains("sslrootcert") && hint.contains("Example CA"))
            #expect(!finding.text.contains("SSL on"))
        }
        #expect(tls("prefer", encrypted: true, local: false).verdict == .warning)
        #expect(tls("require", encrypted: true, local: false, roots: true).verdict == .warning)
    }

    @Test("no TLS over loopback or a socket is no warning, over a network it is, D4")
    func plain() {
        #expect(tls("prefer", encrypted: false, local: true).verdict == .ok)
        #expect(tls("disable", encrypted: false, local: true).verdict == .ok)
        #expect(tls("prefer", encrypted: false, local: false).verdict == .warning)
        #expect(tls("prefer", encrypted: true, local: true).verdict == .ok)
    }

    @Test("verified connections are fine until the certificate is about to end")
    func verified() {
        #expect(tls("verify-full", encrypted: true, local: false, roots: true).verdict == .ok)
        #expect(tls("verify-ca", encrypted: true, local: false, roots: true).verdict == .ok)
        let soon = tls("verify-full", encrypted: true, local: false, roots: true, endsIn: 13)
        #expect(soon.verdict == .warning && soon.text.contains("13 days"))
        let ended = tls("require", encrypted: true, local: false, endsIn: -1)
        #expect(ended.text.contains("expired") && ended.code == .tlsUnverified)
        #expect(soon.text.hasSuffix("authority and host name verified") && soon.code == .tlsExpiresSoon)
    }

    @Test("encrypted but not verified is said also of a certificate that is about to end, D4")
    func unverifiedAndEnding() throws {
        let finding = tls("require", encrypted: true, local: true, endsIn: 9)
        #expect(finding.verdict == .warning && finding.text.contains("expires in 9 days"))
        #expect(finding.text.contains("encrypted but not verified: sslmode=require accepts an impostor"))
        let hint = try #require(finding.hint)
        #expect(hint.contains("renew") && hint.contains("verify-full"))
        // By default, and within the machine: it is said, and the certificate alone is the warning.
        let byDefault = tls("prefer", encrypted: true, local: true, endsIn: 9)
        #expect(byDefault.code == .tlsExpiresSoon && byDefault.text.contains("encrypted but not verified"))
    }

    private func server(_ change: (inout ServerFacts) -> Void = { _ in }) -> ServerFacts {
        var facts = ServerFacts(
            version: "15.18", versionNumber: 150_018, isStandby: false, encoding: "UTF8", timeZone: "UTC",
            maxConnections: 100, reserved: 3, used: 10, hidden: 0, database: "app", role: "app", isSuperuser: false,
            roleLimit: -1, roleUsed: 10, databaseLimit: -1, databaseUsed: 10, isMonitor: false)
        change(&facts)
        return facts
    }

    @Test("an encoding other than UTF8, a time zone other than UTC and an unsupported version are warnings")
    func serverFacts() {
        #expect(CheckRules.server(server()).verdict == .ok)
        #expect(CheckRules.server(server { $0.timeZone = "Etc/UTC" }).verdict == .ok)
        #expect(CheckRules.server(server { $0.encoding = "SQL_ASCII" }).verdict == .warning)
        #expect(CheckRules.server(server { $0.timeZone = "Europe/Berlin" }).verdict == .warning)
        #expect(CheckRules.server(server { $0.versionNumber = 130_010 }).verdict == .warning)
        #expect(CheckRules.server(server { $0.isStandby = true }).text.contains("standby"))
    }

    @Test("headroom is what ordinary roles have left, and the tightest of three limits decides")
    func headroom() {
        #expect(server { $0.used = 97 }.ordinaryFree == 0)
        #expect(CheckRules.headroom(server { $0.used = 77 }).verdict == .ok)
        #expect(CheckRules.headroom(server { $0.used = 78 }).verdict == .warning)
        #expect(CheckRules.headroom(server { $0.used = 97 }).verdict == .critical)
        #expect(CheckRules.headroom(server { $0.used = 97 }).code == .slotsOrdinary)
        #expect(CheckRules.headroom(server { $0.used = 90 }).code?.name == "pool.short")
        #expect(CheckRules.headroom(server { $0.roleLimit = 10 }).code == .slotsRole)
        #expect(CheckRules.headroom(server { $0.hidden = 4 }).text.contains("4 of them not logged in yet"))
        let role = CheckRules.headroom(server { $0.roleLimit = 11 })
        #expect(role.verdict == .critical && role.text.contains("role app"))
        let database = CheckRules.headroom(server { $0.databaseLimit = 12 })
        #expect(database.verdict == .warning && database.text.contains("database app"))
    }

    @Test("percentiles are nearest ranks of what was measured")
    func percentiles() {
        let samples = (1...10).map(Double.init).shuffled()
        #expect(CheckRules.percentile(0.5, of: samples) == 5)
        #expect(CheckRules.percentile(0.95, of: samples) == 10)
        #expect(CheckRules.percentile(0.95, of: []) == 0)
    }

    @Test("verdicts order so that the worst of a ladder is its verdict")
    func order() {
        #expect(CheckVerdict.allCases.max() == .critical)
        #expect(CheckVerdict.ok < .warning && CheckVerdict.warning < .unknown)
    }
}
