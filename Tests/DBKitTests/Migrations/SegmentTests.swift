import DBKit
import Testing

@testable import Migrations

/// Where a file is cut into transactions.
@Suite struct SegmentTests {
    private static func cut(_ text: String, outside: Bool = false) throws -> SegmentedSection {
        let script = try SQLScript(text)
        var section = MigrationSection(path: "x.sql", script: script, statements: script.statements)
        section.directives.isOutsideTransaction = outside
        return try SegmentedSection(section)
    }

    private static func segments(_ text: String, outside: Bool = false) throws -> [String] {
        try cut(text, outside: outside).segments.map { segment in
            let places = segment.statements.map { String($0 + 1) }.joined(separator: " ")
            if case .alone(let reason) = segment.kind { return "\(places) alone: \(reason)" }
            return places
        }
    }

    static let cases: [(String, [String])] = [
        ("", []), ("SELECT 1", ["1"]), ("SELECT 1; SELECT 2; SELECT 3", ["1 2 3"]),
        (
            "CREATE TABLE t (); CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1; SELECT 2",
            ["1", "2 alone: CREATE INDEX CONCURRENTLY", "3 4"]
        ),
        ("create unique index concurrently if not exists i on t (a)", ["1 alone: CREATE INDEX CONCURRENTLY"]),
        ("CREATE INDEX concurrently_x ON t (a)", ["1"]),
        ("CREATE INDEX ON \"concurrently\" (a)", ["1"]),
        ("CREATE TABLE index (concurrently int)", ["1"]),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", ["1 alone: DROP INDEX CONCURRENTLY"]),
        ("REINDEX INDEX CONCURRENTLY i", ["1 alone: REINDEX CONCURRENTLY"]),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE t", ["1 alone: REINDEX CONCURRENTLY"]),
        ("REINDEX TABLE t", ["1"]), ("REINDEX (VERBOSE) SCHEMA s", ["1 alone: REINDEX SCHEMA"]),
        ("REINDEX DATABASE d", ["1 alone: REINDEX DATABASE"]),
        ("REINDEX SYSTEM d", ["1 alone: REINDEX SYSTEM"]), ("CLUSTER VERBOSE", ["1 alone: CLUSTER of all tables"]),
        ("DISCARD ALL", ["1 alone: DISCARD ALL"]), ("DISCARD PLANS", ["1"]),
        ("COMMIT PREPARED 'x'", ["1 alone: COMMIT PREPARED"]),
        ("ROLLBACK PREPARED 'x'", ["1 alone: ROLLBACK PREPARED"]),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", ["1 alone: CREATE SUBSCRIPTION"]),
        ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", ["1 alone: ALTER SUBSCRIPTION"]),
        ("DROP SUBSCRIPTION s", ["1 alone: DROP SUBSCRIPTION"]),
        ("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", ["1 alone: DETACH PARTITION CONCURRENTLY"]),
        ("ALTER TABLE p DETACH PARTITION c", ["1"]), ("ALTER TABLE p DETACH PARTITION c FINALIZE", ["1"]),
        ("VACUUM FULL t", ["1 alone: VACUUM"]), ("CLUSTER", ["1 alone: CLUSTER of all tables"]), ("CLUSTER t", ["1"]),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", ["1"]), ("ALTER SYSTEM SET x = 1", ["1 alone: ALTER SYSTEM"]),
        ("CREATE DATABASE d", ["1 alone: CREATE DATABASE"]), ("DROP TABLESPACE x", ["1 alone: DROP TABLESPACE"]),
        ("ALTER DATABASE d SET TABLESPACE x", ["1 alone: ALTER DATABASE SET TABLESPACE"]),
        ("ALTER DATABASE d SET work_mem = '1MB'", ["1"]),
        ("BEGIN; SELECT 1; SELECT 2; COMMIT; SELECT 3", ["2 3", "5"]),
        ("SELECT 0; START TRANSACTION; SELECT 1; END; SELECT 3", ["1", "3", "5"]),
        ("BEGIN; SAVEPOINT a; ROLLBACK TO a; RELEASE a; COMMIT", ["2 3 4"]), ("BEGIN; COMMIT", []),
        (
            "ALTER TYPE m ADD VALUE 'sad'; INSERT INTO t VALUES ('sad'); SELECT 'x'",
            ["1", "2 3"]
        ),
        ("ALTER TYPE m ADD VALUE IF NOT EXISTS 'sad' AFTER 'ok'; INSERT INTO t VALUES ('ok')", ["1", "2"]),
        ("ALTER TYPE m ADD VALUE 'sad'; INSERT INTO t VALUES ('happy')", ["1 2"]),
        ("ALTER TYPE m RENAME VALUE 'sad' TO 'x'; INSERT INTO t VALUES ('x')", ["1 2"]),
    ]

