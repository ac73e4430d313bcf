// Histories of other migration tools, made as the tools make them: the tables word for word, the rows as they write them,
// the checksums computed by others than dbctl (the server, zlib).

/// A database and a folder as some tool left them.
public struct AdoptFixture: Sendable, CustomStringConvertible {
    public let tool: String
    /// With its schema.
    public let table: String
    public let ddl: String
    /// What it applied: all of `files`.
    public let rows: String
    public let files: [String: String]
    /// A file that comes later, and the version under which dbctl knows it.
    public let later: (name: String, text: String, version: String)
    /// Makes the history one of a tool that failed; nil where it cannot say so.
    public var broken: String?
    /// Nil where the tool keeps no checksum.
    public var tampered: String?
    /// The versions that are adopted.
    public var versions = ["1", "2"]

    public var description: String { "\(tool) (\(table))" }

    public static let first = one
    public static let second = two
    static let one = "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n"
    static let two = "ALTER TABLE a ADD COLUMN b int;\n"
    static let three = "CREATE TABLE c (id int);\n"
    static let view = "CREATE OR REPLACE VIEW v AS SELECT id FROM a;\n"

    /// What the files made of the database.
    public static let schema = one + two
}

extension AdoptFixture {
    public static let all = [
        flyway, flywayOld, prisma, sqlx, goose, golangMigrate, dbmate, rails, refinery, liquibase, atlas,
    ]

    private static func flywayTable(_ name: String) -> String {
        """
        CREATE TABLE "public"."\(name)" (
            "installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL,
            "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER,
            "installed_by" VARCHAR(100) NOT NULL, "installed_on" TIMESTAMP NOT NULL DEFAULT now(),
            "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL);
        ALTER TABLE "public"."\(name)" ADD CONSTRAINT "\(name)_pk" PRIMARY KEY ("installed_rank");
        CREATE INDEX "\(name)_s_idx" ON "public"."\(name)" ("success");
        """
    }

    public static let flyway = AdoptFixture(
        tool: "flyway", table: "public.flyway_schema_history", ddl: flywayTable("flyway_schema_history"),
        rows: """
            CREATE VIEW v AS SELECT id FROM a;
            INSERT INTO flyway_schema_history VALUES
                (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '"x"', NULL, 'ann', '2024-01-01 00:00:00', 0, true),
                (1, '1', 'users', 'SQL', 'V1__users.sql', -279898995, 'ann', '2024-01-02 03:04:05.678', 12, true),
                (2, '1.1', 'more', 'SQL', 'V1.1__more.sql', -361960954, 'bob', '2024-01-03 00:00:00', 3, true),
                (3, NULL, 'the view', 'SQL', 'R__the_view.sql', -883864728, 'bob', '2024-01-03 00:00:01', 3, true),
                (4, '1.2', 'undone', 'SQL', 'V1.2__undone.sql', 5, 'bob', '2024-01-04 00:00:00', 3, true),
                (5, '1.2', 'undone', 'UNDO_SQL', 'U1.2__undone.sql', 6, 'bob', '2024-01-05 00:00:00', 3, true)
            """,
        files: ["V1__users.sql": one, "V1.1__more.sql": two, "R__the_view.sql": view],
        later: ("V2__later.sql", three, "2"),
        broken: "UPDATE flyway_schema_history SET success = false WHERE installed_rank = 2",
        tampered: "V1.1__more.sql", versions: ["1", "1.1", "R__the view"])

    static let flywayOld = AdoptFixture(
        tool: "flyway", table: "audit.schema_version",
        ddl: "CREATE SCHEMA audit;\n"
            + flywayTable("schema_version").replacing("\"public\"", with: "audit"),
        rows: """
            INSERT INTO audit.schema_version VALUES
                (1, '1', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'ann', '2024-01-02', 0, true),
                (2, '2', 'more', 'SQL', 'V2__more.sql', -361960954, 'bob', '2024-01-03 00:00:00', 3, true)
            """,
        files: ["V1__users.sql": one, "V2__more.sql": two], later: ("V3__later.sql", three, "3"),
        broken: "UPDATE audit.schema_version SET success = false WHERE installed_rank = 2", tampered: "V2__more.sql")

