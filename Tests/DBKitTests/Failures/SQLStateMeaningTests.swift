// What somebody who has pasted an SQLSTATE is told: by the same tables that an error is read with.

import Postgres
import Testing

@testable import Operations

@Suite("An SQLSTATE that is asked about") struct SQLStateMeaningTests {
    private static let known: [(String, [String])] = [
        ("28P01", ["auth.password"]), ("55P03", ["lock.timeout"]), ("40P01", ["lock.deadlock"]),
        ("25006", ["server.read_only"]), ("53100", ["server.disk_full"]), ("23505", ["sql.constraint"]),
        ("42501", ["sql.permission", "db.no_connect", "auth.no_replication"]),
        ("55000", ["sql.prerequisite", "db.not_accepting"]), ("3D000", ["db.missing"]),
        ("53300", ["slots.all", "slots.ordinary", "slots.database", "slots.role", "slots.walsender"]),
        ("57P03", ["server.starting", "server.stopping", "server.recovery", "server.no_hot_standby"]),
    ]

    @Test("it is told by the codes that such an error can become, the most general first", arguments: known)
    func codes(_ state: String, _ codes: [String]) throws {
        #expect(try #require(SQLStateMeaning(state)).codes.map(\.name) == codes)
        #expect(SQLStateMeaning(state.lowercased()) == SQLStateMeaning(state))
    }

    @Test("whatever the server says at the door or later is among them, and explained")
    func complete() throws {
        for one in FailureClassificationTests.ofTheServer {
            let state = try #require(one.state)
            let meaning = try #require(SQLStateMeaning(state))
            #expect(meaning.codes.contains(one.failure.code), "\(one)")
        }
        for state in SQLStateMeaning.classes.keys.map({ "\($0)000" }) + Self.known.map(\.0) + ["28000", "08P01"] {
            for code in try #require(SQLStateMeaning(state)).codes {
                #expect(FailureCatalogue.entry(named: code.name) != nil, "\(state): \(code.name)")
            }
        }
    }

    @Test("one that PostgreSQL does not have is told by its class, and one without a class as what somebody made up")
    func unknown() throws {
        let violation = try #require(SQLStateMeaning("23Z99"))
        #expect(violation.className == "integrity constraint violation" && violation.codes == [.statementConstraint])
        let own = try #require(SQLStateMeaning("MY001"))
        #expect(own.className == nil && own.codes == [.statementRefused])
        let success = try #require(SQLStateMeaning("00000"))
        #expect(success.className == "successful completion" && success.codes.isEmpty)
    }

    @Test(
        "a word is no SQLSTATE", arguments: ["slots", "hvacs", "auth.password", "2350", "235055", "23 05", "", "2350é"])
    func words(_ text: String) {
        #expect(SQLStateMeaning(text) == nil)
    }
}
