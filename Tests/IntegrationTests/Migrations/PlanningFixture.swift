import DBKit
import Foundation
import TestSupport
import Testing

/// A statement to compare: what the model says of it, and what the server did.
struct PlannedCase: Sendable, CustomStringConvertible {
    var sql: String
    /// The versions that know it.
    var majors: ClosedRange<Int> = 14...18
    /// Which partitions a query needs depends on rows: the model names all that may be.
    var isUpperBound = false
    /// A query reads its tables for its own sake.
    var comparesWork = true
    /// Tables at the other end of a foreign key, which its check reads by an index or not, as the planner likes.
    var mayRead: Set<String> = []

    var description: String { sql }

    init(
        _ sql: String, majors: ClosedRange<Int> = 14...18, isUpperBound: Bool = false, comparesWork: Bool = true,
        mayRead: Set<String> = []
    ) {
        self.sql = sql
        self.mayRead = mayRead
        self.majors = majors
        self.isUpperBound = isUpperBound
        self.comparesWork = comparesWork
    }
}

/// Locks by relation, and the tables that were rewritten, read and indexed.
struct ObservedEffect: Equatable {
    var locks: [String: String] = [:]
    var rewritten: Set<String> = []
    var scanned: Set<String> = []
    var indexed: Set<String> = []
}

