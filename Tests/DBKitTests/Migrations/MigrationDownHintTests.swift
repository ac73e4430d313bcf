import Testing

@testable import Migrations

@Suite("What cannot be undone: where to write what undoes it")
struct MigrationDownHintTests {
    @Test(
        "each dialect's own file or marker is named",
        arguments: [
            (Dialect.dbctl, ["1_a.sql": "-- migrate:up\nSELECT 1;"], "-- migrate:down with what undoes it to 1_a.sql"),
            (.goose, ["1_a.sql": "-- +goose Up\nSELECT 1;"], "-- +goose Down with what undoes it to 1_a.sql"),
            (.golangMigrate, ["001_a.up.sql": "SELECT 1;"], "into 001_a.down.sql, and"),
            (.sqlx, ["1_a.sql": "SELECT 1;"], "into 1_a.down.sql, and"),
            (.sqlx, ["1_a.up.sql": "SELECT 1;", "1_a.down.sql": ""], "into 1_a.down.sql, and"),
            (.flyway, ["sub/V1.2__a.sql": "SELECT 1;"], "into sub/U1.2__a.sql, and"),
            (.prisma, ["1_a/migration.sql": "SELECT 1;"], "into 1_a/down.sql, and"),
            (
                .sqitch,
                [
                    "sqitch.plan": "%syntax-version=1.0.0\n%project=p\n\na 2026-01-01T00:00:00Z N <n@example.org>\n",
                    "deploy/a.sql": "SELECT 1;",
                ], "into revert/a.sql, and"
            ),
        ])
    func named(_ dialect: Dialect, _ files: [String: String], _ wanted: String) throws {
        let folder = try FolderText.folder(files, dialect)
        let hint = try #require(folder.versioned.first).downHint
        #expect(hint.contains(wanted), "\(hint)")
        #expect(hint.contains("rebless 1") == hint.contains("-- "), "only an edited file is to be accepted: \(hint)")
    }

    @Test("a file that the hint names is read as the way down")
    func isRead() throws {
        let cases: [(Dialect, String, String)] = [
            (.golangMigrate, "001_a.up.sql", "001_a.down.sql"), (.sqlx, "1_a.sql", "1_a.down.sql"),
            (.flyway, "sub/V1.2__a.sql", "sub/U1.2__a.sql"), (.prisma, "1_a/migration.sql", "1_a/down.sql"),
        ]
        for (dialect, up, down) in cases {
            let folder = try FolderText.folder([up: "SELECT 1;", down: "SELECT 2;"], dialect)
            #expect(folder.versioned.first?.down?.path == down)
        }
    }
}
