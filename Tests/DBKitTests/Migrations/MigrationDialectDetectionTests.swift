import DBKit
import Testing

/// Whose a folder is.
@Suite struct MigrationDialectDetectionTests {
    static let clear: [([String: String], Dialect)] = [
        (["1_a.sql": "-- migrate:up"], .dbctl), (["R__v.sql": ""], .dbctl), (["schema.sql": "x"], .dbctl),
        (["1_a.sql": "-- +goose Up"], .goose), (["1_a.up.sql": ""], .golangMigrate), (["1_a.sql": "SELECT 1;"], .sqlx),
        (["1_a.sql": "SELECT '\n-- migrate:up\n';"], .sqlx), (["1_a.up.sql": "-- no-transaction"], .sqlx),
        (["1_a.sql": "", "2_b.up.sql": ""], .sqlx), (["V1__a.sql": ""], .flyway), (["a/V1__a.sql": ""], .flyway),
        (["1_a/migration.sql": ""], .prisma), (["migration_lock.toml": "provider = \"postgresql\""], .prisma),
        (["sqitch.plan": "%project=p"], .sqitch), (["afterAll.sql": "", "V1__a.sql": ""], .flyway),
    ]

    @Test("names and markers say whose a folder is", arguments: clear)
    func found(_ files: [String: String], _ expected: Dialect) throws {
        #expect(try FolderText.folder(files).dialect == expected)
    }

    static let mixed: [([String: String], String)] = [
        (
            ["1_a.sql": "-- migrate:up", "2_b.sql": "-- +goose Up"],
            "dbctl (1_a.sql has -- migrate:up or down), goose (2_b.sql has -- +goose)"
        ),
        (
            ["1_a.sql": "-- migrate:up", "2_b.up.sql": ""],
            "dbctl (1_a.sql has -- migrate:up or down), golang-migrate (there is 2_b.up.sql)"
        ),
        (
            ["V1__a.sql": "", "1_a/migration.sql": ""],
            "flyway (there is V1__a.sql), prisma (there is 1_a/migration.sql)"
        ),
        (
            ["V1__a.sql": "", "1_a.sql": ""],
            "flyway (there is V1__a.sql), sqlx (1_a.sql has neither markers nor a direction in its name)"
        ),
        (
            ["sqitch.plan": "%project=p", "1_a.sql": "-- +goose Up"],
            "goose (1_a.sql has -- +goose), sqitch (there is sqitch.plan)"
        ),
    ]

    @Test("a folder of two tools is refused with what speaks for which", arguments: mixed)
    func ambiguous(_ files: [String: String], _ expected: String) {
        do throws(Failure) {
            _ = try FolderText.folder(files)
            Issue.record("it was read")
        } catch {
            #expect(error.code.name == "migrate.dialect")
            #expect(error.category == .data)
            #expect(error.message == "whose migrations these are is not clear: \(expected)")
            #expect(error.hint?.contains("--dialect NAME") == true)
        }
    }

    @Test("a file whose marker was forgotten does not make the folder another tool's")
    func forgotten() {
        #expect(
            FolderText.problems(["1_a.sql": "-- migrate:up", "2_b.sql": "-- words"])
                == ["2_b.sql: there is no -- migrate:up"])
        #expect(
            FolderText.problems(["1_a.sql": "-- +goose Up", "2_b.sql": "-- words"])
                == ["2_b.sql: there is no -- +goose Up"])
        #expect(
            FolderText.problems(["1_a.sql": "-- dbctl:no-transaction\n-- migrate up"])
                == ["1_a.sql: there is no -- migrate:up"])
    }

    @Test("read as a tool whose files have no markers, another tool's file would do and undo at once: refused")
    func foreignMarkers() {
        for dialect in [Dialect.sqlx, .golangMigrate, .flyway] {
            let name = dialect == .flyway ? "V1__a.sql" : "1_a.up.sql"
            #expect(
                FolderText.problems([name: "-- migrate:up\nSELECT 1;\n-- migrate:down"], dialect)
                    == ["\(name):1: a marker of dbctl in a folder of \(dialect.rawValue)"])
            #expect(
                FolderText.problems([name: "SELECT 1;\n-- +goose Down"], dialect)
                    == ["\(name):2: a marker of goose in a folder of \(dialect.rawValue)"])
        }
        #expect(
            FolderText.problems(["1_a.sql": "-- migrate:up\n-- +goose Down"], .dbctl)
                == ["1_a.sql:2: a marker of goose in a folder of dbctl"])
    }

    @Test("what stands behind something on its line is no marker, and parts no statement of another tool's")
    func behind() throws {
        let folder = try FolderText.folder(["1_a.sql": "SELECT 1 -- migrate:down\n + 2; -- +goose Down\n"], .sqlx)
        #expect(FolderText.summary(folder) == ["sqlx", "1 a up: SELECT 1 -- migrate:down\n + 2"])
    }

    @Test("an unfinished file still says whose it is")
    func broken() {
        #expect(
            FolderText.problems(["1_a.sql": "-- +goose Up\nSELECT 'x"])
                == ["1_a.sql:2: a string begins here and does not end"])
    }
}
