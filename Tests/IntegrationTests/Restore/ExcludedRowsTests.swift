import DBKit
import Foundation
import TestSupport
import Testing

@Suite("A set that was made without the rows of a table that others refer to")
struct ExcludedRowsTests {
    private static let schema = """
        CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1);
        CREATE TABLE orders (id int, user_id int CONSTRAINT buyer REFERENCES users); INSERT INTO orders VALUES (1, 1);
        CREATE TABLE visits (user_id int REFERENCES users) PARTITION BY LIST (user_id);
        CREATE TABLE visits_1 PARTITION OF visits FOR VALUES IN (1); INSERT INTO visits VALUES (1);
        """

    private func restore(
        major: Int = 15, _ more: String, excluding excluded: [String],
        _ body: (RestoreResult, String) async throws -> Void
    ) async throws {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(Self.schema + more)
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url, tools: database.server.binaries.folder) { request in
                    request.excludedTableData = try excluded.map { try TablePattern($0) }
                }
                let copy = "\(database.name)_copy"
                var request = RestoreRequest(source: set.folder, into: copy)
                request.creates = true
                try await finally {
                    let result = try await DatabaseRestore(request, on: database.parameters, run: .make())()
                    try await body(
                        result,
                        try await database.server.psql(
                            "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY 1",
                            database: copy))
                } cleanUp: {
                    try await database.server.psql("DROP DATABASE IF EXISTS \(copy) WITH (FORCE)")
                }
            }
        }
    }

    @Test("comes back with all that it has; the foreign keys are left unchecked, and named", arguments: [15, 18])
    func unchecked(_ major: Int) async throws {
        try await restore(major: major, "", excluding: ["users"]) { result, keys in
            // Before 18 a partitioned table takes no key that is not checked.
            #expect(keys == (major < 18 ? "buyer|f" : "buyer|f\nvisits_user_id_fkey|f"))
            #expect(
                result.warnings.contains {
                    $0.contains("buyer of public.orders") && $0.contains("VALIDATE CONSTRAINT \"buyer\"")
                }, "\(result.warnings)")
            #expect(result.warnings.contains { $0.contains("visits_user_id_fkey") }, "\(result.warnings)")
        }
    }

    @Test("in a set that lacks nothing, a row that refers to nothing still ends the restore")
    func violation() async throws {
        let broken = "SET session_replication_role = replica; DELETE FROM users;"
        let failure = await #expect(throws: Failure.self) {
            try await restore(broken, excluding: []) { _, _ in }
        }
        #expect(failure?.code == .restoreStatement && failure?.sqlState == "23503")
    }
}
