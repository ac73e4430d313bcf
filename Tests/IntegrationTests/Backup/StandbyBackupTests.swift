import DBKit
import Foundation
import TestSupport
import Testing

/// Backups from a hot standby, which has a say of its own about how long a snapshot lives.
@Suite struct StandbyBackupTests {
    private func url(_ server: Sandbox, user: String = "postgres") -> String {
        "postgresql://\(user)@127.0.0.1:\(server.port)/postgres"
    }

    private func caughtUp(_ primary: Sandbox, _ standby: Sandbox) async throws {
        let lsn = try await primary.psql("SELECT pg_current_wal_lsn()")
        try await eventually("the standby has replayed everything") {
            try await standby.psql("SELECT pg_last_wal_replay_lsn() >= '\(lsn)'::pg_lsn") == "t"
        }
    }

    /// A `pg_dumpall` that first lets the primary remove rows that the backup's snapshot still sees, `times` times. It runs
    /// when the snapshot is taken and no row was read yet.
    private func conflicting(_ backup: BackupFixture, _ primary: Sandbox, times: Int) throws -> String {
        let bin = primary.binaries.folder
        let psql = "\(bin)/psql -X -q -h 127.0.0.1 -p \(primary.port) -U postgres"
        let script = """
            #!/bin/sh
            case "$1" in --version) exec \(bin)/pg_dumpall --version;; esac
            echo x >> \(backup.folder)/calls
            if [ "$(wc -l < \(backup.folder)/calls)" -le \(times) ]; then
                \(psql) -c 'DELETE FROM t WHERE i = (SELECT max(i) FROM t)' -c 'VACUUM t' -c 'SELECT pg_switch_wal()' > /dev/null
                sleep 1
            fi
            exec \(bin)/pg_dumpall "$@"
            """
        let tools = "\(backup.folder)/bin"
        try Folder.create(tools)
        try Data(script.utf8).write(to: URL(fileURLWithPath: "\(tools)/pg_dumpall"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(tools)/pg_dumpall")
        try FileManager.default.createSymbolicLink(
            atPath: "\(tools)/pg_dump", withDestinationPath: "\(bin)/pg_dump")
        return tools
    }

    @Test("a role that may only read backs a standby up; unlogged rows are not there, and listed, B21")
    func readOnly() async throws {
        try await TestServer.withPair { primary, standby in
            try await primary.psql(
                """
                CREATE TABLE t (i int, s text); INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 5000) i;
                CREATE UNLOGGED TABLE volatile (i int); INSERT INTO volatile VALUES (1);
                SELECT lo_from_bytea(0, 'large');
                CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader;
                """)
            try await caughtUp(primary, standby)
            try await BackupFixture.with { backup in
                let set = try await backup.create(url(standby, user: "reader"))
                #expect(try set.table("t").rows == 5000)
                #expect(set.manifest.omitted.contains(Omission(.unloggedOnStandby, "public.volatile")))
                #expect(set.manifest.omitted.contains { $0.reason == .notVisible })
                #expect(try await set.verify().ok)
                #expect(set.report.snapshot.xminAge == nil)
            }
        }
    }

    @Test("replay that cancels the snapshot means a new one; for ever, it is 75 with both remedies, B21")
    func conflict() async throws {
        try await TestServer.withPair(standby: ["max_standby_streaming_delay": "0", "hot_standby_feedback": "off"]) {
            primary, standby in
            try await primary.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 5000)")
            try await caughtUp(primary, standby)
            try await BackupFixture.with { backup in
                let tools = try conflicting(backup, primary, times: 1)
                let set = try await backup.create(url(standby), tools: tools)
                #expect(try set.table("t").rows == 4999)
            }
            try await BackupFixture.with { backup in
                let tools = try conflicting(backup, primary, times: 99)
                let failure = await #expect(throws: Failure.self) {
                    try await backup.create(url(standby), tools: tools)
                }
                #expect(failure?.code == .backupUnstable && failure?.category == .busy)
                #expect(failure?.hint?.contains("max_standby_streaming_delay") == true)
                #expect(failure?.hint?.contains("hot_standby_feedback") == true)
                #expect(backup.isEmpty)
            }
        }
    }
}
