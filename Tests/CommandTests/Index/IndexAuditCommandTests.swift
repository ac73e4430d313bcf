import DBKit
import Foundation
import TestSupport
import Testing

@Suite("dbctl index audit, as its commands are typed, I8")
struct IndexAuditCommandTests {
    private static let schema = """
        CREATE TABLE "User" (id serial PRIMARY KEY, "Age" int, "keyId" int);
        SELECT setval(pg_get_serial_sequence('"User"', 'id'), 1500000000);
        CREATE TABLE "User Post" (id bigint PRIMARY KEY, "userId" int REFERENCES "User", small smallint UNIQUE, note text);
        INSERT INTO "User Post" SELECT i, NULL, i, 'n' FROM generate_series(1, 20000) AS i;
        CREATE TABLE wide (id bigint PRIMARY KEY);
        CREATE TABLE narrow (id bigint PRIMARY KEY, wide_id int REFERENCES wide);
        CREATE TABLE counted (id bigint PRIMARY KEY, number bigint NOT NULL);
        CREATE SEQUENCE numbers AS int OWNED BY counted.number;
        SELECT setval('numbers', 2000000000);
        CREATE TABLE keyless (id text, a int NOT NULL);
        CREATE UNIQUE INDEX backwards ON keyless (a DESC);
        CREATE TABLE "Unique" (a int NOT NULL);
        CREATE UNIQUE INDEX "Rule" ON "Unique" (a);
        CREATE INDEX "Age1" ON "User" ("Age"); CREATE INDEX "Age2" ON "User" ("Age"); CREATE INDEX "Lazy" ON "User Post" (note);
        CREATE INDEX short ON "User" ("keyId"); CREATE INDEX long ON "User" ("keyId", "Age");
        CREATE INDEX "Broken" ON "User Post" (note, small);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"Broken"'::regclass;
        -- What a careless reader of names would strike.
        CREATE INDEX age1 ON wide ((id + 1)) WHERE id > 3; CREATE INDEX age2 ON wide ((id + 2)) WHERE id > 3;
        ANALYZE;
        """

    private struct Document: Decodable {
        struct Body: Decodable { var findings: [AuditFinding] }
        var data: Body
    }

    @Test("each finding goes when its command is typed, and nothing else does")
    func typed() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let url = fixture.database.url
            func findings() async throws -> [AuditFinding] {
                try await Dbctl.run(["index", "audit", "--format", "json", "--database-url", url])
                    .decode(Document.self).data.findings
            }
            let first = try await findings()
            let kinds = Set(first.map(\.kind))
            #expect(
                kinds == [
                    .invalid, .duplicate, .redundant, .unused, .foreignKey, .missingPrimaryKey, .narrowKey,
                ], "\(kinds)")
            #expect(first.count { $0.kind == .narrowKey } == 4, "\(first.filter { $0.kind == .narrowKey })")
            // What one command builds may be unused until somebody uses it.
            var rest = first.filter { !$0.object.contains("age") }
            for _ in 0..<3 where !rest.isEmpty {
                for finding in rest { try await type(finding.command, url, fixture) }
                rest = try await findings().filter { $0.kind != .unused && $0.kind != .neverHot }
            }
            #expect(rest.isEmpty, "\(rest)")
            let left = try await fixture.database.psql(
                "SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY 1) FROM pg_index WHERE indrelid IN ('wide'::regclass, '\"User\"'::regclass)"
            )
            #expect(left.contains("age1") && left.contains("age2") && left.contains("long"), "\(left)")
            #expect(left.contains("\"Age1\"") != left.contains("\"Age2\""), "\(left)")
            // The sequence gives numbers beyond what its column could hold before.
            try await fixture.database.psql(
                "SELECT setval(pg_get_serial_sequence('\"User\"', 'id'), 3000000000); INSERT INTO \"User\" DEFAULT VALUES"
            )
        }
    }

    private func type(_ command: String, _ url: String, _ fixture: IndexFixture) async throws {
        guard command.hasPrefix("dbctl ") else {
            try await fixture.database.psql(command)
            return
        }
        let yes = command.contains("index drop") ? " --yes" : ""
        let shell = command.replacing(/^dbctl/, with: DbctlBinary.path)
        let outcome = try await Program.run("/bin/sh", ["-c", "\(shell)\(yes) --database-url '\(url)'"])
        #expect(outcome.exitCode == 0, "\(command): \(outcome)")
    }
}