    public static let prisma = AdoptFixture(
        tool: "prisma", table: "public._prisma_migrations",
        ddl: """
            CREATE TABLE _prisma_migrations (
                id                      VARCHAR(36) PRIMARY KEY NOT NULL,
                checksum                VARCHAR(64) NOT NULL,
                finished_at             TIMESTAMPTZ,
                migration_name          VARCHAR(255) NOT NULL,
                logs                    TEXT,
                rolled_back_at          TIMESTAMPTZ,
                started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
                applied_steps_count     INTEGER NOT NULL DEFAULT 0
            )
            """,
        rows: """
            INSERT INTO _prisma_migrations
            SELECT gen_random_uuid()::text, encode(sha256(convert_to(content, 'UTF8')), 'hex'), finished, name, logs, rolled,
                   '2024-01-02 03:04:00+00', 1
            FROM (VALUES ('20240101000000_users', '\(one)', '2024-01-02 03:04:05.678+00'::timestamptz, NULL::timestamptz, NULL),
                         ('20240102000000_more', 'an earlier text', NULL, '2024-01-03 00:00:00+00', 'ERROR'),
                         ('20240102000000_more', '\(two)', '2024-01-04 00:00:00+00', NULL, NULL),
                         ('20240103000000_gone', 'never to be seen', NULL, '2024-01-03 00:00:00+00', 'ERROR'))
                AS v (name, content, finished, rolled, logs)
            """,
        files: [
            "20240101000000_users/migration.sql": one, "20240102000000_more/migration.sql": two,
            "migration_lock.toml": "provider = \"postgresql\"\n",
        ],
        later: ("20240109000000_later/migration.sql", three, "20240109000000"),
        broken: "UPDATE _prisma_migrations SET rolled_back_at = NULL WHERE logs IS NOT NULL",
        tampered: "20240101000000_users/migration.sql", versions: ["20240101000000", "20240102000000"])

    public static let sqlx = AdoptFixture(
        tool: "sqlx", table: "public._sqlx_migrations",
        ddl: """
            CREATE TABLE IF NOT EXISTS _sqlx_migrations (
                version BIGINT PRIMARY KEY,
                description TEXT NOT NULL,
                installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
                success BOOLEAN NOT NULL,
                checksum BYTEA NOT NULL,
                execution_time BIGINT NOT NULL
            )
            """,
        rows: """
            INSERT INTO _sqlx_migrations VALUES
                (1, 'users', '2024-01-02 03:04:05.678+00', true, sha384(convert_to('\(one)', 'UTF8')), 12000000),
                (2, 'more', '2024-01-03 00:00:00+00', true, sha384(convert_to('\(two)', 'UTF8')), 3000000)
            """,
        files: ["0001_users.sql": one, "0002_more.sql": two], later: ("0003_later.sql", three, "0003"),
        broken: "UPDATE _sqlx_migrations SET success = false, execution_time = -1 WHERE version = 2",
        tampered: "0002_more.sql", versions: ["0001", "0002"])

    public static let goose = AdoptFixture(
        tool: "goose", table: "public.goose_db_version",
        ddl: """
            CREATE TABLE goose_db_version (
                id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
                version_id bigint NOT NULL,
                is_applied boolean NOT NULL,
                tstamp timestamp NOT NULL DEFAULT now()
            )
            """,
        rows: """
            INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES
                (0, true, '2024-01-01'), (1, true, '2024-01-02 03:04:05.678'), (3, true, '2024-01-02'),
                (2, true, '2024-01-02'), (2, false, '2024-01-02'), (2, true, '2024-01-03'), (3, false, '2024-01-04')
            """,
        files: ["00001_users.sql": "-- +goose Up\n\(one)", "00002_more.sql": "-- +goose Up\n\(two)"],
        later: ("00003_later.sql", "-- +goose Up\n\(three)", "00003"), versions: ["00001", "00002"])

    static let golangMigrate = AdoptFixture(
        tool: "golang-migrate", table: "public.schema_migrations",
        ddl:
            "CREATE TABLE IF NOT EXISTS \"public\".\"schema_migrations\" (version bigint not null primary key, dirty boolean not null)",
        rows: "INSERT INTO schema_migrations VALUES (2, false)",
        files: ["1_users.up.sql": one, "1_users.down.sql": "DROP TABLE a;\n", "2_more.up.sql": two],
        later: ("3_later.up.sql", three, "3"), broken: "UPDATE schema_migrations SET dirty = true")

    public static let dbmate = AdoptFixture(
        tool: "dbmate", table: "public.schema_migrations",
        ddl: "create table if not exists \"public\".\"schema_migrations\" (version varchar not null primary key)",
        rows: "INSERT INTO schema_migrations VALUES ('2'), ('1')",
        files: ["1_users.sql": "-- migrate:up\n\(one)", "2_more.sql": "-- migrate:up\n\(two)"],
        later: ("3_later.sql", "-- migrate:up\n\(three)", "3"))

    public static let rails = AdoptFixture(
        tool: "rails", table: "public.schema_migrations",
        ddl: """
            CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);
            CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying,
                "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
            INSERT INTO ar_internal_metadata VALUES ('environment', 'production', now(), now());
            """,
        rows: "INSERT INTO schema_migrations VALUES ('20240102000000'), ('20240101000000')", files: [:],
        later: ("20260101000000_later.sql", "-- migrate:up\n\(three)", "20260101000000"),
        versions: ["20240101000000", "20240102000000"])

