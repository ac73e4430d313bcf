import Postgres

/// Rows that lie in the default partition and belong to a range.
struct StrayRows: Sendable, Hashable {
    var count: Int64
    var least: String
    var greatest: String

    /// Nil when there are none.
    static func find(
        in fallback: Partition, _ check: RangeCheck, session: Session
    ) throws -> StrayRows? {
        let ends = try KeyEnds.read(
            "\(try identifier(check.key.column))", check.key.type,
            from: "\(try fallback.sql()) WHERE \(try check.inside)", in: session)
        // No range takes a NULL, so that there is a smallest one when there is any.
        guard let least = ends.smallest, let greatest = ends.largest else { return nil }
        return StrayRows(count: ends.rows, least: least, greatest: greatest)
    }
}
