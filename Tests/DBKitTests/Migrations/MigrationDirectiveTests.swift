import DBKit
import Testing

/// `-- dbctl:…`: read strictly, because a misspelt one would be a comment.
@Suite struct MigrationDirectiveTests {
    private static func migration(_ text: String) throws -> Migration {
        try FolderText.folder(["1_a.sql": text]).versioned[0]
    }

    @Test("directives before the first marker or behind it belong to up, those behind the second to down")
    func sections() throws {
        let migration = try Self.migration(
            """
            -- dbctl:lock-timeout 5s
            -- migrate:up
            -- dbctl: statement-timeout 1h
            -- dbctl:allow add-column the table is empty
            ALTER TABLE a ADD b int; -- dbctl:allow other  why not
            -- migrate:down
            -- dbctl:no-transaction
            -- dbctl:lock-timeout 300ms
            DROP INDEX CONCURRENTLY i;
            """)
        let up = migration.up.directives
        #expect(up.lockTimeout == .seconds(5))
        #expect(up.statementTimeout == .seconds(3600))
        #expect(!up.isOutsideTransaction)
        #expect(
            up.allowances == [
                .init(rule: "add-column", reason: "the table is empty", line: 4),
                .init(rule: "other", reason: "why not", line: 5),
            ])
        let down = try #require(migration.down).directives
        #expect(down.isOutsideTransaction)
        #expect(down.lockTimeout == .milliseconds(300))
        #expect(down.statementTimeout == nil)
        #expect(down.allowances.isEmpty)
    }

    @Test("a directive in a string or in a comment of the other kind is none")
    func disguised() throws {
        let migration = try Self.migration("-- migrate:up\nSELECT '\n-- dbctl:xyz\n';\n/* -- dbctl:no-transaction */\n")
        #expect(migration.up.directives == MigrationDirectives())
    }

    @Test("a backfill belongs to the statement that follows it")
    func backfills() throws {
        let migration = try Self.migration(
            """
            -- migrate:up
            SELECT 1;
            -- dbctl:backfill table=app."Big Table" key=tenant,id batch=5000

            -- in batches
            UPDATE app."Big Table" SET a = 1;
            -- migrate:down
            -- dbctl:backfill key="a,b" table=users
            UPDATE users SET a = NULL;
            """)
        #expect(
            migration.up.directives.backfills == [
                .init(table: #"app."Big Table""#, key: ["tenant", "id"], batch: 5000, line: 3, statement: 1)
            ])
        #expect(
            migration.down?.directives.backfills == [
                .init(table: "users", key: [#""a,b""#], batch: 1000, line: 8, statement: 0)
            ])
    }

    static let wrong: [(String, String)] = [
        ("-- dbctl:no-transactions", "there is no directive dbctl:no-transactions; did you mean dbctl:no-transaction?"),
        ("-- dbctl:lock_timeout 5s", "there is no directive dbctl:lock_timeout; did you mean dbctl:lock-timeout?"),
        (
            "-- dbctl:xyz",
            "there is no directive dbctl:xyz; there are no-transaction, allow, lock-timeout, statement-timeout, backfill"
        ),
        ("-- dbctl:no-transaction please", "dbctl:no-transaction takes no value"),
        ("-- dbctl:no-transaction\n-- dbctl:no-transaction", "dbctl:no-transaction was given before"),
        (
            "-- dbctl:lock-timeout 5",
            "dbctl:lock-timeout 5: not a duration: an integer and ms, s, m, h, d or w, as in 300ms, 90s, 26h or 7d"
        ),
        ("-- dbctl:lock-timeout 0s", "dbctl:lock-timeout 0s would wait without a limit; name one, as in 5s"),
        ("-- dbctl:statement-timeout 5w", "dbctl:statement-timeout 5w: the server allows no more than 24d"),
        ("-- dbctl:allow rule", "dbctl:allow wants a rule and a reason: -- dbctl:allow RULE why it is fine here"),
        (
            "-- dbctl:backfill table=a",
            "dbctl:backfill wants table= and key=: -- dbctl:backfill table=users key=id batch=1000"
        ),
        ("-- dbctl:backfill table=a key=b bacth=3", "dbctl:backfill knows no bacth=; did you mean batch=?"),
        ("-- dbctl:backfill table=a key=b batch=0", "dbctl:backfill batch=0 is no number of rows"),
        ("-- dbctl:backfill table=a key=b batch=1k", "dbctl:backfill batch=1k is no number of rows"),
        ("-- dbctl:backfill table=a.b.c key=b", "dbctl:backfill table=a.b.c is no name of a table"),
        ("-- dbctl:backfill table=a;b key=b", "dbctl:backfill table=a;b is no name of a table"),
        ("-- dbctl:backfill table=\"a key=b", "dbctl:backfill table=\"a key=b is no name of a table"),
        ("-- dbctl:backfill table=a key=b,", "dbctl:backfill key=b, is no column, nor several between commas"),
        ("-- dbctl:backfill table=a table=b key=c", "dbctl:backfill names table= twice"),
        (
            "-- dbctl:backfill users",
            "dbctl:backfill wants name=value, not users: -- dbctl:backfill table=users key=id batch=1000"
        ),
    ]

    @Test("one that is not understood is refused with the nearest that is", arguments: wrong)
    func wrongDirectives(_ directive: String, _ expected: String) {
        let line = 1 + directive.split(separator: "\n").count
        let text = "-- migrate:up\n\(directive)\nUPDATE a SET b = 1;\n"
        #expect(FolderText.problems(["1_a.sql": text]) == ["1_a.sql:\(line): \(expected)"])
    }

    @Test("a backfill without a statement after it is refused, and so is one within a statement, or a second one")
    func misplacedBackfills() {
        let directive = "-- dbctl:backfill table=a key=b\n"
        let place = "dbctl:backfill stands before the statement that it is for, on a line of its own"
        #expect(
            FolderText.problems(["1_a.sql": "-- migrate:up\nSELECT 1;\n\(directive)-- migrate:down\nSELECT 2;"])
                == ["1_a.sql:3: \(place)"])
        #expect(
            FolderText.problems(["1_a.sql": "-- migrate:up\nUPDATE a\n\(directive)SET b = 1;\nSELECT 2;"])
                == ["1_a.sql:3: \(place)"])
        #expect(
            FolderText.problems(["1_a.sql": "-- migrate:up\n\(directive)\(directive)UPDATE a SET b = 1;"])
                == ["1_a.sql:3: the statement after this dbctl:backfill has one already, on line 2"])
        #expect(
            FolderText.problems(["afterAll.sql": "\(directive)UPDATE a SET b = 1;"])
                == ["afterAll.sql:1: a backfill belongs into a migration, which runs once"])
    }

    @Test("directives hold in the files of every tool")
    func otherTools() throws {
        let text = "-- dbctl:lock-timeout 7s\nSELECT 1;\n"
        let folders: [[String: String]] = [
            ["1_a.up.sql": text], ["V1__a.sql": text], ["1_a/migration.sql": text],
            ["1_a.sql": "-- +goose Up\n" + text],
        ]
        for files in folders {
            #expect(try FolderText.folder(files).versioned.map(\.up.directives.lockTimeout) == [.seconds(7)])
        }
        #expect(FolderText.problems(["V1__a.sql": "-- dbctl:lock-timeot 5s"]).count == 1)
    }
}
