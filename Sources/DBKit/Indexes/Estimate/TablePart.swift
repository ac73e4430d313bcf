import Operations
import Postgres

/// As much of a table as is read in no time: of a small one, all. It is read page by page, never by an index.
struct TablePart: Sendable, Hashable {
    /// Of the whole, up to 1.
    let share: Double
    /// VACUUM, ANALYZE or the build of an index has counted the rows of the table.
    let isCounted: Bool

    private static let pages = 1000.0

    /// - Parameter table: Of a partitioned one, all below it count.
    init(of table: Int64, in session: Session) throws {
        let known = try session.row(Query(embedded: PackageResources.index_rows_sql, binds: [table]))
        isCounted = try known.value("is_counted")
        share = min(1, Self.pages / max(1, try known.value("pages", as: Double.self)))
    }

    var clause: SQLFragment {
        get throws { "TABLESAMPLE SYSTEM (\(try literal(String(share * 100)))) REPEATABLE (1)" }
    }
}
