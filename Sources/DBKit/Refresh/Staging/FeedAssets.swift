import Postgres

/// The assets of a feed beside those of its last run.
struct FeedAssets {
    let area: StagingArea
    let definition: FeedDefinition

    /// A run without a feed's name is compared with the last one of its kind.
    private var feed: String { definition.name ?? "" }

    /// As staged: what is looked up by its spelling.
    private func names() throws -> SQLFragment? {
        let columns = area.assetColumns(definition)
        guard !columns.isEmpty else { return nil }
        let texts = columns.map { "r.\($0.new)::text" as SQLFragment }.joined(separator: ", ")
        var rows: SQLFragment = "\(try area.staging)"
        if columns.allSatisfy(\.fed.isKey) {
            // A few thousand of a million: told apart as they are, and only then made texts. (A key has an equality.)
            let values = columns.map { "s.\($0.new)" as SQLFragment }.joined(separator: ", ")
            rows = "(SELECT DISTINCT \(values) FROM \(rows) AS s)"
        }
        return "SELECT DISTINCT pg_catalog.concat_ws('/', \(texts)) AS asset FROM \(rows) AS r"
    }

    struct Comparison {
        var last: Int64 = 0
        var missing: Int64 = 0
        /// The first of the missing, at most a hundred.
        var samples: [String] = []
    }

    func compare(in session: Session) throws -> Comparison {
        guard try RunsTable.isReadable(in: session), let names = try names() else { return Comparison() }
        let target = area.target.oid
        let last: Int64 = try session.row(
            "SELECT pg_catalog.count(*) AS n FROM dbctl.refresh_assets WHERE feed = \(feed) AND target = \(target)::bigint::oid"
        ).value("n")
        guard last > 0 else { return Comparison() }
        let rows = try session.rows(
            """
            SELECT a.asset, pg_catalog.count(*) OVER () AS total FROM dbctl.refresh_assets AS a
            WHERE a.feed = \(feed) AND a.target = \(target)::bigint::oid
              AND a.asset NOT IN (SELECT n.asset FROM (\(names)) AS n WHERE n.asset IS NOT NULL)
            ORDER BY a.asset LIMIT 100
            """)
        return Comparison(
            last: last, missing: try rows.first?.value("total") ?? 0, samples: try rows.map { try $0.value("asset") })
    }

    /// Remembers the assets of this run; within the transaction that applies its last batch.
    func remember(in session: Session) throws {
        guard let names = try names() else { return }
        let target = area.target.oid
        // The rows that are deleted and those that are inserted are never the same, so one statement may do both.
        try session.execute(
            """
            WITH now AS MATERIALIZED (SELECT n.asset FROM (\(names)) AS n WHERE n.asset IS NOT NULL),
            gone AS (DELETE FROM dbctl.refresh_assets AS a WHERE a.feed = \(feed) AND a.target = \(target)::bigint::oid
                     AND a.asset NOT IN (SELECT asset FROM now))
            INSERT INTO dbctl.refresh_assets (feed, target, asset)
            SELECT \(feed), \(target)::bigint::oid, asset FROM now ON CONFLICT DO NOTHING
            """)
    }
}
