import Operations
import Postgres

/// How large an index becomes of which no statistics tell (GIN, GiST, SP-GiST, expressions, long values): it is built on two samples of
/// the table, and what the larger one takes more than the smaller one goes on to the whole. Seen on 200,000 rows
/// (`IndexEstimateTests`): within a fifth, except that full text is taken for larger than it becomes, because new rows bring
/// ever fewer new words.
struct IndexSample: Sendable {
    let table: IndexedTable
    let body: IndexBody
    let kind: SQLFragment
    /// Of the empty copy: the samples stand in its place.
    let place: SQLFragment

    private static let rows = 20_000.0
    /// It must not take longer than it is worth.
    private static let patience = Duration.seconds(20)

    /// - Parameter rows: Of the whole table.
    /// - Returns: Nil where there is nothing to sample, or the role may not read it.
    func bytes(rows: Double, in session: Session) throws -> Double? {
        guard rows > 0 else { return nil }
        do {
            return try session.undoing { session in try extrapolated(rows, in: session) }
        } catch {
            guard session.isUsable, (error as? PostgresError)?.kind == .server else { throw error }
            return nil
        }
    }

    private func extrapolated(_ rows: Double, in session: Session) throws -> Double? {
        let percent = min(100, Self.rows / rows * 100)
        let large = try measure(percent, limit: Self.rows * 2, in: session)
        guard large.rows > 0 else { return nil }
        if percent == 100, large.rows < Self.rows * 2 { return large.bytes }
        guard percent < 100, large.rows >= 100 else { return large.bytes * max(1, rows / large.rows) }
        let small = try measure(percent / 4, limit: Self.rows / 2, in: session)
        guard small.rows < large.rows else { return large.bytes * rows / large.rows }
        let each = max(0, large.bytes - small.bytes) / (large.rows - small.rows)
        return large.bytes + each * max(0, rows - large.rows)
    }

    private func measure(
        _ percent: Double, limit: Double, in session: Session
    ) throws -> (rows: Double, bytes: Double) {
        try session.undoing { session in
            try session.execute("DROP TABLE \(place)")
            let share: SQLFragment = "\(try literal(String(percent)))"
            let most: SQLFragment = "\(Int64(limit))"
            try session.execute(
                """
                CREATE \(kind) TABLE \(place) AS
                SELECT * FROM \(table.source()) TABLESAMPLE SYSTEM (\(share)) LIMIT \(most)
                """, timeout: Self.patience)
            try session.execute(body.statement(.plain, name: nil, on: place), timeout: Self.patience)
            let size = try session.row(Query(embedded: PackageResources.index_sample_sql, binds: [place.text]))
            let count = try session.row("SELECT count(*)::float8 AS rows FROM \(place)")
            return (try count.value("rows"), try size.value("bytes"))
        }
    }
}
