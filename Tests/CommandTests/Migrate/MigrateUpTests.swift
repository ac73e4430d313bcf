import TestSupport
import Testing

/// `dbctl migrate up` and what it keeps in the history.
@Suite struct MigrateUpTests {
    static let users =
        "-- migrate:up\nCREATE TABLE users (id int PRIMARY KEY, email text);\n-- migrate:down\nDROP TABLE users;\n"

    @Test("pending migrations are applied in the order of their numbers, each with a row of the history")
    func order() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "2_b.sql": "-- migrate:up\nALTER TABLE t ADD COLUMN b int;\n",
                "10_c.sql": "-- migrate:up\nALTER TABLE t ADD COLUMN c int;\n",
                "001_a.sql": "-- migrate:up\nCREATE TABLE t (a int);\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let first = try await migrations.run("up")
                #expect(first.exitCode == 0, "\(first)")
                #expect(try first.versions("applied") == ["001", "2", "10"])
                let columns =
                    "SELECT string_agg(attname, '' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0"
                #expect(try await database.psql(columns) == "abc")
                let rows =
                    "SELECT string_agg(version || ' ' || name || ' ' || state, ',' ORDER BY applied_at) FROM dbctl.migrations"
                #expect(try await database.psql(rows) == "001 a applied,2 b applied,10 c applied")
                let again = try await migrations.run("up")
                #expect(try again.exitCode == 0 && again.versions("applied").isEmpty, "\(again)")
                let runs =
                    "SELECT string_agg(outcome || ' ' || (counts ->> 'applied'), ',') FROM dbctl.operations WHERE command = 'migrate up'"
                #expect(try await database.psql(runs) == "succeeded 3", "a run that changes nothing leaves no record")
            }
        }
    }

    @Test("status changes nothing, and knows pending, applied, edited, missing and late")
    func status() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": Self.users, "3_c.sql": "-- migrate:up\nSELECT 1;\n", "5_e.sql": "-- migrate:up\nSELECT 2;\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let before = try await migrations.run("status", "--exit-code")
                #expect(try before.exitCode == 1 && states(before) == "1 pending,3 pending,5 pending", "\(before)")
                #expect(try await database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
                _ = try await migrations.run("up", "--to", "3")
                #expect(try states(await migrations.run("status")) == "1 applied,3 applied,5 pending")
                try migrations.write("1_a.sql", Self.users + "-- more\n")
                try migrations.remove("3_c.sql")
                try migrations.write("2_b.sql", "-- migrate:up\nSELECT 3;\n")
                let after = try await migrations.run("status")
                #expect(after.exitCode == 0)
                #expect(try states(after) == "1 edited,2 out_of_order,3 missing,5 pending")
                #expect(try after.data()["pending"] as? Int == 1 && after.data()["problems"] as? Int == 3, "each once")
            }
        }
    }

    private func states(_ outcome: DbctlOutcome) throws -> String {
        let list = try outcome.data()["migrations"] as? [[String: Any]] ?? []
        return list.map { "\($0["version"] ?? "") \($0["state"] ?? "")" }.joined(separator: ",")
    }

    @Test("M8: an edited file is refused before anything runs, with what was edited; rebless accepts it")
    func edited() async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(["1_a.sql": Self.users], on: database.url) { migrations in
                _ = try await migrations.run("up")
                try migrations.write("1_a.sql", Self.users.replacing("email text", with: "email varchar"))
                try migrations.write("0_late.sql", "-- migrate:up\nCREATE TABLE late ();\n")
                try migrations.write("2_b.sql", "-- migrate:up\nCREATE TABLE b ();\n")
                let refused = try await migrations.run("up")
                let error = try refused.error()
                #expect(refused.exitCode == 65 && error["code"] as? String == "migrate.edited", "\(refused)")
                let detail = error["detail"] as? String ?? ""
                #expect(detail.contains("-CREATE TABLE users (id int PRIMARY KEY, email text);"))
                #expect(detail.contains("+CREATE TABLE users (id int PRIMARY KEY, email varchar);"))
                #expect(try await database.psql("SELECT to_regclass('b') IS NULL") == "t")
                let accepted = try await migrations.run("rebless", "1")
                #expect(accepted.exitCode == 0, "\(accepted)")
                #expect(
                    try await database.psql(
                        "SELECT '1' = ANY (arguments) FROM dbctl.operations WHERE command = 'migrate rebless'")
                        == "t")
                let late = try await migrations.run("up")
                #expect(late.exitCode == 80, "\(late)")
                #expect(try late.message().contains("0 late"))
                let all = try await migrations.run("up", "--allow-out-of-order")
                #expect(try all.exitCode == 0 && all.versions("applied") == ["0", "2"], "\(all)")
            }
        }
    }

    @Test("M8: line ends and a byte order mark are no edit")
    func lineEnds() async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(["1_a.sql": Self.users], on: database.url) { migrations in
                _ = try await migrations.run("up")
                try migrations.write("1_a.sql", "\u{FEFF}" + Self.users.replacing("\n", with: "\r\n"))
                let again = try await migrations.run("up")
                #expect(again.exitCode == 0, "\(again)")
            }
        }
    }

    @Test("M8: an applied migration without its file is said, and stops nothing")
    func missing() async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(["1_a.sql": Self.users], on: database.url) { migrations in
                _ = try await migrations.run("up")
                try migrations.remove("1_a.sql")
                try migrations.write("2_b.sql", "-- migrate:up\nSELECT 1;\n")
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                #expect(outcome.stdout.contains("the file is gone: 1 a"), "\(outcome)")
            }
        }
    }

    @Test("a statement that fails takes its whole file with it, and says where it is")
    func failure() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": Self.users,
                "2_b.sql": "-- migrate:up\nCREATE TABLE b (i int);\n\nINSERT INTO b\n  VALUES ('x');\n",
                "3_c.sql": "-- migrate:up\nSELECT 1;\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 81, "1 is applied: \(outcome)")
                #expect(try outcome.versions("applied") == ["1"] && outcome.data()["pending"] as? Int == 2)
                let error = try outcome.error()
                #expect(error["code"] as? String == "sql.value")
                #expect(try outcome.message().contains("2_b.sql:4, statement 2 of 2"), "\(error)")
                #expect(try outcome.detail().contains("line 5, column"), "\(error)")
                #expect(error["sqlstate"] as? String == "22P02")
                #expect(
                    try await database.psql("SELECT to_regclass('b') IS NULL, count(*) FROM dbctl.migrations") == "t|1")
                #expect(try await migrations.run("up").exitCode == 76, "nothing was done this time")
            }
        }
    }

    @Test("M7: what cannot run in a transaction is put outside of it; a failure there is gone on with at its statement")
    func segments() async throws {
        try await TestServer.withDatabase { database in
            let text = """
                -- migrate:up
                CREATE TABLE t (a int, b int);
                INSERT INTO t VALUES (1, 1), (1, 2);
                CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);
                CREATE INDEX CONCURRENTLY t_b ON t (b);
                ALTER TABLE t ADD COLUMN c int;
                """
            try await MigrationFixture.with(["1_t.sql": text], on: database.url) { migrations in
                let first = try await migrations.run("up")
                #expect(first.exitCode == 81, "\(first)")
                let message = try first.error()["message"] as? String ?? ""
                #expect(message.contains("1_t.sql:4, statement 3 of 5"), "\(message)")
                #expect(try first.detail().contains("(1) 2 times"), "\(first)")
                let state =
                    "SELECT state, resume_at, (SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass) FROM dbctl.migrations"
                #expect(try await database.psql(state) == "partial|3|0", "nothing INVALID is left")

                try migrations.write("1_t.sql", text.replacing("(1, 2)", with: "(2, 2)"))
                let edited = try await migrations.run("up")
                #expect(edited.exitCode == 65, "what is done cannot be changed any more: \(edited)")

                try await database.psql("DELETE FROM t WHERE b = 2")
                try migrations.write("1_t.sql", text.replacing("c int", with: "c bigint"))
                let second = try await migrations.run("up")
                #expect(second.exitCode == 0, "\(second)")
                let end =
                    "SELECT state, resume_at IS NULL, (SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid), (SELECT count(*) FROM t) FROM dbctl.migrations"
                #expect(try await database.psql(end) == "applied|t|2|1", "statements 1 and 2 were not run again")
            }
        }
    }

    @Test("M6: a unique index over duplicates is refused with sample keys, and nothing is left behind")
    func duplicates() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (a int); INSERT INTO t VALUES (7), (7), (8)")
            let files = ["1_i.sql": "-- migrate:up\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 65, "\(outcome)")
                #expect(try outcome.detail().contains("(7) 2 times"), "\(outcome)")
                let left =
                    "SELECT (SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass), (SELECT count(*) FROM dbctl.migrations)"
                #expect(try await database.psql(left) == "0|0")
            }
        }
    }

    @Test("M6: IF NOT EXISTS over an INVALID index builds it anew", arguments: ["", "IF NOT EXISTS "])
    func invalid(clause: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (a int); INSERT INTO t VALUES (7), (7)")
            _ = try? await database.psql("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
            let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass"
            #expect(try await database.psql(valid) == "f")
            try await database.psql("DELETE FROM t")
            let files = ["1_i.sql": "-- migrate:up\nCREATE UNIQUE INDEX CONCURRENTLY \(clause)t_a ON t (a);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                #expect(try await database.psql(valid) == "t")
            }
        }
    }

    @Test("M10: down undoes what has a down section, all that is asked for or nothing")
    func down() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": Self.users, "2_b.sql": "-- migrate:up\nCREATE TABLE b ();\n",
                "3_c.sql": "-- migrate:up\nCREATE TABLE c ();\n-- migrate:down\nDROP TABLE c;\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                _ = try await migrations.run("up")
                let dry = try await migrations.run("down")
                #expect(try dry.exitCode == 0 && dry.isDryRun(), "\(dry)")
                let none = try await migrations.run("down", "--steps", "2", "--yes")
                #expect(none.exitCode == 66, "\(none)")
                let tables =
                    "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                #expect(try await database.psql(tables) == "b,c,users", "nothing is undone halfway")
                let redone = try await migrations.run("redo", "--yes")
                #expect(try redone.exitCode == 0 && redone.versions("applied") == ["3"], "\(redone)")
                let one = try await migrations.run("down", "--yes")
                #expect(try one.exitCode == 0 && one.versions("undone") == ["3"], "\(one)")
                #expect(try await database.psql(tables) == "b,users")
                let to = try await migrations.run("down", "--to", "1", "--yes")
                #expect(to.exitCode == 66, "2 has no down section: \(to)")
            }
        }
    }

    @Test("M13: repeatable files run after versioned ones whenever they change; hooks run in their places")
    func repeatables() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": Self.users, "R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM users;\n",
                "beforeEach.sql": "CREATE TABLE IF NOT EXISTS log (line text); INSERT INTO log VALUES ('each');\n",
                "afterAll.sql": "INSERT INTO log VALUES ('all');\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let first = try await migrations.run("up")
                #expect(try first.exitCode == 0 && first.versions("applied") == ["1", "R__view"], "\(first)")
                #expect(try await database.psql("SELECT string_agg(line, ',') FROM log") == "each,each,all")
                #expect(try await migrations.run("up").versions("applied") == [])
                try migrations.write("R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT id, email FROM users;\n")
                #expect(try await migrations.run("up").versions("applied") == ["R__view"])
                #expect(try await database.psql("SELECT string_agg(line, ',') FROM log") == "each,each,all,each,all")
            }
        }
    }

    @Test("what a migration sets in its session does not reach the next one")
    func sessionState() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                "CREATE ROLE \(database.name)_r; GRANT CREATE ON SCHEMA public TO \(database.name)_r")
            let files = [
                "1_a.sql":
                    "-- migrate:up\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.a ();\nCREATE TEMP TABLE x ();\n",
                "2_b.sql": "-- migrate:up\nSET ROLE \(database.name)_r;\nCREATE TABLE b ();\nSET lock_timeout = 0;\n",
                "3_c.sql":
                    "-- migrate:up\nCREATE TABLE c AS SELECT current_user::text AS who, current_setting('lock_timeout') AS timeout;\nCREATE TEMP TABLE x ();\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                #expect(try await database.psql("SELECT who, timeout FROM c") == "postgres|2s")
            }
            try await database.psql("DROP OWNED BY \(database.name)_r; DROP ROLE \(database.name)_r")
        }
    }

    @Test("what a file sets holds for all of its segments, also when a run goes on in the middle")
    func settingsOfAFile() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE SCHEMA app; CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1), (1)")
            let text = """
                -- migrate:up
                SET search_path = app;
                ALTER TABLE t ADD COLUMN b int;
                CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);
                CREATE TABLE u ();
                """
            try await MigrationFixture.with(["1_t.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                try await database.psql("DELETE FROM app.t")
                let second = try await migrations.run("up")
                #expect(second.exitCode == 0, "\(second)")
                #expect(
                    try await database.psql("SELECT to_regclass('app.t_a'), to_regclass('app.u')") == "app.t_a|app.u")
            }
        }
    }

    @Test(
        "what was refused once is not taken for done the next time",
        arguments: [
            "DROP INDEX CONCURRENTLY nope;", "ALTER TABLE p DETACH PARTITION o CONCURRENTLY;",
            "CREATE INDEX CONCURRENTLY ti ON p (i);", "CREATE INDEX CONCURRENTLY IF NOT EXISTS ti ON o (j);",
        ])
    func refusedTwice(statement: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                "CREATE TABLE p (i int) PARTITION BY LIST (i); CREATE TABLE o (i int, j int); CREATE TABLE t (i int); CREATE INDEX ti ON t (i)"
            )
            let files = ["1_a.sql": "-- migrate:up\nCREATE TABLE a ();\n\(statement)\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                for attempt in 1...3 {
                    let outcome = try await migrations.run("up")
                    #expect(outcome.exitCode == 81, "attempt \(attempt): \(outcome)")
                }
            }
        }
    }

    @Test("a down section that failed in the middle may be mended, and is gone on with")
    func mendedDown() async throws {
        try await TestServer.withDatabase { database in
            let text = """
                -- migrate:up
                CREATE TABLE b (i int);
                CREATE INDEX CONCURRENTLY bi ON b (i);
                -- migrate:down
                DROP INDEX CONCURRENTLY bi;
                selec 1;
                DROP TABLE b;
                """
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                let first = try await migrations.run("down", "--yes")
                #expect(first.exitCode == 81, "\(first)")
                #expect(try await migrations.run("up").exitCode == 81, "first the undoing is finished")
                try migrations.write("1_a.sql", text.replacing("selec 1", with: "select 1"))
                let second = try await migrations.run("down", "--yes")
                #expect(second.exitCode == 0, "\(second)")
                #expect(
                    try await database.psql("SELECT to_regclass('b') IS NULL, count(*) FROM dbctl.migrations") == "t|0")
            }
        }
    }

    @Test("a hook after all that failed is owed, and runs although nothing is pending")
    func owedHook() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": Self.users, "afterAll.sql": "INSERT INTO log VALUES (1);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let first = try await migrations.run("up")
                #expect(try first.exitCode == 81 && first.versions("applied") == ["1"], "\(first)")
                try await database.psql("CREATE TABLE log (i int)")
                #expect(try await migrations.run("up").exitCode == 0)
                #expect(try await migrations.run("up").exitCode == 0)
                #expect(try await database.psql("SELECT count(*) FROM log") == "1")
            }
        }
    }

    @Test("files that another tool has applied are not run again behind its back")
    func foreignHistory() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE prices (p int); INSERT INTO prices VALUES (20);
                CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
                INSERT INTO schema_migrations VALUES (2, false)
                """)
            let files = [
                "1_one.up.sql": "SELECT 1;\n", "1_one.down.sql": "SELECT 1;\n",
                "2_dbl.up.sql": "UPDATE prices SET p = p * 2;\n", "2_dbl.down.sql": "SELECT 1;\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let refused = try await migrations.run("up")
                #expect(refused.exitCode == 80, "\(refused)")
                #expect(try await migrations.run("adopt").exitCode == 0)
                #expect(try await migrations.run("up").exitCode == 0)
                #expect(try await database.psql("SELECT p FROM prices") == "20")
            }
        }
    }

    @Test("a LATIN1 database takes a file with letters that it lacks in a comment")
    func latin() async throws {
        try await TestServer.withDatabase(options: "ENCODING 'LATIN1' LOCALE 'C'") { database in
            let files = ["1_a.sql": "-- migrate:up\n-- Ж 漢\nCREATE TABLE a ();\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                try migrations.write("1_a.sql", "-- migrate:up\n-- Ж\nCREATE TABLE a ();\n")
                #expect(try await migrations.run("up").detail().contains("-- Ж 漢"))
            }
        }
    }

    @Test("baseline records what a database has already, and repair forgets what was undone by hand")
    func bookkeeping() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE users (id int)")
            let files = ["1_a.sql": Self.users, "2_b.sql": "-- migrate:up\nCREATE TABLE b ();\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let dry = try await migrations.run("baseline", "1", "--dry-run")
                #expect(try dry.exitCode == 0 && dry.versions("changes") == ["1"], "\(dry)")
                #expect(try await database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
                #expect(try await migrations.run("baseline", "9").exitCode == 66)
                #expect(try await migrations.run("baseline", "1").exitCode == 0)
                #expect(try await migrations.run("baseline", "2").exitCode == 80)
                #expect(try await migrations.run("up").versions("applied") == ["2"])
                try await database.psql("DROP TABLE b")
                let repair = ["migrate", "repair", "--forget", "2", "--database-url", database.url]
                #expect(try await Dbctl.run(repair).exitCode == 0)
                #expect(try await migrations.run("up").versions("applied") == ["2"])
            }
        }
    }

    @Test("new begins a migration with the next version, and never touches a file")
    func begin() async throws {
        try await withTemporaryFolder { folder in
            let first = try await Dbctl.run([
                "migrate", "new", "Add Users' e-mail", "--dir", "\(folder)/m", "--format", "json",
            ])
            #expect(first.exitCode == 0, "\(first)")
            let version = try first.data()["version"] as? String ?? ""
            #expect(version.count == 14)
            #expect(first.stdout.contains("\(version)_add_users_e_mail.sql"))
            let second = try await Dbctl.run(["migrate", "new", "x", "--dir", "\(folder)/m", "--format", "json"])
            #expect(try (second.data()["version"] as? String ?? "") > version, "two in one second follow one another")
            #expect(try await Dbctl.run(["migrate", "new", "!", "--dir", folder]).exitCode == 64)
        }
    }

    @Test(
        "new follows a folder of sqlx: one plain file, or a pair",
        arguments: [
            (["1_a.sql"], ["2_b.sql"]), (["1_a.up.sql", "1_a.down.sql"], ["2_b.up.sql", "2_b.down.sql"]),
            (["1_a.sql", "2_c.up.sql", "2_c.down.sql"], ["3_b.up.sql", "3_b.down.sql"]),
            ([], ["_b.up.sql", "_b.down.sql"]),
        ])
    func beginSqlx(_ there: [String], _ wanted: [String]) async throws {
        let files = Dictionary(uniqueKeysWithValues: there.map { ($0, "SELECT 1;") })
        try await MigrationFixture.with(files, on: "") { migrations in
            let arguments = ["--dir", migrations.folder, "--dialect", "sqlx", "--format", "json"]
            let outcome = try await Dbctl.run(["migrate", "new", "b"] + arguments)
            let made = try outcome.data()["files"] as? [String] ?? []
            #expect(outcome.exitCode == 0 && made.count == wanted.count, "\(outcome)")
            for (file, name) in zip(made, wanted) { #expect(file.hasSuffix(name)) }
        }
    }

    @Test("a NUL byte in a file is found before any other is run")
    func nulByte() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": Self.users, "2_b.sql": "-- migrate:up\nSELECT 1;\nSELECT 'a\0';\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let refused = try await migrations.run("up")
                #expect(try refused.exitCode == 65 && refused.message().hasPrefix("2_b.sql:3: "), "\(refused)")
                #expect(try await database.psql("SELECT to_regclass('users') IS NULL") == "t")
            }
        }
    }

    @Test("down names the file that is missing, and does what it says once it is written")
    func downFile() async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(["1_a.up.sql": "CREATE TABLE a ();"], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                let refused = try await migrations.run("down", "--yes")
                let hint = try refused.error()["hint"] as? String ?? ""
                #expect(refused.exitCode == 66 && hint.contains("into 1_a.down.sql"), "\(refused)")
                try migrations.write("1_a.down.sql", "DROP TABLE a;")
                let undone = try await migrations.run("down", "--yes")
                #expect(try undone.exitCode == 0 && undone.versions("undone") == ["1"], "\(undone)")
            }
        }
    }

    @Test("a COPY block is loaded, and a command of psql is refused before anything runs")
    func copyAndMeta() async throws {
        try await TestServer.withDatabase { database in
            let copy =
                "-- migrate:up\nCREATE TABLE t (a int, b text);\nCOPY t FROM stdin;\n1\té;\n2\t\\N\n\\.\nINSERT INTO t VALUES (3, 'x');\n"
            try await MigrationFixture.with(["1_a.sql": copy], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                #expect(
                    try await database.psql("SELECT count(*), count(b), min(b) FILTER (WHERE a = 1) FROM t") == "3|2|é;"
                )
                try migrations.write("2_b.sql", "-- migrate:up\nSELECT 1;\n\\i other.sql\n")
                let refused = try await migrations.run("up")
                #expect(refused.exitCode == 65 && refused.stdout.contains("2_b.sql:3"), "\(refused)")
            }
        }
    }
}
