import Operations
import Postgres

/// What the server says of sizes and expressions takes a lock that a table in the middle of an ALTER does not give.
struct LockedTables: Sendable {
    struct Locked: Sendable, Hashable {
        /// The table, or an index of it.
        var oid: Int64
        var table: Int64
        var label: String
    }

    private(set) var locked: [Locked]

    /// - Parameter meant: Tables or indexes, each with all of its partitioned table; empty: all.
    init(_ meant: [Int64] = [], in session: Session) throws {
        let rows = try session.rows(Query(embedded: PackageResources.locked_tables_sql, binds: [meant]))
        locked = try rows.map { row in
            Locked(
                oid: try row.value("oid"), table: try row.value("table_oid"),
                label: typedName(try row.value("schema"), try row.value("name")))
        }
    }

    var tables: [Int64] { Array(Set(locked.map(\.table))).sorted() }

    /// `public.prices, public.assets`
    var names: String {
        locked.isEmpty ? "a table" : Set(locked.map(\.label)).sorted().joined(separator: ", ")
    }

    func holders(in session: Session) throws -> [Blocker] { try Blocker.holders(of: locked.map(\.oid), in: session) }
}
