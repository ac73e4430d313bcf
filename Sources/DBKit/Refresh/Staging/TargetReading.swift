import Operations
import Postgres

/// Reads the target in the order of its key, beside a feed that comes in the same order, by a session of its own.
final class TargetReading {
    private let area: StagingArea
    private let openSession: () throws -> Session
    /// Which database of which server, and no standby of it.
    private let home: String
    private var session: Session?
    /// Nil until it is known.
    private var usable: (order: KeyOrder, comparison: RowComparison)?

    /// Nil: values or keys that the client cannot tell apart; a pooler, which would give each statement settings of its
    /// own; a table of which the first look is going to write log, which only the server's own comparison can count.
    ///
    /// - Parameter session: Who cancels what it is used for cancels the reading, too.
    init?(_ area: StagingArea, beside session: Session, on server: ConnectionParameters) throws {
        guard !session.isPooled, RowComparison(area.columns, keys: Self.places(of: area)) != nil else { return nil }
        let row = try session.row(Query(embedded: PackageResources.target_reading_sql, binds: [area.target.oid]))
        guard try !row.value("writes_log", as: Bool.self) else { return nil }
        self.area = area
        home = try row.value("home")
        openSession = { try session.openBeside(server) }
    }

    var isOpen: Bool { session != nil }

    func close() {
        session?.close()
        session = nil
    }

    /// Begins to read from one row of the feed to another.
    ///
    /// - Parameters:
    ///   - orders: In which the rows come.
    ///   - limit: A feed of a day has one row of each asset, and the table has all the others in between.
    /// - Returns: Nil where the target does not lie in such an order.
    func begin(
        from first: [String], to last: [String], in orders: Set<KeyOrder>, atMost limit: Int64
    ) throws -> StandingRows? {
        let session = try opened()
        if usable == nil { usable = try find(orders, from: first, session) }
        guard let usable, orders.contains(usable.order) else { return nil }
        let rows: SQLFragment =
            "\(try select(usable.order, usable.comparison, from: first, to: last)) LIMIT \(limit)"
        return StandingRows(
            try session.beginCopyOut("COPY (\(rows)) TO STDOUT (FORMAT binary)"), usable.comparison)
    }

    /// - Throws: `.usage` where the same URL leads to another server this time, whose rows say nothing.
    private func opened() throws -> Session {
        if let session { return session }
        let session = try openSession()
        let row = try session.row(Query(embedded: PackageResources.target_reading_sql, binds: [area.target.oid]))
        guard try row.value("home", as: String.self) == home else {
            throw PostgresError(.usage, "a second session came to another server")
        }
        // One moment for the whole feed: of what another transaction changes meanwhile all is seen, or nothing.
        try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        // Without it a run is as good, so it waits for nobody.
        try session.execute("SET LOCAL lock_timeout = '200ms'")
        self.session = session
        return session
    }

    private func find(
        _ orders: Set<KeyOrder>, from first: [String], _ session: Session
    ) throws -> (KeyOrder, RowComparison)? {
        for order in [KeyOrder.forwards, .backwards] where orders.contains(order) {
            guard let comparison = RowComparison(area.columns, keys: keys(order)) else { continue }
            // Where the planner prefers to read all of the table and to sort it, to follow the index is to fetch each row
            // from another page.
            let query: Query = "EXPLAIN (FORMAT JSON) \(try select(order, comparison, from: first, to: nil))"
            let plan: String = try session.row(query).value("QUERY PLAN")
            guard !plan.contains(#""Node Type": "Sort""#), !plan.contains(#""Node Type": "Incremental Sort""#) else {
                continue
            }
            // Of the few rows of a stretch it would still sort some.
            try session.execute("SET LOCAL enable_sort = off")
            return (order, comparison)
        }
        return nil
    }

    private static func places(of area: StagingArea) -> [Int] {
        area.columns.indices.filter { area.columns[$0].fed.isKey }
    }

    private func keys(_ order: KeyOrder) -> [Int] {
        let places = Self.places(of: area)
        return order == .forwards ? places : places.reversed()
    }

    private func select(
        _ order: KeyOrder, _ comparison: RowComparison, from first: [String], to last: [String]?
    ) throws -> SQLFragment {
        let names = try area.columns.map { "t.\(try identifier($0.fed.target.name))" as SQLFragment }
        let columns = names.enumerated().map { place, name in
            comparison.isText(place) ? "\(name)::text" as SQLFragment : name
        }
        let keys = keys(order)
        let key = keys.map { names[$0] }.joined(separator: ", ")
        func values(_ row: [String]) throws -> SQLFragment {
            try keys.map { key in
                let type = ServerText(catalog: area.columns[key].fed.target.typeName)
                return "\(try literal(row[key]))::\(type)" as SQLFragment
            }.joined(separator: ", ")
        }
        let bound: SQLFragment = try last.map { " AND (\(key)) <= (\(try values($0)))" } ?? ""
        return """
            SELECT \(columns.joined(separator: ", ")) FROM \(try area.target.quoted()) AS t
            WHERE (\(key)) >= (\(try values(first)))\(bound) ORDER BY \(key)
            """
    }
}
