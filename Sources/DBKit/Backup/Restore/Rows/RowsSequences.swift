import Operations
import Postgres

/// What becomes of sequences when rows come alone: the set's values, but never back behind where a sequence is, for other
/// tables may have its values; and on behind the rows where the set knows nothing of the sequence.
struct RowsSequences {
    let excerpt: RowsExcerpt
    let folder: ArchiveFolder

    /// A sequence of the database, and the column that it gives values to.
    struct Feed: Hashable {
        var place: Int
        var oid: Int64
        var schema: String
        var name: String
        var quoted: String
        var increment: Int64
        var tableSchema: String
        var tableName: String
        var column: String

        var shown: String { "\(schema).\(name)" }
        var shownColumn: String { "\(tableSchema).\(tableName).\(column)" }
    }

    /// Where a sequence stands.
    struct Position: Hashable {
        var value: Int64
        var isCalled: Bool

        /// Whether this one gives values that the other has given already.
        func isBehind(_ other: Position, increment: Int64) -> Bool {
            guard value == other.value else { return increment > 0 ? value < other.value : value > other.value }
            return !isCalled && other.isCalled
        }

        /// Of `SELECT pg_catalog.setval('public.s', 4711, true);`, as `pg_dump` writes it.
        init?(_ definition: ArchiveText) {
            let parts = definition.string.split(separator: ",").suffix(2).map {
                $0.trimming { $0 == " " || $0 == "\n" || $0 == ";" || $0 == ")" }
            }
            guard parts.count == 2, let value = Int64(parts[0]), ["true", "false"].contains(parts[1]) else {
                return nil
            }
            self.init(value: value, isCalled: parts[1] == "true")
        }

        init(value: Int64, isCalled: Bool) {
            (self.value, self.isCalled) = (value, isCalled)
        }
    }

    /// Of the set's own values, those that would set a sequence back.
    func further(in session: Session) throws -> [DumpID: Feed] {
        var further: [DumpID: Feed] = [:]
        for feed in try feeds(excerpt.sequences.map { (RelationName($0), "") }, session) {
            let entry = excerpt.sequences[feed.place]
            guard let new = entry.definition.flatMap(Position.init) else { continue }
            if new.isBehind(try position(of: feed, session), increment: feed.increment) {
                further[entry.dumpID] = feed
            }
        }
        return further
    }

    /// Sequences of columns that rows come into, of which the set has no value.
    func unknown(in session: Session) throws -> [Feed] {
        let known = Set(try feeds(excerpt.sequences.map { (RelationName($0), "") }, session).map(\.oid))
        let columns = excerpt.loads.flatMap { load in
            RowsExcerpt.target(of: load).map { target in target.columns.map { (target.table, $0) } } ?? []
        }
        var seen: Set<String> = []
        return try feeds(columns, session).filter {
            !known.contains($0.oid) && seen.insert("\($0.oid) \($0.shownColumn)").inserted
        }
    }

    /// Takes a sequence on behind the values of its column.
    ///
    /// - Returns: the value that it now stands at; nil where it was further.
    func advance(_ feed: Feed, in session: Session) throws -> Int64? {
        let table = try identifier(feed.tableSchema, feed.tableName)
        let column = try identifier(feed.column)
        let last: Int64? =
            feed.increment > 0
            ? try session.row("SELECT max(\(column))::bigint AS last FROM \(table)").value("last")
            : try session.row("SELECT min(\(column))::bigint AS last FROM \(table)").value("last")
        guard let last else { return nil }
        let new = Position(value: last, isCalled: true)
        guard try position(of: feed, session).isBehind(new, increment: feed.increment) else { return nil }
        _ = try session.rows("SELECT pg_catalog.setval(\(feed.oid)::oid::regclass, \(last), true)")
        return last
    }

    private func position(of feed: Feed, _ session: Session) throws -> Position {
        let row = try session.row("SELECT last_value, is_called FROM \(identifier(feed.schema, feed.name))")
        return Position(value: try row.value("last_value"), isCalled: try row.value("is_called"))
    }

    private func feeds(_ wanted: [(RelationName, ArchiveText)], _ session: Session) throws -> [Feed] {
        let query = Query(
            embedded: PackageResources.restore_rows_sequences_sql,
            binds: [wanted.map(\.0.quoted.hexadecimal), wanted.map(\.1.hexadecimal), folder.encoding])
        return try session.rows(query).map { row in
            Feed(
                place: try row.value("place", as: Int.self) - 1, oid: try row.value("oid"),
                schema: try row.value("schema"), name: try row.value("name"), quoted: try row.value("quoted"),
                increment: try row.value("increment"), tableSchema: try row.value("table_schema"),
                tableName: try row.value("table_name"), column: try row.value("column_name"))
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> Substring {
        var text = self
        while let first = text.first, isTrimmed(first) { text.removeFirst() }
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
}
