import DBKit
import Foundation
import TestSupport
import Testing

/// What servers and roles put in a backup's way.
@Suite struct BackupConditionsTests {
    private func failure(_ body: () async throws -> Void) async -> Failure? {
        do {
            try await body()
        } catch {
            return error as? Failure
        }
        return nil
    }

    @Test(
        "settings of the role and of the database that end sessions or change results change nothing, B7",
        arguments: TestServer.majors)
    func settings(major: Int) async throws {
        try await TestServer.withDatabase(major: major) { database in
            let role = TestServer.uniqueName("nervous")
            try await database.psql(
                """
                CREATE TABLE t (f float8, s text, ts timestamptz);
                INSERT INTO t SELECT i / 3.0, 'é', '2024-01-01 00:00+00'::timestamptz + i * interval '1 hour'
                  FROM generate_series(1, 2000) i;
                CREATE ROLE \(role) LOGIN SUPERUSER;
                ALTER ROLE \(role) SET statement_timeout = '1ms';
                ALTER ROLE \(role) SET lock_timeout = '1ms';
                ALTER ROLE \(role) SET idle_session_timeout = '1ms';
                ALTER ROLE \(role) SET idle_in_transaction_session_timeout = '1ms';
                ALTER ROLE \(role) SET default_transaction_isolation = 'serializable';
                ALTER ROLE \(role) SET default_transaction_read_only = on;
                ALTER ROLE \(role) SET default_transaction_deferrable = on;
                ALTER ROLE \(role) SET search_path = 'nowhere';
                ALTER ROLE \(role) SET row_security = on;
                ALTER ROLE \(role) SET client_encoding = 'LATIN1';
                ALTER ROLE \(role) SET extra_float_digits = -10;
                ALTER ROLE \(role) SET DateStyle = 'German';
                """)
            if major > 16 { try await database.psql("ALTER ROLE \(role) SET transaction_timeout = '1ms'") }
            try await finally {
                try await BackupFixture.with { backup in
                    let url = database.url.replacing("postgres@", with: "\(role)@")
                    let tools = database.server.binaries.folder
                    let plain = try await backup.create(database.url, tools: tools) { $0.copyFormat = .text }
                    let set = try await backup.create(url, tools: tools) { $0.copyFormat = .text }
                    #expect(try set.table("t").checksum == plain.table("t").checksum)
                    #expect(try set.table("t").rows == 2000)
                    #expect(try await set.verify().ok)
                }
            } cleanUp: {
                try await database.psql("DROP ROLE \(role)")
            }
        }
    }

