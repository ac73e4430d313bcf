import DBKit
import TestSupport
import Testing

/// dbctl's own files, which are dbmate's as well.
@Suite struct MigrationNativeFilesTests {
    @Test("markers part a file into up and down, in the order of versions as numbers")
    func sections() throws {
        let folder = try FolderText.folder([
            "10_ten.sql": "-- migrate:up\nSELECT 10;\n",
            "9-nine.sql":
                "-- made by hand\n\n-- migrate:up\nCREATE TABLE a ();\nSELECT 2;\n-- migrate:down\nDROP TABLE a;\n",
            "20260101000000_users.sql": "--migrate:up transaction:false\nSELECT 1\n-- migrate:down transaction:true\n",
            "schema.sql": "\\connect nowhere", "README.md": "words", ".#10_ten.sql": "x", "10_ten.sql~": "x",
            "10_ten.sql.orig": "x", "notes/1_x.sql": "x",
        ])
        #expect(
            FolderText.summary(folder) == [
                "dbctl", "9 nine up: CREATE TABLE a (); SELECT 2", "9 nine down: DROP TABLE a", "10 ten up: SELECT 10",
                "20260101000000 users up: outside SELECT 1", "20260101000000 users down: ",
            ])
        #expect(folder.versioned[1].down == nil)
        #expect(folder.versioned[0].up.statements.map(\.line) == [4, 5])
        #expect(folder.versioned[0].down?.statements.map(\.line) == [7])
    }

    @Test("no file at all is an empty folder of dbctl's own")
    func empty() throws {
        #expect(try FolderText.folder([:]) == MigrationFolder(dialect: .dbctl, versioned: []))
        #expect(try FolderText.folder(["README.md": ""], .goose).dialect == .goose)
    }

    @Test("CRLF and a byte order mark change neither the sections nor the checksum")
    func lineEnds() throws {
        let text = "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"
        let plain = try FolderText.folder(["1_a.sql": text])
        let windows = try FolderText.folder(["1_a.sql": "\u{FEFF}" + text.replacing("\n", with: "\r\n")])
        #expect(FolderText.summary(windows) == FolderText.summary(plain))
        #expect(windows.versioned[0].down?.statements.map(\.line) == [4])
        #expect(windows.versioned[0].source.checksum == plain.versioned[0].source.checksum)
    }

    @Test(
        "a marker inside of a string, a body, a comment or the rows of a COPY is none",
        arguments: [
            "SELECT '\n-- migrate:down\n'", "DO $$\n-- migrate:down\n$$", "SELECT 1 /*\n-- migrate:down\n*/ + 1",
            "SELECT \"\n-- migrate:down\n\"", "SELECT $x$\n-- +goose Down\n$x$",
        ])
    func disguised(_ statement: String) throws {
        let folder = try FolderText.folder(["1_a.sql": "-- migrate:up\n\(statement);\nSELECT 9;\n"])
        #expect(FolderText.summary(folder) == ["dbctl", "1 a up: \(statement); SELECT 9"])
    }

    @Test("rows of a COPY stay with their statement, whatever they look like")
    func rows() throws {
        let text = "-- migrate:up\nCOPY t FROM stdin;\n-- migrate:down\n\\.\nSELECT 2;\n"
        let folder = try FolderText.folder(["1_a.sql": text])
        let up = folder.versioned[0].up
        #expect(up.statements.count == 2)
        #expect(up.statements[0].rows.map { up.script.text($0) } == "-- migrate:down\n")
        #expect(folder.versioned[0].down == nil)
    }

    @Test("repeatables and hooks need no markers")
    func repeatablesAndHooks() throws {
        let folder = try FolderText.folder([
            "R__views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;", "R__a_grants.sql": "-- migrate:up\nSELECT 3;",
            "1_a.sql": "-- migrate:up\n", "beforeEach.sql": "SET ROLE owner;", "afterAll.sql": "ANALYZE;",
        ])
        #expect(
            FolderText.summary(folder) == [
                "dbctl", "1 a up: ", "a_grants up: SELECT 3", "views up: CREATE OR REPLACE VIEW v AS SELECT 1",
                "beforeEach: SET ROLE owner", "afterAll: ANALYZE",
            ])
        #expect(folder.repeatables.allSatisfy { $0.identity == .repeatable && $0.version == nil })
    }

    static let wrong: [(String, String, String)] = [
        ("1_a.sql", "-- words", "1_a.sql: there is no -- migrate:up"),
        ("1_a.sql", "-- note\nSELECT 1;\n-- migrate:up\n", "1_a.sql:2: a statement stands before -- migrate:up"),
        (
            "1_a.sql", "-- migrate:up\n-- migrate:down\n-- migrate:up\n",
            "1_a.sql:3: a second -- migrate:up; the first is on line 1"
        ),
        (
            "1_a.sql", "-- migrate:down\n-- migrate:up\n",
            "1_a.sql:2: -- migrate:up comes after -- migrate:down on line 1"
        ),
        (
            "1_a.sql", "-- migrate:up\nSELECT 1;\n -- migrate:down\nSELECT 2;",
            "1_a.sql:3: -- migrate:down does not begin its line"
        ),
        (
            "1_a.sql", "-- migrate:up\nSELECT 1; -- migrate:down\n",
            "1_a.sql:2: -- migrate:down does not begin its line"
        ),
        (
            "1_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:dwon\nDROP TABLE a;",
            "1_a.sql:3: there is no -- migrate:dwon; did you mean -- migrate:down?"
        ),
        (
            "1_a.sql", "-- migrate:UP\n-- migrate:up\n",
            "1_a.sql:1: there is no -- migrate:UP; did you mean -- migrate:up?"
        ),
        (
            "1_a.sql", "-- migrate:up transaction:no\n",
            "1_a.sql:1: -- migrate:up knows no option transaction:no; did you mean transaction:false?"
        ),
        (
            "1_a.sql", "-- migrate:up\n\\set x 1\n",
            "1_a.sql:2: \\set is a command of psql, not SQL; no server understands it"
        ),
        ("1_a.sql", "-- migrate:up\nSELECT 'a;\n", "1_a.sql:2: a string begins here and does not end"),
        ("R__a.sql", "SELECT 1;\n-- migrate:down\n", "R__a.sql:2: this file is run as a whole and has no down section"),
        (
            "beforeEach.sql", "SELECT 1;\n-- migrate:down\n",
            "beforeEach.sql:2: this file is run as a whole and has no down section"
        ),
        (
            "beforeEach.sql", "-- dbctl:no-transaction",
            "beforeEach.sql: it runs in each migration's transaction, so that dbctl:no-transaction has no place here"
        ),
        ("users.sql", "-- migrate:up\n", "users.sql: the name does not begin with a version"),
        ("v1_a.sql", "-- migrate:up\n", "v1_a.sql: the name does not begin with a version"),
        ("_1_a.sql", "-- migrate:up\n", "_1_a.sql: the name does not begin with a version"),
        ("١_a.sql", "-- migrate:up\n", "١_a.sql: the name does not begin with a version"),
        (
            "1.2_a.sql", "-- migrate:up\n",
            "1.2_a.sql: the version is 1, and what follows it is another number"
        ),
        ("2_b.SQL", "-- migrate:up\n", "2_b.SQL: the name must end with .sql in small letters"),
    ]

    @Test("what is wrong is said with file and line", arguments: wrong)
    func wrongFiles(_ path: String, _ text: String, _ expected: String) {
        #expect(FolderText.problems([path: text], .dbctl) == [expected])
        #expect(FolderText.problems([path: text], .dbmate) == [expected])
    }

    @Test("a dash, nothing, or a letter after the version are fine")
    func names() throws {
        let names = try FolderText.folder([
            "1.sql": "-- migrate:up", "2a.sql": "-- migrate:up", "003-b c.sql": "-- migrate:up",
        ])
        .versioned.map(\.label)
        #expect(names == ["1", "2 a", "003 b c"])
    }

    @Test("two files of one version are refused with both names, M8")
    func duplicates() {
        let files = ["007_bond.sql": "-- migrate:up", "7_samurai.sql": "-- migrate:up", "8_x.sql": "-- migrate:up"]
        #expect(FolderText.problems(files) == ["7_samurai.sql: version 7 is also that of 007_bond.sql"])
    }

    @Test("every problem of every file is told at once, a bounded number of them")
    func allAtOnce() {
        let three = ["2_b.sql": "-- migrate:up\nSELECT 'x", "1_a.sql": "SELECT 1;", "x.sql": ""]
        #expect(
            FolderText.problems(three, .dbctl) == [
                "1_a.sql:1: a statement stands before -- migrate:up",
                "2_b.sql:2: a string begins here and does not end", "x.sql: the name does not begin with a version",
            ])
        let many = Dictionary(uniqueKeysWithValues: (10..<50).map { ("x\($0).sql", "") })
        let problems = FolderText.problems(many)
        #expect(problems.count == 22)
        #expect(problems.last == "and 19 more")
    }

    @Test(
        "a NUL byte is refused with its line, in every dialect and wherever it stands",
        arguments: [
            (Dialect.dbctl, "1_a.sql", "-- migrate:up\n"), (.goose, "1_a.sql", "-- +goose Up\n"),
            (.golangMigrate, "1_a.up.sql", "--\n"), (.sqlx, "1_a.sql", "--\n"), (.flyway, "V1__a.sql", "--\n"),
            (.prisma, "1_a/migration.sql", "--\n"), (.dbctl, "R__a.sql", "--\n"), (.dbctl, "beforeEach.sql", "--\n"),
        ])
    func nulByte(_ dialect: Dialect, _ path: String, _ head: String) {
        for text in ["SELECT 1;\0", "SELECT '\0';", "-- \0", "/* \0 */ SELECT 1;", "COPY t FROM stdin;\0\n\\.\n"] {
            #expect(
                FolderText.problems([path: head + text], dialect)
                    == ["\(path):2: the file has a NUL byte, which no text of PostgreSQL can hold"])
        }
    }

    @Test("a file that is not UTF-8 is refused with its line")
    func encoding() {
        let latin = Array("-- migrate:up\n\nSELECT 'h\u{00E9}';\n".unicodeScalars.map { UInt8($0.value) })
        #expect(
            FolderText.problems([.init(path: "1_a.sql", bytes: latin)]) == ["1_a.sql:3: the file is not UTF-8"])
        let wide: [UInt8] = [0xFF, 0xFE] + Array("-- migrate:up".utf8).flatMap { [$0, UInt8(0)] }
        #expect(
            FolderText.problems([.init(path: "1_a.sql", bytes: wide)]) == ["1_a.sql:1: the file is UTF-16, not UTF-8"])
    }

    @Test("up and down together are the file's statements, in its order", arguments: 0..<200)
    func nothingIsLost(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let pool = [
            "SELECT 1;", "SELECT '\n-- migrate:down\n';", "-- words\n", "DO $$ BEGIN; END $$;", "/* -- migrate:up */",
            "CREATE TABLE t (\n-- column\na int);", "COPY t FROM stdin;\n1\n-- migrate:down\n\\.\n", ";",
            "-- dbctl:allow r why",
            "SELECT 2 -- end\n;", "-- migrate is a word", "-- migrate: prose, too",
        ]
        func part() -> String {
            (0..<Int.random(in: 0...5, using: &random)).map { _ in pool.randomElement(using: &random)! + "\n" }.joined()
        }
        let up = part()
        let down = part()
        let text = "-- head\n-- migrate:up\n\(up)-- migrate:down\n\(down)"
        let migration = try FolderText.folder(["1_a.sql": text]).versioned[0]
        let all = try SQLScript(text)
        let sections = [migration.up, try #require(migration.down)]
        #expect(
            sections.flatMap { section in section.statements.map { section.text($0) } }
                == all.statements.map { all.text($0.range) })
        #expect(try sections.map(\.statements.count) == [SQLScript(up), SQLScript(down)].map(\.statements.count))
    }
}
