// The same thousand migrations as each tool wants to have them written.

import DBKit
import Foundation

struct MigrateProjects {
    let folder: String
    let server: BenchServer

    private struct Step {
        let version: String
        let name: String
        let statement: String
    }

    /// A table, a column, an index and a row, over and over.
    private let steps = (0..<MigrateBench.count).map { number in
        let table = "t_\(number - number % 4)"
        let (name, statement) =
            switch number % 4 {
            case 0: ("create", "CREATE TABLE \(table) (id bigint PRIMARY KEY, name text NOT NULL)")
            case 1: ("column", "ALTER TABLE \(table) ADD COLUMN created_at timestamptz NOT NULL DEFAULT now()")
            case 2: ("index", "CREATE INDEX \(table)_name ON \(table) (name)")
            default: ("row", "INSERT INTO \(table) (id, name) VALUES (1, 'the first')")
            }
        return Step(version: "\(20_260_101_000_000 + number)", name: "\(name)_\(number)", statement: statement)
    }

    func write() throws {
        try native()
        try psql()
        try alembic()
        try sqitch()
    }

    private func native() throws {
        for step in steps {
            try put("files/\(step.version)_\(step.name).sql", "-- migrate:up\n\(step.statement);\n")
        }
    }

    /// With as much of a history as most tools keep: a row with version, name, checksum and time.
    private func psql() throws {
        var script = """
            CREATE TABLE history (version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp());

            """
        for step in steps {
            script += """
                BEGIN;
                \(step.statement);
                INSERT INTO history (version, name, checksum) VALUES ('\(step.version)', '\(step.name)', repeat('0', 64));
                COMMIT;

                """
        }
        try put("psql.sql", script)
    }

    private func alembic() throws {
        try put("alembic/alembic.ini", "[alembic]\nscript_location = .\n")
        try put(
            "alembic/env.py",
            """
            from alembic import context
            from sqlalchemy import create_engine
            engine = create_engine("postgresql+psycopg2:///by_alembic")
            with engine.connect() as connection:
                context.configure(connection=connection, transaction_per_migration=True)
                with context.begin_transaction():
                    context.run_migrations()
            """)
        var previous = "None"
        for step in steps {
            try put(
                "alembic/versions/\(step.version)_\(step.name).py",
                """
                from alembic import op
                revision = "\(step.version)"
                down_revision = \(previous)
                def upgrade():
                    op.execute("\(step.statement)")
                """)
            previous = "\"\(step.version)\""
        }
    }

    private func sqitch() throws {
        let client = server.sandbox.binaries.program("psql")
        try put(
            "sqitch/sqitch.conf",
            "[core]\n\tengine = pg\n[engine \"pg\"]\n\ttarget = db:pg:by_sqitch\n\tclient = \(client)\n"
                + "[user]\n\tname = bench\n\temail = bench@example.com\n")
        var plan = "%syntax-version=1.0.0\n%project=bench\n\n"
        for step in steps {
            plan += "\(step.name) 2026-01-01T00:00:00Z bench <bench@example.com> # one of many\n"
            try put("sqitch/deploy/\(step.name).sql", "BEGIN;\n\(step.statement);\nCOMMIT;\n")
        }
        try put("sqitch/sqitch.plan", plan)
    }

    private func put(_ path: String, _ text: String) throws {
        let url = URL(filePath: "\(folder)/\(path)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
}