    static let refinery = AdoptFixture(
        tool: "refinery", table: "public.refinery_schema_history",
        ddl: """
            CREATE TABLE IF NOT EXISTS refinery_schema_history(
                version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255));
            """,
        rows: """
            INSERT INTO refinery_schema_history VALUES
                (1, 'add_users', '2024-01-02T03:04:05.678123456Z', '2116643948888556412'), (2, 'more', '2024-01-03T00:00:00Z', '1568404926523797449'),
                (3, 'in_rust', '2024-01-03T00:00:00Z', '42')
            """,
        files: ["V1__add_users.sql": one, "V2__more.sql": two], later: ("V4__later.sql", three, "4"),
        tampered: "V2__more.sql", versions: ["1", "2", "3"])

    static let liquibase = AdoptFixture(
        tool: "liquibase", table: "public.databasechangelog",
        ddl: """
            CREATE TABLE public.databasechangeloglock (ID INTEGER NOT NULL, LOCKED BOOLEAN NOT NULL, LOCKGRANTED TIMESTAMP WITHOUT TIME ZONE, LOCKEDBY VARCHAR(255), CONSTRAINT databasechangeloglock_pkey PRIMARY KEY (ID));
            INSERT INTO databasechangeloglock VALUES (1, false, NULL, NULL);
            CREATE TABLE public.databasechangelog (ID VARCHAR(255) NOT NULL, AUTHOR VARCHAR(255) NOT NULL, FILENAME VARCHAR(255) NOT NULL, DATEEXECUTED TIMESTAMP WITHOUT TIME ZONE NOT NULL, ORDEREXECUTED INTEGER NOT NULL, EXECTYPE VARCHAR(10) NOT NULL, MD5SUM VARCHAR(35), DESCRIPTION VARCHAR(255), COMMENTS VARCHAR(255), TAG VARCHAR(255), LIQUIBASE VARCHAR(20), CONTEXTS VARCHAR(255), LABELS VARCHAR(255), DEPLOYMENT_ID VARCHAR(10));
            """,
        rows: """
            INSERT INTO databasechangelog VALUES
                ('1', 'ann', 'db/changelog.xml', '2024-01-02 03:04:05.678', 1, 'EXECUTED', '9:0a', 'createTable tableName=a', '', NULL, '4.29.2', NULL, NULL, '4164245678'),
                ('1', 'bob', 'db/changelog.xml', '2024-01-03', 2, 'MARK_RAN', '9:0b', 'sql', '', NULL, '4.29.2', NULL, NULL, '4164245678')
            """,
        files: [:], later: ("1_later.sql", "-- migrate:up\n\(three)", "1"),
        broken: "UPDATE databasechangeloglock SET locked = true, lockedby = 'ci (10.0.0.1)', lockgranted = now()",
        versions: ["liquibase:db/changelog.xml::1::ann", "liquibase:db/changelog.xml::1::bob"])

    static let atlas = AdoptFixture(
        tool: "atlas", table: "atlas_schema_revisions.atlas_schema_revisions",
        ddl: """
            CREATE SCHEMA "atlas_schema_revisions";
            CREATE TABLE "atlas_schema_revisions"."atlas_schema_revisions" ("version" character varying NOT NULL, "description" character varying NOT NULL, "type" bigint NOT NULL DEFAULT 2, "applied" bigint NOT NULL DEFAULT 0, "total" bigint NOT NULL DEFAULT 0, "executed_at" timestamptz NOT NULL, "execution_time" bigint NOT NULL, "error" text NULL, "error_stmt" text NULL, "hash" character varying NOT NULL, "partial_hashes" jsonb NULL, "operator_version" character varying NOT NULL, PRIMARY KEY ("version"));
            """,
        rows: """
            INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES
                ('20240101000000', 'users', 2, 2, 2, '2024-01-02 03:04:05.678+00', 12000000, '', '',
                 encode(sha256(convert_to('20240101000000_users.sql' || '\(one)', 'UTF8')), 'base64'), NULL, 'Atlas CLI v1'),
                ('20240102000000', 'more', 2, 1, 1, '2024-01-03 00:00:00+00', 3000000, '', '',
                 encode(sha256(convert_to('20240101000000_users.sql' || '\(one)' || '20240102000000_more.sql' || '\(two)', 'UTF8')), 'base64'), NULL, 'Atlas CLI v1'),
                ('.atlas_cloud_identifier', '3c1c', 0, 0, 0, '2024-01-03 00:00:00+00', 0, '', '', '', NULL, 'Atlas CLI v1')
            """,
        files: ["20240101000000_users.sql": one, "20240102000000_more.sql": two],
        later: ("20240109000000_later.sql", three, "20240109000000"),
        broken:
            "UPDATE atlas_schema_revisions.atlas_schema_revisions SET total = 2, error = 'no such table' WHERE version LIKE '%2000000'",
        tampered: "20240102000000_more.sql", versions: ["20240101000000", "20240102000000"])
}
