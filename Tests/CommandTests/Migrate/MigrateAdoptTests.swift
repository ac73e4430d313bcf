import TestSupport
import Testing

/// `dbctl migrate adopt`, on histories as the tools write them. M11.
@Suite struct MigrateAdoptTests {
    /// Rows with the transactions that wrote them, columns, defaults and indexes.
    static func fingerprint(_ table: String) -> String {
        """
        SELECT md5(concat((SELECT string_agg(concat(t.xmin, t.ctid, t), ';' ORDER BY t.ctid) FROM \(table) AS t),
            (SELECT string_agg(concat(a.attname, a.atttypid, a.atttypmod, a.attnotnull, pg_get_expr(d.adbin, d.adrelid)), ';' ORDER BY attnum)
             FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = '\(table)'::regclass),
            (SELECT string_agg(pg_get_indexdef(indexrelid), ';' ORDER BY 1) FROM pg_index WHERE indrelid = '\(table)'::regclass)))
        """
    }

    private static let recorded =
        "SELECT string_agg(version, ',' ORDER BY version COLLATE \"C\") FROM dbctl.migrations"

    /// The database and the folder as the tool left them.
    static func with(
        _ fixture: AdoptFixture, _ body: (TestDatabase, MigrationFixture) async throws -> Void
    ) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(AdoptFixture.schema)
            try await database.psql(fixture.ddl)
            try await database.psql(fixture.rows)
            try await MigrationFixture.with(fixture.files, on: database.url) { try await body(database, $0) }
        }
    }

    @Test(
        "what the tool applied is applied afterwards, nothing is run, its table is untouched, and what comes later is run",
        arguments: AdoptFixture.all)
    func adopted(_ fixture: AdoptFixture) async throws {
        try await Self.with(fixture) { database, migrations in
            let before = try await database.psql(Self.fingerprint(fixture.table))
            let dry = try await migrations.run("adopt", "--dry-run")
            #expect(try dry.exitCode == 0 && dry.isDryRun(), "\(dry)")
            #expect(try Set(dry.versions("changes")) == Set(fixture.versions))
            #expect(try await database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")

            let done = try await migrations.run("adopt")
            #expect(done.exitCode == 0, "\(done)")
            let data = try done.data()
            #expect(data["tool"] as? String == fixture.tool && data["table"] as? String == fixture.table)
            #expect(data["pending"] as? Int == 0 && (data["warnings"] as? [String]) == [], "\(done)")
            #expect(try await database.psql(Self.recorded) == fixture.versions.sorted().joined(separator: ","))

            let status = try await migrations.run("status", "--exit-code")
            #expect(status.exitCode == 0, "\(status)")
            let idle = try await migrations.run("up")
            #expect(try idle.exitCode == 0 && idle.versions("applied").isEmpty, "\(idle)")
            let again = try await migrations.run("adopt")
            #expect(try again.exitCode == 0 && again.versions("changes").isEmpty, "\(again)")

            try migrations.write(fixture.later.name, fixture.later.text)
            let later = try await migrations.run("up")
            #expect(try later.exitCode == 0 && later.versions("applied") == [fixture.later.version], "\(later)")
            #expect(
                try await database.psql("SELECT to_regclass('c') IS NOT NULL AND (SELECT count(*) = 1 FROM a)") == "t")
            #expect(try await database.psql(Self.fingerprint(fixture.table)) == before)
            let runs =
                "SELECT string_agg(outcome || (counts ->> 'adopted'), ',') FROM dbctl.operations WHERE command = 'migrate adopt'"
            #expect(try await database.psql(runs) == "succeeded\(fixture.versions.count)")
        }
    }

    @Test(
        "a file that is not what was applied is refused by name, and nothing is written",
        arguments: AdoptFixture.all.filter { $0.tampered != nil })
    func tampered(_ fixture: AdoptFixture) async throws {
        try await Self.with(fixture) { database, migrations in
            let name = try #require(fixture.tampered)
            let text = try #require(fixture.files[name])
            try migrations.write(name, "\u{FEFF}" + text.replacing("\n", with: "\r\n"))
            if fixture.tool != "atlas" {
                let same = try await migrations.run("adopt", "--dry-run")
                #expect(same.exitCode == 0, "line ends and a byte order mark are no change: \(same)")
            }
            try migrations.write(name, text + "-- more\n")
            let outcome = try await migrations.run("adopt")
            #expect(outcome.exitCode == 65, "\(outcome)")
            #expect(try outcome.error()["code"] as? String == "migrate.adopt_changed")
            #expect(try outcome.detail().contains("- \(name) is not what \(fixture.tool) applied"), "\(outcome)")
            #expect(try await database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
        }
    }

    @Test(
        "a tool that failed in the middle is refused, and nothing is written",
        arguments: AdoptFixture.all.filter { $0.broken != nil })
    func broken(_ fixture: AdoptFixture) async throws {
        try await Self.with(fixture) { database, migrations in
            try await database.psql(try #require(fixture.broken))
            let outcome = try await migrations.run("adopt")
            #expect(outcome.exitCode == 80, "\(outcome)")
            #expect(try outcome.error()["code"] as? String == "migrate.adopt_failed")
            #expect(try await database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
        }
    }

    @Test(
        "files that another tool has applied, or failed in, are run by up on request only; plan and a dry run say the same",
        arguments: AdoptFixture.all.filter { !["rails", "liquibase"].contains($0.tool) })
    func guarded(_ fixture: AdoptFixture) async throws {
        try await Self.with(fixture) { database, migrations in
            for broken in [nil, fixture.broken] {
                if let broken { try await database.psql(broken) }
                for verb in ["up", "up --dry-run", "plan"] {
                    let refused = try await migrations.run(verb)
                    let error = try refused.error()
                    #expect(refused.exitCode == 80, "\(verb): \(refused)")
                    #expect(error["code"] as? String == "migrate.foreign_history")
                    #expect((error["hint"] as? String)?.contains("--ignore-foreign-history") == true, "\(error)")
                }
            }
            #expect(try await database.psql("SELECT count(*), to_regnamespace('dbctl') IS NULL FROM a") == "1|t")
            #expect(try await migrations.run("plan", "--ignore-foreign-history").exitCode == 0)
        }
    }

    @Test("sqlx's pairs look like golang-migrate's, and what sqlx has applied of them is not run again")
    func pairs() async throws {
        let (one, two) = (AdoptFixture.first, AdoptFixture.second)
        let files = ["0001_users.up.sql": one, "0001_users.down.sql": "DROP TABLE a;\n", "0002_more.up.sql": two]
        try await Self.with(AdoptFixture.sqlx) { database, _ in
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let refused = try await migrations.run("up")
                #expect(try refused.exitCode == 80 && refused.message().contains("sqlx has applied 2"), "\(refused)")
            }
        }
    }

    @Test("times, names and durations are the tool's; text and checksum are the files'")
    func facts() async throws {
        try await Self.with(AdoptFixture.flyway) { database, migrations in
            let done = try await migrations.run("adopt")
            #expect(done.exitCode == 0, "\(done)")
            let row = """
                SELECT concat_ws('|', name, dialect, applied_at AT TIME ZONE 'UTC', applied_by, duration, m.statements, state,
                    checksum = encode(sha256(content), 'hex'), cardinality(t.statements))
                FROM dbctl.migrations AS m JOIN dbctl.migration_texts AS t USING (checksum) WHERE version = '1'
                """
            #expect(
                try await database.psql(row) == "users|flyway|2024-01-02 03:04:05.678|ann|00:00:00.012|2|applied|t|2")
        }
    }

    @Test("a changed repeatable file is pending, as it is for Flyway")
    func repeatable() async throws {
        try await Self.with(AdoptFixture.flyway) { database, migrations in
            try migrations.write("R__the_view.sql", "CREATE OR REPLACE VIEW v AS SELECT id, b FROM a;\n")
            let outcome = try await migrations.run("adopt")
            #expect(try outcome.exitCode == 0 && outcome.data()["pending"] as? Int == 1, "\(outcome)")
            #expect(try await migrations.run("up").versions("applied") == ["R__the view"])
        }
    }

    @Test("applied without a file is recorded and told; when the file is back, it is taken in")
    func missing() async throws {
        try await Self.with(AdoptFixture.goose) { database, migrations in
            try migrations.remove("00002_more.sql")
            try migrations.write("00001_a.sql", "-- +goose Up\nSELECT 1;\n")
            try migrations.remove("00001_users.sql")
            let outcome = try await migrations.run("adopt")
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(
                try (outcome.data()["warnings"] as? [String])?.first?.contains("there is no file: 2;") == true,
                "\(outcome)")
            #expect(try await migrations.run("status", "--exit-code").exitCode == 1)
            try migrations.write("00002_more.sql", "-- +goose Up\nSELECT 2;\n")
            let back = try await migrations.run("adopt")
            #expect(try back.exitCode == 0 && back.versions("changes") == ["2"], "\(back)")
            #expect(try await migrations.run("status", "--exit-code").exitCode == 0)
            #expect(try await database.psql("SELECT min(applied_at) < '2025-01-01' FROM dbctl.migrations") == "t")
        }
    }

    @Test("dbctl's own history is added to, never contradicted")
    func conflict() async throws {
        try await Self.with(AdoptFixture.dbmate) { database, migrations in
            #expect(try await migrations.run("baseline 1").exitCode == 0)
            let added = try await migrations.run("adopt")
            #expect(try added.exitCode == 0 && added.versions("changes") == ["2"], "\(added)")
            try migrations.write("1_users.sql", "-- migrate:up\nSELECT 1;\n")
            let refused = try await migrations.run("adopt")
            #expect(refused.exitCode == 65, "\(refused)")
            #expect(try refused.error()["code"] as? String == "migrate.adopt_conflict")
            #expect(try refused.detail().contains("- 1 users is applied there with another text"), "\(refused)")
        }
    }

    @Test("several histories are listed, --from decides; no history is 66")
    func ambiguous() async throws {
        try await Self.with(AdoptFixture.flyway) { database, migrations in
            try await database.psql(AdoptFixture.all.first { $0.tool == "goose" }?.ddl ?? "")
            let outcome = try await migrations.run("adopt")
            #expect(outcome.exitCode == 65, "\(outcome)")
            #expect(try outcome.error()["code"] as? String == "migrate.adopt_ambiguous")
            #expect(
                try outcome.message().contains("flyway (public.flyway_schema_history), goose (public.goose_db_version)")
            )
            #expect(try await migrations.run("adopt", "--from", "flyway").exitCode == 0)
            // dbmate's columns, under golang-migrate's name.
            try await database.psql("CREATE TABLE schema_migrations (version bigint, inserted_at timestamp)")
            let none = try await migrations.run("adopt", "--from", "golang-migrate")
            #expect(none.exitCode == 66, "\(none)")
            #expect(try none.detail().contains("public.schema_migrations (inserted_at, version)"), "\(none)")
        }
    }

    @Test("of one tool in several schemas, that of the search_path is meant")
    func schemas() async throws {
        try await Self.with(AdoptFixture.dbmate) { database, migrations in
            try await database.psql(
                "CREATE SCHEMA tenant; CREATE TABLE tenant.schema_migrations (version varchar PRIMARY KEY)")
            #expect(
                try await migrations.run("adopt", "--dry-run").data()["table"] as? String == "public.schema_migrations")
            for (path, code) in [("tenant", Int32(0)), ("pg_catalog", 65)] {
                let url = database.url + "?options=-csearch_path%3D\(path)"
                try await MigrationFixture.with(AdoptFixture.dbmate.files, on: url) { other in
                    let outcome = try await other.run("adopt", "--dry-run")
                    #expect(outcome.exitCode == code, "\(outcome)")
                    guard code == 0 else { return }
                    #expect(try outcome.data()["table"] as? String == "tenant.schema_migrations")
                }
            }
        }
    }

    @Test("a tool without SQL files needs no folder; another one does")
    func noFolder() async throws {
        for (fixture, code) in [(AdoptFixture.rails, Int32(0)), (.dbmate, 66)] {
            try await Self.with(fixture) { database, migrations in
                let arguments = ["migrate", "adopt", "--database-url", database.url, "--format", "json"]
                let outcome = try await Dbctl.run(arguments, env: ["DBCTL_MIGRATE_DIR": "\(migrations.folder)/nowhere"])
                #expect(outcome.exitCode == code, "\(outcome)")
                let named = try await Dbctl.run(arguments + ["--dir", "\(migrations.folder)/nowhere"])
                #expect(named.exitCode == 66, "\(named)")
            }
        }
    }

    @Test("a late file is told of: up refuses it")
    func late() async throws {
        try await Self.with(AdoptFixture.rails) { _, migrations in
            try migrations.write("1_early.sql", "-- migrate:up\nSELECT 1;\n")
            let outcome = try await migrations.run("adopt")
            #expect(try outcome.exitCode == 0 && outcome.data()["pending"] as? Int == 1, "\(outcome)")
            #expect(
                try (outcome.data()["warnings"] as? [String])?.first?.contains("late: 1 early;") == true, "\(outcome)")
            #expect(try await migrations.run("up").exitCode == 80)
        }
    }
}
