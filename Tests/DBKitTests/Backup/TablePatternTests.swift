import DBKit
import Testing

@Suite struct TablePatternTests {
    @Test(
        "patterns mean what they mean in psql",
        arguments: [
            ("events", "audit", "events", true), ("audit.*", "audit", "events", true),
            ("audit.*", "public", "events", false), ("AUDIT.Ev*", "audit", "events", true),
            ("\"Mixed Case\".\"A*\"", "Mixed Case", "A*", true), ("\"Mixed Case\".\"A*\"", "Mixed Case", "AB", false),
            ("e?ents", "x", "events", true), ("e?ents", "x", "evvents", false), ("*", "x", "", true),
            ("\"a.b\"", "x", "a.b", true), ("*_old.t*s", "y_old", "tables", true),
        ])
    func matching(pattern: String, schema: String, name: String, expected: Bool) throws {
        #expect(try TablePattern(pattern).matches(schema: schema, name: name) == expected)
    }

    @Test("what is no pattern is refused", arguments: ["", ".", "a.", ".a", "a.b.c", "\"open"])
    func refused(pattern: String) {
        #expect(throws: Failure.self) { try TablePattern(pattern) }
    }
}