    @Test("each statement is where it must be", arguments: cases)
    func boundaries(text: String, expected: [String]) throws {
        #expect(try Self.segments(text) == expected)
    }

    @Test("outside of a transaction every statement stands alone, but for what stands between BEGIN and COMMIT")
    func outside() throws {
        let text = "SELECT 1; BEGIN; SELECT 2; SELECT 3; COMMIT; SELECT 4"
        #expect(try Self.segments(text, outside: true) == ["1", "3 4", "6"])
        let program = "CALL p(); SELECT 1; DO $$ BEGIN COMMIT; END $$"
        #expect(
            try Self.segments(program, outside: true) == ["1 alone: no-transaction", "2", "3 alone: no-transaction"])
    }

    @Test("what is set for the rest of the file counts in later segments, what ends with its transaction does not")
    func settings() throws {
        let section = try Self.cut(
            """
            SET search_path = a; RESET work_mem; SELECT pg_catalog.set_config('x.y', 'z', false); SET ROLE r;
            SET LOCAL lock_timeout = 1; SET TRANSACTION READ WRITE; SET CONSTRAINTS ALL DEFERRED; SELECT 1
            """)
        #expect(section.settings(before: 7) == [0, 1, 2, 3])
        #expect(section.settings(before: 2) == [0, 1])
        #expect(section.settings(before: 0) == [])
    }

    @Test(
        "transaction control that leaves open what was done is refused with its line",
        arguments: [
            "SELECT 1;\nROLLBACK", "SELECT 1;\nCOMMIT", "SELECT 1;\nBEGIN", "BEGIN;\nBEGIN; COMMIT",
            "BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a); COMMIT", "BEGIN;\nPREPARE TRANSACTION 'x'",
            "SELECT 1;\nABORT", "SELECT 1;\nCOPY t TO STDOUT",
        ])
    func refused(text: String) throws {
        let error = #expect(throws: Failure.self) { try Self.segments(text) }
        #expect(error?.code.name == "migrate.file")
        #expect(error?.message.contains("x.sql:2: ") == true, "\(error?.message ?? "")")
    }
}

/// One lock timeout for all the statements of a transaction.
@Suite struct LockBudgetTests {
    @Test("waits behind strong locks are taken from one budget; what DML takes is not")
    func spending() {
        var budget = LockBudget(limit: .seconds(2), inForce: .seconds(2))
        #expect(budget.remaining == .seconds(2))
        budget.didRun(StatementKind(words: ["insert", "into", "t"]), for: .seconds(9))
        #expect(budget.remaining == .seconds(2), "nobody's reading queues behind an INSERT")
        budget.didRun(StatementKind(words: ["alter", "table", "t"]), for: .milliseconds(1900))
        #expect(budget.remaining == .milliseconds(100))
        budget.didRun(StatementKind(words: ["insert", "into", "t"]), for: .milliseconds(60))
        #expect(budget.remaining == .milliseconds(40), "a strong lock is held while it waits")
        budget.didRun(StatementKind(words: ["alter", "table", "t"]), for: .seconds(60))
        #expect(budget.remaining == LockBudget.least, "an uncontended lock is always to be had")
    }
}

/// `diff -u`, as far as a person needs it.
@Suite struct TextDifferenceTests {
    @Test("changes stand with their neighbours, far ones apart")
    func lines() {
        let old = (1...12).map(String.init).joined(separator: "\n")
        let new = old.replacing("2\n", with: "two\n", maxReplacements: 1).replacing("11\n", with: "")
        #expect(
            TextDifference(from: old, to: new, context: 1).lines
                == [" 1", "-2", "+two", " 3", "@@ line 11", " 10", "-11", " 12"])
    }

    @Test("a long one is cut, and says by how much")
    func limit() {
        let lines = TextDifference(from: "", to: (1...100).map(String.init).joined(separator: "\n"), limit: 10).lines
        #expect(lines.count == 11 && lines.last == "… 91 lines more")
    }
}