enum PlanningFixture {
    static func withSession(major: Int, _ body: (Session) throws -> Void) async throws {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(schema)
            var settings = SessionSettings(applicationName: "planning")
            settings.searchPath = "public"
            let session = try Session.connect(ConnectionParameters(url: database.url), settings: settings)
            try body(session)
        }
    }

    static func plan(_ sql: String, _ session: Session) throws -> [StatementEffect] {
        let script = try SQLScript(sql)
        let section = MigrationSection(path: "1_plan.sql", script: script, statements: script.statements)
        return try session.transaction(.readOnly) { session in
            try PlanningContext.effects(of: section.statements.map { (section, $0) }, in: session)
        }
    }

    /// Runs the statement in a transaction that is rolled back.
    static func observe(_ sql: String, _ session: Session) throws -> ObservedEffect {
        var messages: [String] = []
        session.onNotice = { messages.append($0.message) }
        defer { session.onNotice = nil }
        var seen = ObservedEffect()
        struct Undone: Error {}
        do {
            try session.transaction { session in
                let before = try relations(session)
                let scansBefore = try scans(session)
                try session.execute("SET LOCAL client_min_messages = debug1")
                try session.execute(Query(ServerText(file: sql)))
                try session.execute("SET LOCAL client_min_messages = warning")
                try readLocks(session, before, &seen)
                let after = try relations(session)
                for (oid, old) in before where ["r", "m"].contains(old.kind) {
                    if let new = after[oid], new.file != old.file { seen.rewritten.insert(old.label) }
                }
                let counts = try scans(session).filter { $0.value > scansBefore[$0.key, default: 0] }
                readScans(Set(counts.keys), before, messages, &seen)
                throw Undone()
            }
        } catch is Undone {}
        return seen
    }

    private struct Relation {
        var label: String
        var kind: String
        var file: Int
    }

    private static func relations(_ session: Session) throws -> [Int: Relation] {
        let query: Query = """
            SELECT c.oid::bigint AS oid,
                   CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname) AS label,
                   c.relkind::text AS kind, coalesce(pg_relation_filenode(c.oid), 0)::bigint AS file
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND n.nspname !~ '^pg_'
            """
        var found: [Int: Relation] = [:]
        for row in try session.rows(query) {
            found[try row.value("oid")] = Relation(
                label: try row.value("label"), kind: try row.value("kind"), file: try row.value("file"))
        }
        return found
    }

    private static func readLocks(
        _ session: Session, _ before: [Int: Relation], _ seen: inout ObservedEffect
    ) throws {
        let query: Query = """
            SELECT relation::bigint AS oid, mode FROM pg_locks
            WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384
            """
        for row in try session.rows(query) {
            let oid: Int = try row.value("oid")
            let mode = try #require(LockMode(name: try row.value("mode")))
            guard let relation = before[oid] else { continue }
            let label = ["i", "I", "S"].contains(relation.kind) ? "index \(relation.label)" : relation.label
            let held = seen.locks[label].flatMap(LockMode.init(name:)) ?? mode
            seen.locks[label] = max(held, mode).name
        }
    }

    /// How often each relation was read from end to end. The counts of transactions that were rolled back remain in it.
    private static func scans(_ session: Session) throws -> [Int: Int] {
        var counts: [Int: Int] = [:]
        let query: Query = "SELECT relid::bigint AS oid, seq_scan FROM pg_stat_xact_all_tables WHERE seq_scan > 0"
        for row in try session.rows(query) { counts[try row.value("oid")] = try row.value("seq_scan") }
        return counts
    }

    private static func readScans(
        _ read: Set<Int>, _ before: [Int: Relation], _ messages: [String], _ seen: inout ObservedEffect
    ) {
        for message in messages {
            if let match = message.wholeMatch(of: /building index "(.+)" on table "(.+)" .*/) {
                seen.indexed.insert(String(match.2))
            }
            if let match = message.wholeMatch(of: /verifying table "(.+)"/) { seen.scanned.insert(String(match.1)) }
        }
        for oid in read {
            if let relation = before[oid], !seen.indexed.contains(relation.label) {
                seen.scanned.insert(relation.label)
            }
        }
        let labels = Set(before.values.map(\.label))
        seen.scanned = seen.scanned.subtracting(seen.rewritten).intersection(labels)
        seen.indexed = seen.indexed.subtracting(seen.rewritten).intersection(labels)
    }

    /// Nil where they agree; else what is wrong.
    static func difference(_ planned: StatementEffect, _ seen: ObservedEffect, _ case: PlannedCase) -> String? {
        var faults: [String] = []
        if planned.isUnknown { faults.append("unknown: \(planned.unknownReason ?? "")") }
        let known = Dictionary(planned.locks.map { ($0.relation, $0.mode.name) }) { first, _ in first }
        let tables = seen.locks.filter { !$0.key.hasPrefix("index ") }
        for (relation, mode) in tables where known[relation] != mode {
            faults.append("\(relation) is locked \(mode), not \(known[relation] ?? "at all")")
        }
        for (relation, mode) in known where seen.locks["index \(relation)"] != mode && tables[relation] == nil {
            if !`case`.isUpperBound { faults.append("\(relation) is not locked \(mode)") }
        }
        guard `case`.comparesWork else { return faults.isEmpty ? nil : faults.joined(separator: "; ") }
        let rewritten = works(planned, .rewrite)
        faults += compare("rewrite", rewritten, seen.rewritten)
        let gone = seen.rewritten
        faults += compare("scan", works(planned, .scan).without(gone), seen.scanned.subtracting(`case`.mayRead))
        faults += compare("index build", works(planned, .indexBuild).without(gone), seen.indexed)
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }

    private struct Works {
        var certain: Set<String>
        var possible: Set<String>

        func without(_ gone: Set<String>) -> Works {
            Works(certain: certain.subtracting(gone), possible: possible)
        }
    }

    private static func works(_ effect: StatementEffect, _ kind: StatementEffect.Work.Kind) -> Works {
        let all = effect.work.filter { $0.kind == kind }
        return Works(
            certain: Set(all.filter(\.isCertain).map(\.relation)), possible: Set(all.map(\.relation)))
    }

    private static func compare(_ what: String, _ planned: Works, _ seen: Set<String>) -> [String] {
        planned.certain.subtracting(seen).sorted().map { "no \(what) of \($0)" }
            + seen.subtracting(planned.possible).sorted().map { "a \(what) of \($0) was not foretold" }
    }
}
