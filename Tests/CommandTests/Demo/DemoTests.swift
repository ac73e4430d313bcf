import Foundation
import TestSupport
import Testing

@Suite("dbctl demo")
struct DemoTests {
    private struct Document: Decodable {
        struct Body: Decodable {
            struct Table: Decodable {
                let schema: String
                let name: String
                let rows: Int
                let matches: Bool
            }
            struct Step: Decodable {
                let title: String
                let command: String?
            }
            struct Connections: Decodable {
                let exhausted: String
                let cause: String
                let ended: Int
                let freed: String
            }
            let tables: [Table]
            let connections: Connections
            let steps: [Step]
        }
        let ok: Bool
        let schema: String
        let data: Body
    }

    @Test("a million rows are backed up, destroyed, restored and equal; an exhausted server is freed; nothing stays")
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
        let migrated = try #require(document.data.steps.first { $0.command == "dbctl migrate up --dir migrations" })
        #expect(migrated.title.hasPrefix("applied 3 migrations"), "\(migrated.title)")
        // The history is part of the database: it is backed up and comes back with it.
        let history = document.data.tables.filter { $0.schema == "dbctl" }.map { "\($0.name) \($0.rows)" }
        let kept = history.filter { $0.hasPrefix("refresh_changes_") }
        #expect(
            history.filter { !kept.contains($0) } == [
                "migration_texts 3", "migrations 3", "operations 12", "refresh_assets 2000", "refresh_changes 0",
                "refresh_runs 1",
            ], "\(history)")
        #expect(kept.count == 1 && kept.first?.hasSuffix(" 9000") == true, "\(kept)")
        let undone = document.data.steps.contains { $0.title == "took it back: 9000 prices are again what they were" }
        #expect(undone)
        let titles = document.data.steps.map(\.title)
        #expect(titles.contains { $0.hasPrefix("prices needs none: public.prices_pkey serves") }, "\(titles)")
        #expect(titles.contains("indexed allocations while everybody could go on writing"), "\(titles)")
        #expect(titles.contains("asked for the three indexes again: nothing was built"), "\(titles)")
        #expect(titles.contains { $0.contains(/[1-9][0-9]* months of user_attempts were missing; rows have a place/) })
        #expect(titles.contains { $0.hasPrefix("archived what is past keeping: 8928 rows of user_attempts_p2024_01 ") })
        #expect(!document.data.tables.contains { $0.name == "user_attempts_p2024_01" })
        let connections = document.data.connections
        #expect(connections.exhausted == "CRITICAL" && connections.freed == "OK", "\(titles)")
        #expect(connections.cause == "lock_pileup_idle_in_transaction" && connections.ended > 5, "\(titles)")
        let commands = document.data.steps.compactMap(\.command)
        #expect(commands.contains("dbctl pool kill --root-blocker --yes"))
        #expect(titles.contains { $0.hasSuffix("Next: dbctl pool kill --root-blocker") }, "\(titles)")
        #expect(commands.contains { $0.hasPrefix("dbctl pool kill --idle-in-transaction ") }, "\(commands)")
    }
}
