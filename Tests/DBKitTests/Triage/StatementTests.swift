// What is sent to the server.

import Postgres
import Testing

@testable import Triage

@Suite("The observer's statements") struct StatementTests {
    @Test("comments stay behind: before 15 a walsender stumbles over an apostrophe in one")
    func comments() {
        let text = "-- dbctl's\nSELECT 1,\n    -- it's\n    2 AS \"--x\"\n"
        #expect(Query(embedded: Array(text.utf8), numbers: []).text == "SELECT 1,\n    2 AS \"--x\"")
        let locks = Query(embedded: Observer.locksQuery, numbers: []).text
        #expect(locks.hasPrefix("WITH") && !locks.contains("--"))
    }

    @Test("numbers are written into the text, $1 apart from $10, and nil is NULL")
    func numbers() {
        let text = "SELECT $1::int8, $2, $10, $1 -- $1"
        let numbers: [Int64?] = [-1, nil, 3, 4, 5, 6, 7, 8, 9, 10]
        let query = Query(embedded: Array(text.utf8), numbers: numbers)
        #expect(query.text == "SELECT '-1'::int8, NULL, '10', '-1' -- '-1'" && query.binds.isEmpty)
    }
}
