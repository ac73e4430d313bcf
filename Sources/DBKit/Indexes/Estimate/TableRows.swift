import Foundation
import Operations
import Postgres

/// How many rows a table has, and how many of them a predicate lets in.
struct TableRows: Sendable, Hashable {
    var all: Double
    var matching: Double

    init(matching predicate: String?, of table: IndexedTable, in session: Session) throws {
        let part = try TablePart(of: table.oid, in: session)
        let filter: SQLFragment? = predicate.map { "WHERE \(ServerText(catalog: $0))" }
        guard !part.isCounted else {
            // The planner knows partitions and predicates.
            all = try Self.planned("", table, in: session)
            matching = try filter.map { try Self.planned($0, table, in: session) } ?? all
            return
        }
        // It would take a table without statistics for ten pages at the least, full of rows as wide as their types.
        func count(_ filter: SQLFragment) throws -> Double {
            try session.row("SELECT count(*)::float8 AS rows FROM \(table.source()) \(part.clause) \(filter)")
                .value("rows", as: Double.self) / part.share
        }
        all = try count("")
        matching = try filter.map(count) ?? all
    }

    /// Of an index that is there, as they were counted. No predicate is planned: the planner reads the ends of indexes for
    /// that, which counts as their use.
    ///
    /// - Returns: Nil when nobody has counted them.
    init?(of index: TableIndex, on table: IndexedTable, in session: Session) throws {
        let counted: Double = try session.row(
            "SELECT c.reltuples::float8 AS rows FROM pg_catalog.pg_class AS c WHERE c.oid = \(index.oid)::bigint::oid"
        ).value("rows")
        guard try TablePart(of: table.oid, in: session).isCounted, counted >= 0 else { return nil }
        all = try Self.planned("", table, in: session)
        matching = index.definition.predicate == nil ? all : counted
    }

    private static func planned(_ filter: SQLFragment, _ table: IndexedTable, in session: Session) throws -> Double {
        let lines = try session.rows("EXPLAIN (FORMAT JSON) SELECT 1 FROM \(table.source()) \(filter)")
        let text = try lines.map { try $0.value("QUERY PLAN", as: String.self) }.joined(separator: "\n")
        let plans = try? JSONDecoder().decode([Explained].self, from: Data(text.utf8))
        return plans?.first?.plan.rows ?? 0
    }

    private struct Explained: Decodable {
        struct Plan: Decodable {
            var rows: Double
            enum CodingKeys: String, CodingKey { case rows = "Plan Rows" }
        }
        var plan: Plan
        enum CodingKeys: String, CodingKey { case plan = "Plan" }
    }
}
