import Foundation
import TestSupport
import Testing

@Suite("dbctl demo")
struct DemoTests {
    private struct Document: Decodable {
        struct Body: Decodable {
            struct Table: Decodable {
                let name: String
                let rows: Int
                let matches: Bool
            }
            struct Step: Decodable { let title: String }
            let tables: [Table]
            let steps: [Step]
        }
        let ok: Bool
        let schema: String
        let data: Body
    }

    @Test("a million rows are backed up, destroyed, restored and equal; nothing stays")
    func story() async throws {
        let run = try await Dbctl.run(["demo", "--format", "json"])
        #expect(run.exitCode == 0, "\(run)")
        let document = try run.decode(Document.self)
        #expect(document.ok)
        #expect(document.schema == "dbctl.demo/1")
        #expect(document.data.tables.reduce(0) { $0 + $1.rows } >= 1_000_000)
        #expect(document.data.tables.contains { $0.name == "prices" && $0.rows > 0 })
        for table in document.data.tables { #expect(table.matches, "\(table.name)") }
        #expect(document.data.steps.contains { $0.title.hasPrefix("DISASTER") })
    }
}
