import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("partition ensure, killed at any moment")
struct PartitionKillTests {
    private static let configuration = "partitions:\n  - {table: attempts, by: attempted_at, every: 1 month}\n"

    /// Rows of this month and the next in the default partition, and of long ago.
    private static let schema =
        PartitionFixture.schema + """

            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            INSERT INTO attempts (attempted_at, user_id, note)
            SELECT date_trunc('month', now()) + make_interval(months => i % 2, mins => i), 1, repeat('n', 200) || i
            FROM generate_series(1, 8000) AS i;
            INSERT INTO attempts (attempted_at, user_id, note)
            SELECT '2020-01-01', 1, repeat('x', 300) FROM generate_series(1, 8000);
            """

    @Test("SIGKILL at a moment of its run: nothing is lost, and the same command finishes", arguments: 0..<6)
    func killed(_ part: Int) async throws {
        try await PartitionFixture.with(Self.schema) { fixture in
            try await withTemporaryFolder { folder in
                try Data(Self.configuration.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                let arguments = [
                    "partition", "ensure", "--drain-default", "--no-progress", "--database-url", fixture.database.url,
                ]
                try await fixture.database.psql("CREATE TABLE before AS TABLE attempts")
                // Each is the beginning of another step; the last kill comes during whatever follows.
                let moments = [
                    "CREATE TABLE public", "CREATE TRIGGER", "ATTACH", "CREATE TABLE", "ALTER TABLE", "VALIDATE",
                ]
                let killed = try await Dbctl.withRunning(arguments, folder: folder) { running in
                    try await eventually("it comes to \(moments[part]): \(running.stderr)") {
                        running.hasEnded || running.stderr.contains(moments[part])
                    }
                    var generator = SeededMoments(seed: UInt64(part))
                    try await Task.sleep(for: .milliseconds(Int(generator.next() * 60)))
                    try? running.signal(SIGKILL)
                }
                #expect(killed.exitCode == 137 || killed.exitCode == 0, "\(killed)")
                let rerun = try await Dbctl.run(arguments, folder: folder)
                #expect(rerun.exitCode == 0, "\(killed)\n\(rerun)")
                let state = try await fixture.database.psql(
                    """
                    SELECT (SELECT count(*) FROM attempts), (SELECT count(*) FROM rest), (SELECT count(*) FROM pg_inherits WHERE inhparent = 'attempts'::regclass),
                           (SELECT count(*) FROM (TABLE before EXCEPT ALL TABLE attempts) AS lost),
                           (SELECT count(*) FROM pg_class WHERE relname LIKE 'dbctl\\_drain%'),
                           (SELECT count(*) FROM pg_constraint WHERE conname LIKE 'dbctl%'),
                           (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'dbctl%')
                    """)
                #expect(state == "16000|8000|5|0|0|0|0", "\(killed)\n\(rerun)")
            }
        }
    }
}
