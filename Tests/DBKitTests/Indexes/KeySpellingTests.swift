import DBKit
import Testing

@testable import Indexes

@Suite("A COLUMN as it is typed")
struct KeySpellingTests {
    private static let columns = ["asset_id", "date", "Close", "two words", "say \"so\"", "größe"]

    @Test(
        "a column is quoted, what stands behind it stays, an expression is the server's",
        arguments: [
            ("asset_id", "\"asset_id\""), ("ASSET_ID", "\"asset_id\""), ("date DESC", "\"date\" DESC"),
            ("  date  desc nulls last ", "\"date\"  desc nulls last"), ("Close", "\"Close\""),
            ("\"Close\" ASC", "\"Close\" ASC"),
            ("two words", "\"two words\""), ("\"two words\" text_pattern_ops", "\"two words\" text_pattern_ops"),
            ("\"say \"\"so\"\"\" DESC", "\"say \"\"so\"\"\" DESC"), ("größe COLLATE \"C\"", "\"größe\" COLLATE \"C\""),
            ("(lower(x))", "(lower(x))"),
            ("(replace(x, '  ', '-'))", "(replace(x, '  ', '-'))"), ("lower(x) DESC", "lower(x) DESC"),
        ])
    func read(_ text: String, _ sql: String) throws {
        #expect(try KeySpelling(text, columns: Self.columns).sql.text == sql)
    }

    @Test(
        "what is no column is refused, with the nearest or the rule",
        arguments: ["dat", "asset_id,date", "", "close_ DESC"])
    func refused(_ text: String) {
        let failure = #expect(throws: Failure.self) { try KeySpelling(text, columns: Self.columns) }
        #expect(failure?.code == .indexColumn)
    }
}
