import Operations
import Testing

@testable import Migrations

/// What the readers of other tools' histories make of rows that a tidy database does not have. M11.
@Suite struct AdoptionReaderTests {
    private static func read(_ tool: ForeignTool, _ rows: [[String: String]]) throws -> [String] {
        let history = try tool.reader.read(ForeignRows(rows.map { ForeignRow($0, of: "t") }))
        return history.entries.map(label) + (history.floor.map { ["up to \($0)"] } ?? [])
    }

    private static func label(_ entry: ForeignEntry) -> String {
        guard case .version(let version) = entry.identity else { return entry.name }
        return entry.name.isEmpty ? version.text : "\(version) \(entry.name)"
    }

    private static func flyway(_ rank: Int, _ version: String?, _ type: String, _ description: String = "d") -> [String:
        String]
    {
        var row = ["installed_rank": "\(rank)", "type": type, "description": description, "success": "true"]
        row["version"] = version
        return row
    }

    @Test("Flyway: the last row of a version counts, whatever the order of the rows")
    func flyway() throws {
        let rows = [
            Self.flyway(10, "2", "UNDO_SQL"), Self.flyway(9, "2", "SQL"), Self.flyway(2, "1", "BASELINE"),
            Self.flyway(11, "3", "SQL"), Self.flyway(12, "3", "DELETE"), Self.flyway(13, "4", "SPRING_JDBC"),
            Self.flyway(14, "5", "UNDO_SQL"), Self.flyway(15, "5", "SQL"), Self.flyway(16, nil, "SQL", "views"),
            Self.flyway(17, nil, "SQL", "views"), Self.flyway(1, nil, "SCHEMA", "x"),
            Self.flyway(18, "6", "SQL_BASELINE"),
        ]
        #expect(try Self.read(.flyway, rows) == ["4 d", "5 d", "views", "up to 6"])
        let history = try FlywayHistory.read(ForeignRows(rows.map { ForeignRow($0) }))
        #expect(history.entries.map(\.isProgram) == [true, false, false])
    }

    @Test("goose: by the ids of the rows, not by their times or their order")
    func goose() throws {
        let rows = [
            ("12", "1", "true"), ("9", "1", "false"), ("10", "2", "true"), ("11", "2", "false"), ("1", "0", "true"),
        ]
        let made = rows.map { ["id": $0.0, "version_id": $0.1, "is_applied": $0.2] }
        #expect(try Self.read(.goose, made) == ["1"])
    }

    @Test("golang-migrate: nothing at all, and everything taken back")
    func golangMigrate() throws {
        #expect(try Self.read(.golangMigrate, []).isEmpty)
        #expect(try Self.read(.golangMigrate, [["version": "-1", "dirty": "false"]]).isEmpty)
        #expect(try Self.read(.golangMigrate, [["version": "7", "dirty": "false"]]) == ["7", "up to 7"])
    }

    @Test("Atlas: a baseline stands for what lies under it, and what somebody resolved is applied")
    func atlas() throws {
        func row(_ version: String, _ type: String, _ applied: String, _ error: String = "") -> [String: String] {
            ["version": version, "type": type, "applied": applied, "total": "2", "error": error, "hash": ""]
        }
        #expect(try Self.read(.atlas, [row("1", "1", "2"), row("2", "6", "1", "no")]) == ["2", "up to 1"])
        #expect(throws: Failure.self) { try Self.read(.atlas, [row("2", "2", "1")]) }
        #expect(throws: Failure.self) { try Self.read(.atlas, [row("2", "2", "2", "no")]) }
    }

    @Test("Liquibase: FAILED is refused, SKIPPED was not applied")
    func liquibase() throws {
        func row(_ order: String, _ type: String) -> [String: String] {
            ["id": order, "author": "a", "filename": "f", "orderexecuted": order, "exectype": type]
        }
        let history = try LiquibaseHistory.read(
            ForeignRows([row("10", "RERAN"), row("9", "EXECUTED"), row("8", "SKIPPED")].map { ForeignRow($0) }))
        #expect(history.entries.map(\.identity) == [.other("liquibase:f::9::a"), .other("liquibase:f::10::a")])
        #expect(throws: Failure.self) { try Self.read(.liquibase, [row("1", "FAILED")]) }
    }

    @Test("a row that the tool cannot have written is 65 and names the table")
    func unreadable() {
        let error = #expect(throws: Failure.self) { try Self.read(.goose, [["id": "x", "version_id": "1"]]) }
        #expect(error?.code.name == "migrate.adopt_unreadable" && error?.message == "t: id is x, which is no number")
        let other = #expect(throws: Failure.self) { try Self.read(.sqlx, [["version": "1", "success": "true"]]) }
        #expect(other?.message == "t has a row without checksum")
    }

    private static func atlas(_ name: String, _ files: [(String, String)], _ at: String) -> ForeignEntry {
        let sum = AtlasSum(files.map { (name: $0.0, bytes: Array($0.1.utf8)) })
        return ForeignEntry(
            named: name, tool: .atlas, proof: sum.entries.last.map { .atlas($0.hash) }, appliedAt: at)
    }

    @Test("Atlas: a late file that came between two applied ones does not make the second one another")
    func atlasLate() throws {
        let files = [("1_a.sql", "SELECT 1;"), ("2_b.sql", "SELECT 2;"), ("3_c.sql", "SELECT 3;")]
        let folder = try MigrationFolder(files: files.map { .init(path: $0.0, bytes: Array($0.1.utf8)) })
        var history = ForeignHistory()
        history.entries = [
            Self.atlas("1", [files[0]], "2024-01-01"), Self.atlas("3", [files[0], files[2]], "2024-01-02"),
            Self.atlas("2", [files[0], files[1]], "2024-01-03"),
        ]
        let plan = try AdoptionPlan(history, of: .atlas, in: folder, beside: [])
        #expect(plan.records.map(\.key) == ["1", "3", "2"])
        history.entries[1] = Self.atlas("3", [files[1], files[2]], "2024-01-02")
        #expect(throws: Failure.self) { try AdoptionPlan(history, of: .atlas, in: folder, beside: []) }
    }

    @Test("sqitch: of a registry with several plans, only the projects of this folder")
    func sqitchProjects() throws {
        let files = [
            "sqitch.plan": "%project=p\n\na 2026-11-21T17:46:40Z Ann <a@example.com> # A.\n",
            "deploy/a.sql": "SELECT 1;",
        ]
        let folder = try MigrationFolder(files: files.map { .init(path: $0.key, bytes: Array($0.value.utf8)) })
        func entry(_ id: String, _ project: String) -> ForeignEntry {
            var entry = ForeignEntry(.change(id), name: project)
            entry.project = project
            return entry
        }
        let own = entry(try #require(folder.versioned.first?.changeID), "p")
        var history = ForeignHistory()
        history.entries = [entry("123", "other"), own]
        #expect(try AdoptionPlan(history, of: .sqitch, in: folder, beside: []).records.map(\.key) == ["1"])
        history.entries.append(entry("456", "p"))
        #expect(throws: Failure.self) { try AdoptionPlan(history, of: .sqitch, in: folder, beside: []) }
    }
}
