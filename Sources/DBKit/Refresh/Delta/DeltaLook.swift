import Operations
import Postgres

/// What is shown of a delta, and what the guards judge in it, before anything is written.
struct DeltaLook {
    let delta: Delta
    let definition: FeedDefinition
    let session: Session

    private var area: StagingArea { delta.area }

    /// The columns that are prices: fed, a number, and named so.
    private var prices: [StagedColumn] { area.values.filter { $0.fed.role == .price && $0.fed.target.type.isNumber } }

    /// The key column of a date or time type, or what the feed calls so.
    private var date: StagedColumn? { area.dateColumn(definition) }

    private var assets: [StagedColumn] { area.assetColumns(definition) }

    private func old(_ column: StagedColumn) throws -> Identifier {
        let name = column.fed.target.name
        guard let written = try area.written.first(where: { $0.name == name }) else {
            throw Failure(.bugUnexpected, "no old value is kept of \(name)")
        }
        return written.old
    }

    /// The largest price changes by their share of the old price.
    func moves(_ limit: Int = 10) throws -> [PriceMove] {
        let prices = prices
        guard !prices.isEmpty, delta.updated > 0 else { return [] }
        var changes: [SQLFragment] = []
        var texts: [SQLFragment] = []
        for price in prices {
            let old = try old(price)
            changes.append(
                "CASE WHEN \(isUsual(old)) AND \(isUsual(price.new)) THEN pg_catalog.abs(d.\(price.new)::float8 / d.\(old)::float8 - 1) END"
            )
            texts += ["d.\(old)::text", "d.\(price.new)::text"]
        }
        let rows = try session.rows(
            """
            SELECT ARRAY[\(try shownKeys())] AS key, ARRAY[\(texts.joined(separator: ", "))] AS prices
            FROM (SELECT * , greatest(\(changes.joined(separator: ", "))) AS change FROM \(try area.delta) AS d
                  WHERE kind = 'u') AS d
            WHERE d.change > 0 ORDER BY d.change DESC LIMIT \(limit)
            """)
        var moves: [(move: PriceMove, change: Double)] = []
        for row in rows {
            let key = try row.elements("key").map { $0 ?? "" }
            let values = try row.elements("prices")
            for (place, price) in prices.enumerated() {
                guard let before = values[2 * place], let after = values[2 * place + 1], before != after else {
                    continue
                }
                let factor = Double(before).flatMap { old in Double(after).map { $0 / old } }
                let usable = factor.flatMap { $0.isFinite ? $0 : nil }
                moves.append(
                    (
                        PriceMove(
                            key: key, column: price.fed.target.name, before: before, after: after, factor: usable),
                        usable.map { abs($0 - 1) } ?? 0
                    ))
            }
        }
        return Array(moves.sorted { $0.change > $1.change }.prefix(limit).map(\.move))
    }

    /// Hands every row to the guards that one of them might hold back.
    ///
    /// - Parameter held: Told of each row that a guard holds back: file, line, staged texts, reason.
    func judge(
        _ guards: inout RowGuards, today: String, files: [String],
        held: (Int, Int, [String: String?], String) throws -> Void
    ) throws {
        guard let condition = try suspicion(today), delta.rows > 0 else { return }
        let prices = prices
        var pairs: [SQLFragment] = []
        for price in prices { pairs += ["d.\(try old(price))::text", "d.\(price.new)::text"] }
        let list = pairs.isEmpty ? "NULL::text" : pairs.joined(separator: ", ")
        // What was looked up is as the feed spells it in the staging table alone.
        let hasLookups = area.columns.contains { $0.lookup != nil }
        let spelled: SQLFragment = hasLookups ? "r" : "d"
        let staged = area.columns.map { "\(spelled).\($0.new)::text" as SQLFragment }.joined(separator: ", ")
        let join: SQLFragment =
            hasLookups ? " JOIN \(try area.staging) AS r ON r.file = d.file AND r.line = d.line" : ""
        let day: SQLFragment = date.map { "d.\($0.new)::text" } ?? "NULL::text"
        let assets = try assets.map { try shown($0) }.joined(separator: ", ")
        try area.reading(
            """
            SELECT d.file, d.line, d.kind::text AS kind, ARRAY[\(try shownKeys())] AS key,
                   ARRAY[\(assets)]::text[] AS asset, \(day) AS day,
                   ARRAY[\(list)] AS prices, ARRAY[\(staged)] AS staged
            FROM \(try area.delta) AS d\(join) WHERE \(condition) ORDER BY d.file, d.line
            """, in: session
        ) { row in
            let file: Int = try row.value("file")
            let line: Int = try row.value("line")
            let values = try row.elements("prices")
            var found: [RowGuards.Row.Pair] = []
            if try row.value("kind", as: String.self) == "u" {
                for (place, price) in prices.enumerated() {
                    guard let before = values[2 * place], let after = values[2 * place + 1] else { continue }
                    found.append(.init(column: price.fed.target.name, before: before, after: after))
                }
            }
            let reason = guards.judge(
                RowGuards.Row(
                    file: files[file], line: line, key: try row.elements("key").map { $0 ?? "" },
                    asset: try row.elements("asset").map { $0 ?? "" }, date: try row.value("day", as: String?.self),
                    prices: found))
            guard let reason else { return }
            let texts = try row.elements("staged")
            try held(
                file, line, Dictionary(uniqueKeysWithValues: zip(area.columns.map(\.fed.target.name), texts)), reason)
        }
    }

