import DBKit
import TestSupport
import Testing

/// `dbctl migrate adopt` beside the tool that still deploys, and behind a pooler. M11.
@Suite struct MigrateAdoptLockTests {
    @Test("while the tool is at it, adopt waits for its lock, and takes what it has applied meanwhile")
    func toolAtIt() async throws {
        try await MigrateAdoptTests.with(AdoptFixture.goose) { database, migrations in
            try migrations.write(AdoptFixture.goose.later.name, AdoptFixture.goose.later.text)
            let settings = SessionSettings(applicationName: "goose")
            try await Connection.with(database.parameters, settings: settings) { goose in
                try await goose.run { try $0.execute("SELECT pg_advisory_lock(4097083626)") }
                let busy = try await migrations.run("adopt", "--wait", "300ms")
                #expect(try busy.exitCode == 75 && busy.message().contains("goose is migrating"), "\(busy)")
                async let waiting = migrations.run("adopt", "--wait", "60s")
                try await eventually("adopt asks for the lock") {
                    let asking =
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dbctl migrate adopt%' AND state = 'active' AND query LIKE '%pg_sleep(0.1)%'"
                    return try await database.psql(asking) == "1"
                }
                try await goose.run {
                    try $0.execute("INSERT INTO public.goose_db_version (version_id, is_applied) VALUES (3, true)")
                    try $0.execute("SELECT pg_advisory_unlock(4097083626)")
                }
                let outcome = try await waiting
                #expect(try outcome.versions("changes") == ["00001", "00002", "00003"], "\(outcome)")
            }
        }
    }

    @Test("through a pooler in transaction mode it works, and leaves no lock behind")
    func pooled() async throws {
        try await MigrateAdoptTests.with(AdoptFixture.prisma) { database, migrations in
            try await PgBouncer.with(database.server, connections: 4) { pooler in
                let files = AdoptFixture.prisma.files
                try await MigrationFixture.with(files, on: pooler.url(database)) { pooled in
                    let outcome = try await pooled.run("adopt")
                    #expect(try outcome.exitCode == 0 && outcome.versions("changes").count == 2, "\(outcome)")
                    let locks =
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    #expect(try await database.psql(locks) == "0")
                }
            }
        }
    }
}
