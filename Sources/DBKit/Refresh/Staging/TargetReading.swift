import Operations
import Postgres

/// Reads the target in the order of its key, beside a feed that comes in the same order, by a session of its own.
final class TargetReading {
    private let area: StagingArea
    private let openSession: () throws -> Session
    private var session: Session?
    /// Nil until it is known.
    private var order: KeyOrder?
    private var logStart: String?

    /// Nil: the texts of these columns say too little, or a pooler would give each statement settings of its own.
    ///
    /// - Parameter session: Who cancels what it is used for cancels the reading, too.
    init?(_ area: StagingArea, beside session: Session, on server: ConnectionParameters) {
        self.area = area
        openSession = { try session.openBeside(server) }
        guard !session.isPooled, RowComparison(area.columns, keys: keys(.forwards)) != nil else { return nil }
    }

    var isOpen: Bool { session != nil }

    /// Ends it.
    ///
    /// - Returns: How much log the whole server wrote meanwhile, where a page's hint bits are logged; else 0.
    func close() -> Int64 {
        defer {
            session?.close()
            session = nil
        }
        guard let logStart, let session else { return 0 }
        let query: Query =
            "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), \(logStart)::pg_lsn)::bigint AS n"
        return (try? session.row(query).value("n")) ?? 0
    }

    /// Begins to read from the first key of these rows to the last one.
    ///
    /// - Parameters:
    ///   - orders: In which they come.
    ///   - limit: A feed of a day has one row of each asset, and the table has all the others in between.
    /// - Returns: Nil where the target does not lie in such an order.
    func begin(
        _ chunks: [FeedChunk], _ orders: Set<KeyOrder>, atMost limit: Int64
    ) throws -> StandingRows? {
        let session = try opened()
        guard let order = try order(among: orders, chunks, session),
            let comparison = RowComparison(area.columns, keys: keys(order))
        else { return nil }
        let rows: SQLFragment = "\(try select(order, chunks, isBounded: true)) LIMIT \(limit)"
        let copy = try session.beginCopyOut("COPY (\(rows)) TO STDOUT (FORMAT binary)")
        return StandingRows(copy, comparison)
    }

    private func opened() throws -> Session {
        if let session { return session }
        let session = try openSession()
        self.session = session
        let row = try session.row(
            """
            SELECT pg_catalog.current_setting('data_checksums')::boolean
                   OR pg_catalog.current_setting('wal_log_hints')::boolean AS is_logged,
                   pg_catalog.pg_current_wal_insert_lsn()::text AS lsn
            """)
        if try row.value("is_logged") { logStart = try row.value("lsn") }
        return session
    }

    private func order(among orders: Set<KeyOrder>, _ chunks: [FeedChunk], _ session: Session) throws -> KeyOrder? {
        if let order { return orders.contains(order) ? order : nil }
        order = try [KeyOrder.forwards, .backwards].first { order in
            guard orders.contains(order) else { return false }
            // The planner knows whether the table lies in the order of its index: where it would rather read all of it
            // and sort, to follow the index is to fetch each row from another page.
            let query: Query = "EXPLAIN (FORMAT JSON) \(try select(order, chunks, isBounded: false))"
            return !(try session.row(query).value("QUERY PLAN", as: String.self)).contains("Sort\"")
        }
        // Of the few rows of a stretch it would still sort some.
        if order != nil { try session.execute("SET enable_sort = off") }
        return order
    }

    private func keys(_ order: KeyOrder) -> [Int] {
        let names = area.keys.map(\.new)
        let places = names.compactMap { name in area.columns.firstIndex { $0.new == name } }
        return order == .forwards ? places : places.reversed()
    }

    private func select(_ order: KeyOrder, _ chunks: [FeedChunk], isBounded: Bool) throws -> SQLFragment {
        let keys = keys(order)
        let names = try area.columns.map { "t.\(try identifier($0.fed.target.name))" as SQLFragment }
        let comparison = RowComparison(area.columns, keys: keys)
        let columns = names.enumerated().map { place, name in
            comparison?.isText(place) == true ? "\(name)::text" as SQLFragment : name
        }
        let key = keys.map { names[$0] }.joined(separator: ", ")
        guard let first = chunks.first, let last = chunks.last, let start = first.rows.first, let end = last.rows.last
        else { throw Failure(.bugUnexpected, "the target is to be read beside no rows") }
        let bound: SQLFragment = isBounded ? " AND (\(key)) <= (\(try values(end, of: last, keys)))" : ""
        return """
            SELECT \(columns.joined(separator: ", ")) FROM \(try area.target.quoted()) AS t
            WHERE (\(key)) >= (\(try values(start, of: first, keys)))\(bound) ORDER BY \(key)
            """
    }

    private func values(_ row: FeedChunk.Row, of chunk: FeedChunk, _ keys: [Int]) throws -> SQLFragment {
        let fields = chunk.bytes[row.values(chunk.bytes.span)].dropLast().split(
            separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        return try keys.map { key in
            let text = String(decoding: fields[key], as: UTF8.self)
            return "\(try literal(text))::\(ServerText(catalog: area.columns[key].fed.target.typeName))" as SQLFragment
        }.joined(separator: ", ")
    }
}
