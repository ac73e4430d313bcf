import Postgres

/// The columns of a drain, and how one row is compared with another.
struct DrainColumns: Sendable {
    /// Those that are written.
    let columns: [Identifier]
    /// A unique key without NULLs; empty when there is none.
    let key: [Identifier]

    var list: SQLFragment { Self.joined(columns.map { "\($0)" }) }

    /// `(r).a, (r).b`
    func values(of row: SQLFragment) -> SQLFragment { Self.joined(columns.map { "(\(row)).\($0)" }) }

    /// The row as one text: two are the same when these are. The order of the columns is the parent's, whatever that of the
    /// table is. Works for types without an equality, too.
    func text(of row: SQLFragment) -> SQLFragment { "ROW(\(values(of: row)))::text" }

    func key(of row: SQLFragment) -> SQLFragment { Self.joined(key.map { "(\(row)).\($0)" }) }

    private static func joined(_ parts: [SQLFragment]) -> SQLFragment { parts.joined(separator: ", ") }
}
