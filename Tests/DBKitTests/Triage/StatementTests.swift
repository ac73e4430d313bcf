// What is sent to the server.

import Testing

@testable import Triage

@Suite("The observer's statements") struct StatementTests {
    @Test("comments stay behind: before 15 a walsender stumbles over an apostrophe in one")
    func comments() {
        let text = "-- dbctl's\nSELECT 1,\n    -- it's\n    2 AS \"--x\"\n"
        let sent = Observer.withoutComments(Array(text.utf8))
        #expect(String(decoding: sent, as: UTF8.self) == "SELECT 1,\n    2 AS \"--x\"")
        let locks = String(decoding: Observer.withoutComments(Observer.locksQuery), as: UTF8.self)
        #expect(locks.hasPrefix("WITH") && !locks.contains("--"))
    }
}
