// The catalogue is what somebody reads at 3 a.m.: complete, in step with the code, and never empty words.

import Foundation
import Operations
import Testing

@Suite struct FailureCatalogueTests {
    /// pool.md, "Error codes".
    private static let contract = """
        connect.refused connect.dns connect.no_socket connect.timeout connect.hang tls.required tls.ca tls.hostname \
        tls.no_root tls.expired tls.client_certificate auth.password auth.no_password auth.nologin auth.hba_reject \
        auth.hba_missing db.missing db.no_connect db.not_accepting slots.all slots.ordinary slots.role slots.database \
        slots.walsender server.starting server.stopping server.recovery server.no_hot_standby server.read_only \
        server.read_write session.terminated session.crash session.idle_timeout pooler.auth pooler.no_database \
        pooler.max_client_conn pooler.query_wait_timeout pooler.startup_parameter pooler.disabled pooler.server_login \
        pooler.prepared_statement
        """

    @Test("every code of the contract is explained, P3", arguments: contract.split(separator: " ").map(String.init))
    func contractCode(_ code: String) throws {
        let entry = try #require(FailureCatalogue.entry(named: code))
        #expect(entry.code.name == code)
    }

    @Test("every code that the sources declare is explained, with the category that it is thrown with")
    func declaredCodes() throws {
        let declared = try declaredInSources()
        #expect(declared.count > 60)
        for (name, category) in declared {
            let entry = FailureCatalogue.entry(named: name)
            #expect(entry != nil, "\(name) has no entry in the catalogue")
            if let entry { #expect("\(entry.code.category)" == category, "category of \(name)") }
        }
    }

    @Test("every entry says what it means, why it happens and what to do next")
    func entriesAreUseful() {
        for entry in FailureCatalogue.entries {
            #expect(entry.meaning.hasSuffix("."), "meaning of \(entry.code.name)")
            #expect(!entry.causes.isEmpty && !entry.next.isEmpty, "\(entry.code.name) is not explained")
            #expect(entry.code.name.contains("."), "\(entry.code.name) has no area")
        }
    }

    @Test("28P01 names all four reasons and the log line that tells them apart, P3")
    func passwordReasons() throws {
        let entry = try #require(FailureCatalogue.entry(named: "auth.password"))
        let text = (entry.causes + entry.next).joined(separator: "\n")
        for reason in ["wrong", "does not exist", "expired", "no password", "pg_authid", "log"] {
            #expect(text.contains(reason))
        }
    }

    @Test("every runbook that an entry names is there, and who needs one is sent to it")
    func runbooks() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        var named: [String: Set<String>] = [:]
        for entry in FailureCatalogue.entries {
            for match in entry.next.joined(separator: "\n").matches(of: /runbooks\/[a-z-]+\.md/) {
                named[entry.code.name, default: []].insert(String(match.0))
                #expect(
                    FileManager.default.fileExists(atPath: root.appending(path: String(match.0)).path), "\(match.0)")
            }
        }
        #expect(named["server.disk_full"] == ["runbooks/disk-full.md"])
        #expect(named["auth.password"] == ["runbooks/credentials.md"])
        #expect(named["server.read_only"] == ["runbooks/failover.md"])
        #expect(named["sql.cancelled"] == ["runbooks/replica-lag.md"])
    }

    @Test("a mistyped code is answered with the codes of its area, else with those that contain it")
    func suggestions() {
        #expect(FailureCatalogue.suggestions(for: "tls.cert").contains("tls.ca"))
        #expect(FailureCatalogue.suggestions(for: "walsender") == ["slots.walsender"])
        #expect(FailureCatalogue.suggestions(for: "") == [])
    }

    private func declaredInSources() throws -> [(name: String, category: String)] {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(atPath: root.path))
        var found: [(name: String, category: String)] = []
        for case let path as String in files where path.hasSuffix(".swift") {
            let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
            for match in text.matches(of: /FailureCode\(\s*"([a-z_.]+)",\s*\.([a-zA-Z]+)\)/) {
                found.append((String(match.1), String(match.2)))
            }
        }
        return found
    }
}