    @Test("row-level security that would hide rows is refused, naming the table and the remedy, B8")
    func rowSecurity() async throws {
        try await TestServer.withDatabase { database in
            let role = TestServer.uniqueName("limited")
            try await database.psql(
                """
                CREATE TABLE secrets (i int); INSERT INTO secrets VALUES (1); ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
                CREATE ROLE \(role) LOGIN; GRANT pg_read_all_data TO \(role);
                """)
            try await finally {
                try await BackupFixture.with { backup in
                    let url = database.url.replacing("postgres@", with: "\(role)@")
                    let failure = await failure { try await backup.create(url) }
                    #expect(failure?.code == .backupHiddenRows)
                    #expect(failure?.category == .authentication)
                    #expect(failure?.message.contains("public.secrets") == true)
                    #expect(failure?.hint?.contains("ALTER ROLE \(role) BYPASSRLS") == true)
                    #expect(backup.isEmpty)
                }
            } cleanUp: {
                try await database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    @Test("a role that may only read makes a whole backup, large objects too, and what it cannot see is listed, B21")
    func readingRole() async throws {
        try await TestServer.withDatabase { database in
            let role = TestServer.uniqueName("reader")
            try await database.psql(
                """
                CREATE TABLE t (id serial, s text); INSERT INTO t (s) SELECT 'x' FROM generate_series(1, 100);
                SELECT lo_from_bytea(4711, 'hello'); SELECT lo_create(4712); SELECT lo_create(4713);
                SELECT lo_put(4713, 5000, 'far');
                CREATE ROLE \(role) LOGIN; GRANT pg_read_all_data TO \(role);
                """)
            try await finally {
                try await BackupFixture.with { backup in
                    let url = database.url.replacing("postgres@", with: "\(role)@")
                    let set = try await backup.create(url) { $0.compression = .gzip(level: 1) }
                    #expect(set.manifest.omitted == [Omission(.notVisible, "role passwords")])
                    try await TestServer.withDatabase { other in
                        let target = "host=127.0.0.1 port=\(other.server.port) user=postgres dbname=\(other.name)"
                        let outcome = try await Program.run(
                            other.server.binaries.program("pg_restore"), ["-d", target, set.folder])
                        #expect(outcome.exitCode == 0, "\(outcome.stderr)")
                        #expect(try await set.manifest.differences(from: other.url) == [])
                        let objects =
                            "SELECT string_agg(oid || ':' || md5(lo_get(oid)), ',' ORDER BY oid) FROM pg_largeobject_metadata"
                        #expect(try await other.psql(objects) == database.psql(objects))
                        #expect(try await other.psql("SELECT nextval('t_id_seq')") == "101")
                    }
                    let refused = await failure { try await backup.create(url) { $0.requiresAll = true } }
                    #expect(refused?.code == .backupIncomplete)
                }
            } cleanUp: {
                try await database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    @Test("a table that the role may not read is named, with the GRANT that helps")
    func unreadable() async throws {
        try await TestServer.withDatabase { database in
            let role = TestServer.uniqueName("stranger")
            try await database.psql("CREATE TABLE closed (i int); CREATE ROLE \(role) LOGIN")
            try await finally {
                try await BackupFixture.with { backup in
                    let url = database.url.replacing("postgres@", with: "\(role)@")
                    let failure = await failure { try await backup.create(url) }
                    #expect(failure?.category == .authentication)
                    #expect(failure?.message.contains("public.closed") == true)
                    #expect(failure?.hint?.contains("GRANT pg_read_all_data") == true)
                }
            } cleanUp: {
                try await database.psql("DROP ROLE \(role)")
            }
        }
    }

    @Test("a held ACCESS EXCLUSIVE lock ends the backup within --lock-wait, naming pid and query, B9")
    func locked() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int)")
            let blocker = try await Connection.open(
                ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "blocker"))
            try await finally {
                try await blocker.run { session in
                    try session.execute("BEGIN")
                    try session.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
                }
                let pid = await blocker.backendPID
                try await BackupFixture.with { backup in
                    let failure = await failure {
                        try await backup.create(database.url) { $0.lockWait = .seconds(1) }
                    }
                    #expect(failure?.code == .backupLocked)
                    #expect(failure?.category == .busy)
                    #expect(failure?.message.contains("pid \(pid)") == true)
                    #expect(failure?.message.contains("public.t") == true)
                    #expect(failure?.detail?.contains("LOCK TABLE public.t") == true)
                    #expect(backup.isEmpty)
                }
            } cleanUp: {
                await blocker.close()
            }
        }
    }

    @Test("a TRUNCATE between snapshot and lock means a new snapshot, never an empty table")
    func truncated() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 1000)")
            let other = try await Connection.open(
                ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "truncater"))
            try await finally {
                try await other.run { session in
                    try session.execute("BEGIN")
                    try session.execute("TRUNCATE public.t")
                    try session.execute("INSERT INTO public.t SELECT generate_series(1, 7)")
                }
                try await BackupFixture.with { backup in
                    async let made = backup.create(database.url)
                    try await eventually("the backup waits for the table") {
                        try await database.psql(
                            "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND NOT granted") == "1"
                    }
                    _ = try await other.run { session in try session.execute("COMMIT") }
                    #expect(try await made.table("t").rows == 7)
                }
            } cleanUp: {
                await other.close()
            }
        }
    }

    @Test("a table that an ALTER waits for is read by the session that holds its lock, chunks and all: no deadlock, B9")
    func queuedAlter() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                "CREATE TABLE t (i int, s text); INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 5000) i"
            )
            try await BackupFixture.with { backup in
                // Once pg_dump has its schema, all tables are locked and no row was read yet.
                let bin = database.server.binaries.folder
                let psql = "\(bin)/psql -X -q -h 127.0.0.1 -p \(database.server.port) -U postgres -d \(database.name)"
                let script = """
                    #!/bin/sh
                    case "$1" in --version|-V) exec \(bin)/pg_dump "$1";; esac
                    \(bin)/pg_dump "$@" || exit
                    \(psql) -c 'ALTER TABLE t ADD COLUMN late int' </dev/null >/dev/null 2>&1 &
                    until [ "$(\(psql) -Atc "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND NOT granted")" = 1 ]
                    do sleep 0.05; done
                    """
                let tools = "\(backup.folder)/bin"
                try Folder.create(tools)
                try Data(script.utf8).write(to: URL(fileURLWithPath: "\(tools)/pg_dump"))
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(tools)/pg_dump")
                try FileManager.default.createSymbolicLink(
                    atPath: "\(tools)/pg_dumpall", withDestinationPath: "\(bin)/pg_dumpall")
                let set = try await backup.create(database.url, tools: tools) { $0.chunkPages = 32 }
                #expect(try set.table("t").rows == 5000)
                #expect(try set.table("t").chunks.count > 4)
                #expect(try set.table("t").columns == ["i", "s"])
                try await eventually("the ALTER has its turn") {
                    try await database.psql("SELECT count(*) FROM pg_attribute WHERE attname = 'late'") == "1"
                }
            }
        }
    }

    @Test("a name that is no UTF-8 is named as the reason, at once, B11")
    func nameEncoding() async throws {
        try await TestServer.withDatabase(options: "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'") { database in
            try await database.psql(
                "DO $$ BEGIN EXECUTE format('CREATE TABLE %I (i int)', convert_from('\\x74ff', 'SQL_ASCII')); END $$")
            try await BackupFixture.with { backup in
                let failure = await failure { try await backup.create(database.url) }
                #expect(failure?.code == .backupNameEncoding)
                #expect(failure?.detail?.contains("74 ff") == true)
            }
        }
    }

    @Test("a prepared transaction that keeps readers out is named by its gid, B9")
    func preparedBlocker() async throws {
        try await TestServer.withSandbox(settings: ["max_prepared_transactions": "2"]) { sandbox in
            try await sandbox.psql("CREATE TABLE t (i int)")
            try await sandbox.psql("BEGIN; LOCK TABLE t; PREPARE TRANSACTION 'forgotten one'")
            try await BackupFixture.with { backup in
                let failure = await failure {
                    try await backup.create("postgresql://postgres@127.0.0.1:\(sandbox.port)/postgres") {
                        $0.lockWait = .seconds(1)
                    }
                }
                #expect(failure?.code == .backupLocked)
                #expect(failure?.message.contains("forgotten one") == true)
                #expect(failure?.hint?.contains("ROLLBACK PREPARED") == true)
            }
        }
    }

    @Test("ten thousand tables on a server with default settings, from one end to the other, B19")
    func manyTables() async throws {
        try await TestServer.withSandbox { sandbox in
            for part in 0..<5 {
                try await sandbox.psql(
                    """
                    DO $$ BEGIN FOR i IN 1..2000 LOOP
                        EXECUTE format('CREATE TABLE t%s ()', i + \(part * 2000));
                    END LOOP; END $$
                    """)
            }
            try await BackupFixture.with { backup in
                let url = "postgresql://postgres@127.0.0.1:\(sandbox.port)/postgres"
                let set = try await backup.create(url)
                #expect(set.manifest.tables.count == 10_000)
                var request = RestoreRequest(source: set.folder, into: "copy")
                request.creates = true
                let result = try await DatabaseRestore(request, on: ConnectionParameters(url: url), run: .make())()
                #expect(result.tables == 10_000)
            }
        }
    }

    @Test("an old snapshot ends the backup cleanly, --max-snapshot-age")
    func snapshotAge() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 100)")
            try await BackupFixture.with { backup in
                let failure = await failure {
                    try await backup.create(database.url) { $0.maximumSnapshotAge = .milliseconds(1) }
                }
                #expect(failure?.code == .backupSnapshotAge)
                #expect(backup.isEmpty)
                try await eventually("no session is left") {
                    try await database.psql(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND pid <> pg_backend_pid()"
                    ) == "0"
                }
            }
        }
    }

    @Test("writers that keep a sum never show in the set, with chunks and HOT updates, B10")
    func consistency() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, filler text) WITH (fillfactor = 50);
                INSERT INTO accounts SELECT i, 100, repeat('x', 200) FROM generate_series(1, 2000) i;
                CREATE TABLE branch (id int PRIMARY KEY, total bigint); INSERT INTO branch VALUES (1, 200000);
                """)
            let writers = (0..<3).map { writer in
                Task {
                    let connection = try await Connection.open(
                        ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "writer"))
                    var round = writer
                    while !Task.isCancelled {
                        round += 7
                        let (from, to, amount) = (round % 2000 + 1, (round * 13) % 2000 + 1, round % 5)
                        do {
                            try await connection.run { session in
                                try session.transaction { session in
                                    for (id, change) in [(min(from, to), -amount), (max(from, to), amount)] {
                                        _ = try session.execute(
                                            "UPDATE public.accounts SET balance = balance + \(change)::int WHERE id = \(id)::int"
                                        )
                                    }
                                }
                            }
                        } catch { continue }
                    }
                    await connection.close()
                }
            }
            try await finally {
                try await BackupFixture.with { backup in
                    for _ in 0..<3 {
                        let set = try await backup.create(database.url) {
                            $0.compression = .gzip(level: 1)
                            $0.chunkPages = 16
                        }
                        #expect(try set.table("accounts").chunks.count > 4)
                        try await TestServer.withDatabase { other in
                            let target = "host=127.0.0.1 port=\(other.server.port) user=postgres dbname=\(other.name)"
                            _ = try await Program.run(
                                other.server.binaries.program("pg_restore"), ["-d", target, set.folder])
                            #expect(
                                try await other.psql("SELECT sum(balance), count(*) FROM accounts") == "200000|2000")
                        }
                    }
                }
            } cleanUp: {
                for writer in writers {
                    writer.cancel()
                    _ = await writer.result
                }
            }
        }
    }

    @Test("a lock table that is too small is an error that names max_locks_per_transaction, B19")
    func lockTable() async throws {
        try await TestServer.withSandbox(
            settings: ["max_locks_per_transaction": "10", "max_connections": "10", "max_prepared_transactions": "0"]
        ) { sandbox in
            for _ in 0..<15 {
                try await sandbox.psql(
                    """
                    DO $$ BEGIN FOR i IN 1..100 LOOP
                        EXECUTE format('CREATE TABLE %I ()', 'x' || gen_random_uuid());
                    END LOOP; END $$
                    """)
            }
            try await BackupFixture.with { backup in
                let failure = await failure {
                    try await backup.create("postgresql://postgres@127.0.0.1:\(sandbox.port)/postgres")
                }
                #expect(failure?.code == .backupLockTable)
                #expect(failure?.hint?.contains("max_locks_per_transaction") == true)
            }
        }
    }

    @Test("--exclude-table-data leaves the rows out and says so in the manifest")
    func excludedData() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE SCHEMA audit; CREATE TABLE audit.events (i int); INSERT INTO audit.events VALUES (1);
                CREATE TABLE kept (i int); INSERT INTO kept VALUES (1), (2);
                """)
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url) {
                    $0.excludedTableData = [try TablePattern("audit.*")]
                }
                #expect(set.manifest.tables.map(\.name) == ["kept"])
                #expect(set.manifest.omitted == [Omission(.excluded, "audit.events")])
            }
        }
    }
}