    /// Which rows a guard might hold back; nil: none.
    private func suspicion(_ today: String) throws -> SQLFragment? {
        var parts: [SQLFragment] = []
        if delta.updated > 0, let quiet = JumpGuard(definition.guards).quietFactor {
            // In whole millionths, a little less than the guard's own: it is what decides.
            let factor = Int64((quiet * 0.999 * 1e6).rounded(.down))
            for price in prices {
                let old = try old(price)
                parts.append(
                    """
                    (d.kind = 'u' AND CASE WHEN \(isUsual(old)) AND \(isUsual(price.new))
                        THEN d.\(price.new)::float8 > d.\(old)::float8 * \(factor) / 1e6
                             OR d.\(price.new)::float8 * \(factor) / 1e6 < d.\(old)::float8
                        ELSE d.\(old) IS NOT NULL AND d.\(price.new) IS NOT NULL END)
                    """)
            }
        }
        if let window = definition.guards.backWindow, let date, date.fed.target.type.isTime {
            let seconds = Int64(window / .seconds(1))
            parts.append("d.\(date.new) < \(try literal(today))::timestamp - '\(seconds) seconds'::interval")
        }
        return parts.isEmpty ? nil : parts.joined(separator: " OR ")
    }

    /// Of a size that can be divided and multiplied: other prices are left to the guard itself.
    private func isUsual(_ price: Identifier) -> SQLFragment { "d.\(price) BETWEEN 1e-100 AND 1e100" }

    private func shownKeys() throws -> SQLFragment {
        try area.keys.map { try shown($0) }.joined(separator: ", ")
    }

    /// A value as the feed spells it: what was looked up, and not the number that is stored.
    private func shown(_ column: StagedColumn) throws -> SQLFragment {
        guard let lookup = column.lookup else { return "d.\(column.new)::text" }
        return
            "coalesce((SELECT l.\(lookup.column)::text FROM \(lookup.table) AS l WHERE l.\(lookup.value) = d.\(column.new) LIMIT 1), d.\(column.new)::text)"
    }
}

extension StagingArea {
    /// What the feed calls its date, else the key column of a date or time type.
    func dateColumn(_ definition: FeedDefinition) -> StagedColumn? {
        if let name = definition.date { return columns.first { $0.fed.target.name == name } }
        return keys.first { $0.lookup == nil && $0.fed.target.type.isTime }
    }

    /// What the feed calls its asset, else the rest of the key.
    func assetColumns(_ definition: FeedDefinition) -> [StagedColumn] {
        if let names = definition.asset {
            return names.compactMap { name in columns.first { $0.fed.target.name == name } }
        }
        let date = dateColumn(definition)?.new
        return keys.filter { $0.new != date }
    }

    /// Reads rows a few at a time, however many there are; needs a transaction.
    func reading(_ query: Query, in session: Session, _ body: (Row) throws -> Void) throws {
        let declare: SQLFragment = "DECLARE dbctl_rows NO SCROLL CURSOR FOR "
        try session.execute("\(declare)\(ServerText(catalog: query.text))")
        while true {
            let rows = try session.rows("FETCH FORWARD 100 FROM dbctl_rows")
            for row in rows { try body(row) }
            guard rows.count == 100 else { break }
        }
        try session.execute("CLOSE dbctl_rows")
    }
}
