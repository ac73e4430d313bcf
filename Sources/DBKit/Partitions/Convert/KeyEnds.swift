import Postgres

/// The smallest and the largest value of a partition key, as the server writes them, and how many rows have none.
struct KeyEnds: Sendable, Hashable {
    var smallest: String?
    var largest: String?
    var nulls: Int64

    /// - Parameters:
    ///   - column: Quoted, with an alias.
    ///   - rows: What stands behind FROM.
    static func read(
        _ column: SQLFragment, _ type: PartitionKeyType, from rows: SQLFragment, in session: Session,
        _ timeout: Duration? = nil
    ) throws -> KeyEnds {
        // uuid has neither min nor max before PostgreSQL 18; its text sorts as it does.
        let value: SQLFragment = type == .uuid ? "\(column)::text COLLATE \"C\"" : column
        let row = try session.row(
            """
            SELECT min(\(value))::text AS smallest, max(\(value))::text AS largest, count(*) - count(\(column)) AS nulls FROM \(rows)
            """, timeout: timeout)
        return try KeyEnds(smallest: row.value("smallest"), largest: row.value("largest"), nulls: row.value("nulls"))
    }

    /// Of a whole table.
    static func read(
        of table: ConvertedTable, _ key: String, _ type: PartitionKeyType, in session: Session
    ) throws -> KeyEnds {
        try read("s.\(try identifier(key))", type, from: "ONLY \(try table.sql()) AS s", in: session)
    }
}
