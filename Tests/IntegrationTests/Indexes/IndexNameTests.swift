import TestSupport
import Testing

@testable import Indexes

@Suite("Names of indexes")
struct IndexNameTests {
    @Test("a name is what the server itself would choose, also when it is long, wide or taken")
    func chosen() async throws {
        let long = String(repeating: "long_", count: 11)
        let wide = String(repeating: "größe", count: 9)
        for (table, column) in [("t", "a"), (long, "a"), ("t", long), (long, long), (wide, wide), (wide, "a")] {
            try await IndexFixture.with("CREATE TABLE \"\(table)\" (\"\(column)\" text, b int)") { fixture in
                let server = try await fixture.database.psql(
                    """
                    CREATE INDEX ON "\(table)" ("\(column)", lower("\(column)"), (b + 1));
                    CREATE INDEX ON "\(table)" ("\(column)", lower("\(column)"), (b + 1));
                    SELECT relname FROM pg_class WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace ORDER BY oid
                    """
                ).split(separator: "\n").map(String.init)
                let columns = [column, "lower", "expr"]
                let first = IndexName.chosen(table: table, columns: columns, taken: [])
                let second = IndexName.chosen(table: table, columns: columns, taken: [first])
                #expect([first, second] == server)
            }
        }
    }
}
