import DBKit
import Testing

/// Files as each tool's own users write them.
@Suite struct MigrationDialectTests {
    @Test("golang-migrate: a file for each direction, with or without BEGIN and COMMIT")
    func golangMigrate() throws {
        let folder = try FolderText.folder([
            "000001_create_users_table.up.sql":
                "BEGIN;\n\nCREATE TABLE IF NOT EXISTS users (id serial);\nSELECT 1;\n\nCOMMIT;\n",
            "000001_create_users_table.down.sql": "DROP TABLE IF EXISTS users;\n",
            "000010_add_mood.up.sql": "BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 2;\n",
            "000002_index.up.sql": "CREATE INDEX CONCURRENTLY i ON users (id);",
        ])
        #expect(
            FolderText.summary(folder) == [
                "golang-migrate",
                "000001 create_users_table up: BEGIN; CREATE TABLE IF NOT EXISTS users (id serial); SELECT 1; COMMIT",
                "000001 create_users_table down: DROP TABLE IF EXISTS users",
                "000002 index up: CREATE INDEX CONCURRENTLY i ON users (id)",
                "000010 add_mood up: BEGIN; SELECT 1; COMMIT; SELECT 2",
            ])
        let first = folder.versioned[0]
        #expect(first.source == MigrationText(first.up.script.bytes))
    }

    @Test("goose: annotations in any case, functions between StatementBegin and StatementEnd")
    func goose() throws {
        let folder = try FolderText.folder([
            "00001_users.sql": """
            -- +goose Up
            CREATE TABLE post (id int, title text);
            -- +goose StatementBegin
            CREATE FUNCTION f() RETURNS void AS $$
            BEGIN
              -- +goose Down
              RETURN;
            END;
            $$ LANGUAGE plpgsql;
            -- +goose StatementEnd

            -- +goose Down
            -- +goose STATEMENTBEGIN
            DROP FUNCTION f()
            -- +goose statementend
            DROP TABLE post;
            """,
            "00002_index.sql":
                "-- +goose NO TRANSACTION\n-- +goose up\nCREATE INDEX CONCURRENTLY i ON post (id);\n-- +goose down\nDROP INDEX i;",
            "00003_text.sql": "-- +goose ENVSUB OFF\n-- +goose Up\nSELECT '${HOME}';",
            "embed.go": "package migrations", "00002_index_test.go": "package migrations",
        ])
        let function =
            "CREATE FUNCTION f() RETURNS void AS $$\nBEGIN\n  -- +goose Down\n  RETURN;\nEND;\n$$ LANGUAGE plpgsql"
        #expect(
            FolderText.summary(folder) == [
                "goose", "00001 users up: CREATE TABLE post (id int, title text); \(function)",
                "00001 users down: DROP FUNCTION f(); DROP TABLE post",
                "00002 index up: outside CREATE INDEX CONCURRENTLY i ON post (id)",
                "00002 index down: outside DROP INDEX i", "00003 text up: SELECT '${HOME}'",
            ])
    }

    static let wrongGoose: [(String, String)] = [
        ("SELECT 1;\n-- +goose Up", "1_a.sql:1: a statement stands before -- +goose Up"),
        (
            "-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;",
            "1_a.sql:2: ENVSUB ON: what the file does would depend on the environment of whoever runs it"
        ),
        (
            "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;",
            "1_a.sql:2: -- +goose StatementBegin has no StatementEnd"
        ),
        ("-- +goose Up\n-- +goose StatementEnd\nSELECT 1;", "1_a.sql:2: a StatementEnd without its StatementBegin"),
        (
            "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n-- +goose StatementBegin\n-- +goose StatementEnd",
            "1_a.sql:3: the StatementBegin on line 2 has no StatementEnd before this"
        ),
        ("-- +goose Up\n  -- +goose Down\nSELECT 1;", "1_a.sql:2: -- +goose Down does not begin its line"),
        ("-- +goose Up\n-- +goose Dwon\nSELECT 1;", "1_a.sql:2: there is no -- +goose Dwon; did you mean Down?"),
        ("-- +goose Up\n-- +goose Up", "1_a.sql:2: a second -- +goose Up"),
        ("-- nothing", "1_a.sql: there is no -- +goose Up"),
    ]

    @Test("goose: what goose itself would refuse is refused with its line", arguments: wrongGoose)
    func wrongGooseFiles(_ text: String, _ expected: String) {
        #expect(FolderText.problems(["1_a.sql": text], .goose) == [expected])
    }

    @Test("goose: a migration in Go is nothing for dbctl")
    func gooseInGo() {
        let files = ["1_a.sql": "-- +goose Up", "00002_b.go": ""]
        #expect(
            FolderText.problems(files) == ["00002_b.go: a migration written in Go, which only goose itself can run"])
    }

    @Test("Flyway: dotted versions as numbers, undo files, repeatables, settings, subfolders")
    func flyway() throws {
        let folder = try FolderText.folder([
            "V1__Create_person_table.sql": "create table PERSON (ID int not null);\n",
            "V1.10__later.sql": "SELECT 10; -- ${not} replaced\n",
            "2024/V1_2__add_people.sql": "insert into PERSON values (1);",
            "U1.2__add_people.sql": "delete from PERSON;",
            "R__Person_view.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;",
            "V2__concurrent.sql": "CREATE INDEX CONCURRENTLY i ON person (id);",
            "V2__concurrent.sql.conf": "# Flyway\nexecuteInTransaction=false\nencoding = UTF-8\n",
            "V3__text.sql": "SELECT '${kept}';", "V3__text.sql.conf": "placeholderReplacement=false",
        ])
        #expect(
            FolderText.summary(folder) == [
                "flyway", "1 Create person table up: create table PERSON (ID int not null)",
                "1.2 add people up: insert into PERSON values (1)", "1.2 add people down: delete from PERSON",
                "1.10 later up: SELECT 10", "2 concurrent up: outside CREATE INDEX CONCURRENTLY i ON person (id)",
                "3 text up: SELECT '${kept}'", "Person view up: CREATE OR REPLACE VIEW v AS SELECT 1",
            ])
    }

    static let wrongFlyway: [([String: String], String)] = [
        (
            ["V1__a.sql": "SELECT 1;\nSELECT\n'${schema}';"],
            "V1__a.sql:3: ${schema} is a placeholder, whose value only Flyway knows"
        ),
        (
            ["V1__a.sql": "DO $$\nBEGIN ${x} END $$"],
            "V1__a.sql:2: ${x} is a placeholder, whose value only Flyway knows"
        ),
        (
            ["V1__a.sql": "CREATE TABLE ${t} -- ${c}\n();"],
            "V1__a.sql:1: ${t} is a placeholder, whose value only Flyway knows"
        ),
        (
            ["V1__a.sql": "COPY t FROM stdin;\n1\n${r}\n\\.\n"],
            "V1__a.sql:3: ${r} is a placeholder, whose value only Flyway knows"
        ),
        (
            ["V1__a.sql": "", "afterMigrate.sql": ""],
            "afterMigrate.sql: a callback of Flyway's, which dbctl does not run"
        ),
        (
            ["V1__a.sql": "", "beforeEachMigrate__x.sql": ""],
            "beforeEachMigrate__x.sql: a callback of Flyway's, which dbctl does not run"
        ),
        (
            ["V1__a.sql": "", "V2__b.java": ""],
            "V2__b.java: a migration written in Java, which only Flyway itself can run"
        ),
        (
            ["V1__a.sql": "", "B3__b.sql": ""],
            "B3__b.sql: a baseline of Flyway's, which stands for all versions up to its own"
        ),
        (["V1__a.sql": "", "v2__b.sql": ""], "v2__b.sql: no name of Flyway's"),
        (["V1__a.sql": "", "V__b.sql": ""], "V__b.sql: no name of Flyway's"),
        (["V1__a.sql": "", "V01.0__b.sql": ""], "V1__a.sql: version 1 is also that of V01.0__b.sql"),
        (["V1__a.sql": "", "U2__b.sql": ""], "U2__b.sql: it undoes version 2, and no file applies that"),
        (
            ["V1__a.sql": "", "V1__a.sql.conf": "executeInTransaction=no"],
            "V1__a.sql.conf:1: dbctl does not know what executeInTransaction=no asks for"
        ),
        (["V1__a.sql": "", "V2__a.sql.conf": ""], "V2__a.sql.conf: there is no file to which these settings belong"),
        (["V1__a.sql": "", "x/R__v.sql": "", "R__v.sql": ""], "x/R__v.sql: it has the name of R__v.sql"),
    ]

    @Test("Flyway: what dbctl cannot do as Flyway does is refused", arguments: wrongFlyway)
    func wrongFlywayFiles(_ files: [String: String], _ expected: String) {
        #expect(FolderText.problems(files) == [expected])
    }

    @Test("Prisma: a folder for each migration, and down.sql where somebody made one")
    func prisma() throws {
        let folder = try FolderText.folder([
            "migration_lock.toml": "# Please do not edit\nprovider = \"postgresql\"\n",
            "0_init/migration.sql": "-- CreateTable\nCREATE TABLE \"User\" (\"id\" SERIAL NOT NULL);\n",
            "20240101120000_add_name/migration.sql": "-- AlterTable\nALTER TABLE \"User\" ADD COLUMN \"name\" TEXT;\n",
            "20240101120000_add_name/down.sql": "ALTER TABLE \"User\" DROP COLUMN \"name\";",
            "20240101120000_add_name/README.md": "Warnings",
        ])
        #expect(
            FolderText.summary(folder) == [
                "prisma", "0 init up: CREATE TABLE \"User\" (\"id\" SERIAL NOT NULL)",
                "20240101120000 add_name up: ALTER TABLE \"User\" ADD COLUMN \"name\" TEXT",
                "20240101120000 add_name down: ALTER TABLE \"User\" DROP COLUMN \"name\"",
            ])
    }

    @Test("Prisma: another database's migrations, and a folder without its script, are refused")
    func wrongPrisma() {
        var files = ["1_a/migration.sql": "SELECT 1;", "migration_lock.toml": "\nprovider = \"mysql\" # x\n"]
        #expect(
            FolderText.problems(files) == ["migration_lock.toml:2: these migrations are for mysql, not for PostgreSQL"])
        files["migration_lock.toml"] = nil
        files["2_b/"] = ""
        #expect(FolderText.problems(files) == ["2_b: there is no migration.sql in this folder"])
        files["2_b/"] = nil
        files["users/migration.sql"] = ""
        #expect(FolderText.problems(files) == ["users: the name does not begin with a version"])
    }

    @Test("sqlx: simple files and pairs, and the very first bytes say no-transaction")
    func sqlx() throws {
        let folder = try FolderText.folder([
            "20230101000000_users.sql": "CREATE TABLE users ();",
            "20230102000000_index.up.sql": "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON users (id);",
            "20230102000000_index.down.sql": "\n-- no-transaction\nDROP INDEX i;",
        ])
        #expect(
            FolderText.summary(folder) == [
                "sqlx", "20230101000000 users up: CREATE TABLE users ()",
                "20230102000000 index up: outside CREATE INDEX CONCURRENTLY i ON users (id)",
                "20230102000000 index down: DROP INDEX i",
            ])
    }

    @Test("a file that undoes what no file applies, or that another undoes as well, is refused")
    func wrongPairs() {
        #expect(
            FolderText.problems(["1_a.up.sql": "", "2_b.down.sql": ""])
                == ["2_b.down.sql: it undoes version 2, and no file applies that"])
        #expect(
            FolderText.problems(["1_a.up.sql": "", "01_a.down.sql": "", "1_a.down.sql": ""])
                == ["1_a.down.sql: 01_a.down.sql undoes version 1 as well"])
        #expect(
            FolderText.problems(["1_a.up.sql": "", "2_b.sql": ""], .golangMigrate)
                == ["2_b.sql: the name ends neither with .up.sql nor with .down.sql"])
    }
}
