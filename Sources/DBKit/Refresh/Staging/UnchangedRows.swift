import Operations
import Postgres
import Storage

/// A feed without the rows that stand in the target already, word for word: most of those of a night.
///
/// To bring a row to the server costs more than all that is done with one that says nothing new. So where the feed comes
/// in the order of the key and an index has the table in it, both are read side by side, a stretch of some ten thousand
/// rows at a time, by a second session. Only what is the same for certain is left out; everything else is staged, and
/// the server compares it (``Delta``). Whatever is in the way of this ends it, and no more than this.
final class UnchangedRows {
    /// Rows were left out, and the server would have to see them to say whether a key came twice.
    struct KeysMayRepeat: Error {}

    private let reader: FeedReader
    private let area: StagingArea
    private var other: Session?
    private var assets: FirstOfAssets?
    /// Nil until it is known.
    private var order: KeyOrder?

    /// Read ahead, for the next stretch.
    private var ahead: [FeedChunk] = []
    private var isEverythingRead = false
    /// Of the stretch that is being compared, the next one last.
    private var chunks: [FeedChunk] = []
    /// What the target has there.
    private var standing: StandingRows?

    private var stretchRows: Int64 = 0
    private var stretchLeftOut: Int64 = 0
    /// So many stretches are not compared any more after one that was not worth it, and how many the next time.
    private var pause = 0
    private var nextPause = 1

    /// The target lies in the order in which the feed comes.
    var followsTarget: Bool { order != nil }

    /// Rows that stand in the target as they are.
    private(set) var leftOut: Int64 = 0
    /// Log that reading the target wrote, where a page's hint bits are logged: of the whole server meanwhile.
    private(set) var walBytes: Int64 = 0
    private var logStart: String?

    private static let stretchBytes = 1 << 20
    /// Below it staging takes no longer than to open a session.
    private static let leastBytes = 256 << 10

    /// - Parameter session: Nil: no row is left out.
    init(
        _ reader: FeedReader, of area: StagingArea, assets: [StagedColumn], beside session: Session?,
        on server: ConnectionParameters
    ) {
        self.reader = reader
        self.area = area
        guard let session, !session.isPooled, Set(assets.map(\.new)) != Set(area.keys.map(\.new)),
            RowTexts(area.columns, keys: keys(.forwards)) != nil
        else { return }
        self.assets = FirstOfAssets(assets.compactMap { asset in area.columns.firstIndex { $0.new == asset.new } })
        opening = { try session.openBeside(server) }
    }

    /// Opens the second session once it is worth it.
    private var opening: (() throws -> Session)?

    private func keys(_ order: KeyOrder) -> [Int] {
        let names = area.keys.map(\.new)
        let places = names.compactMap { name in area.columns.firstIndex { $0.new == name } }
        return order == .forwards ? places : places.reversed()
    }

    /// The next rows that are not certainly there; nil at the end of the feed.
    func next() throws -> FeedChunk? {
        while true {
            if let chunk = chunks.popLast() {
                // Meanwhile the server writes on.
                try gather(one: true)
                let rest = try left(of: chunk)
                if chunks.isEmpty { try endStretch() }
                if !rest.rows.isEmpty { return rest }
                continue
            }
            guard opening != nil || other != nil else {
                let chunk = ahead.isEmpty ? try reader.next() : ahead.removeFirst()
                try requireNoRepetition()
                return chunk
            }
            try gather(one: false)
            try requireNoRepetition()
            guard !ahead.isEmpty else { return nil }
            try beginStretch()
        }
    }

    func close() {
        if let other, let logStart {
            walBytes =
                (try? other.row(
                    "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), \(logStart)::pg_lsn)::bigint AS n"
                ).value("n")) ?? 0
        }
        logStart = nil
        opening = nil
        standing = nil
        other?.close()
        other = nil
    }

    private func requireNoRepetition() throws {
        if leftOut > 0, reader.keysMayRepeat { throw KeysMayRepeat() }
    }

    private func gather(one: Bool) throws {
        var bytes = ahead.reduce(0) { $0 + $1.bytes.count }
        while !isEverythingRead, bytes < Self.stretchBytes {
            guard let chunk = try reader.next() else {
                isEverythingRead = true
                break
            }
            ahead.append(chunk)
            bytes += chunk.bytes.count
            if one { break }
        }
    }

    // A stretch

    private func beginStretch() throws {
        stretchRows = ahead.reduce(0) { $0 + Int64($1.rows.count) }
        stretchLeftOut = 0
        chunks = ahead.reversed()
        ahead = []
        guard pause == 0 else {
            pause -= 1
            return
        }
        do {
            let isWorthIt = other != nil || chunks.reduce(0) { $0 + $1.bytes.count } >= Self.leastBytes
            guard isWorthIt, let session = try session(), let usable = try usableOrder(in: session) else {
                return close()
            }
            order = usable
            guard let texts = RowTexts(area.columns, keys: keys(usable)) else { return close() }
            standing = StandingRows(try session.beginCopyOut(try query(usable)), texts)
        } catch {
            try give(up: error)
        }
    }

    private func session() throws -> Session? {
        if let other { return other }
        let session = try opening?()
        other = session
        opening = nil
        if let session {
            let isLogged: Bool = try session.row(
                """
                SELECT pg_catalog.current_setting('data_checksums')::boolean
                       OR pg_catalog.current_setting('wal_log_hints')::boolean AS is_logged
                """
            ).value("is_logged")
            if isLogged {
                logStart = try session.row("SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS lsn").value("lsn")
            }
        }
        return session
    }

    /// In which the feed comes and an index has the target.
    private func usableOrder(in session: Session) throws -> KeyOrder? {
        if let order { return reader.keyOrders.contains(order) ? order : nil }
        let usable = try [KeyOrder.forwards, .backwards].first { order in
            guard reader.keyOrders.contains(order) else { return false }
            // The planner knows whether the table lies in the order of its index: where it would rather read all of it
            // and sort, to follow the index is to fetch each row from another page.
            let plan: String = try session.row("EXPLAIN (FORMAT JSON) \(try select(order, isBounded: false))")
                .value("QUERY PLAN")
            return !plan.contains("Sort\"")
        }
        // Of the few rows of a stretch it would still sort some.
        if usable != nil { try session.execute("SET enable_sort = off") }
        return usable
    }

    private func query(_ order: KeyOrder) throws -> Query {
        // A feed of a day has one row of each asset, and the table has all the others in between.
        let rows: SQLFragment = "\(try select(order, isBounded: true)) LIMIT \(stretchRows * 2 + 1000)"
        return "COPY (\(rows)) TO STDOUT"
    }

    /// The target's rows from the first key of the stretch on, to its last one.
    private func select(_ order: KeyOrder, isBounded: Bool) throws -> SQLFragment {
        let keys = keys(order)
        let names = try area.columns.map { "t.\(try identifier($0.fed.target.name))" as SQLFragment }
        let key = keys.map { names[$0] }.joined(separator: ", ")
        guard let first = chunks.last?.rows.first, let last = chunks.first?.rows.last else {
            throw Failure(.bugUnexpected, "a stretch of no rows is compared")
        }
        let bounds = try [(chunks.last, first), (chunks.first, last)].map { chunk, row in
            try bound(chunk?.bytes ?? [], row, keys)
        }
        let end: SQLFragment = isBounded ? " AND (\(key)) <= (\(bounds[1]))" : ""
        return """
            SELECT \(names.joined(separator: ", ")) FROM \(try area.target.quoted()) AS t
            WHERE (\(key)) >= (\(bounds[0]))\(end) ORDER BY \(key)
            """
    }

    private func bound(_ bytes: [UInt8], _ row: FeedChunk.Row, _ keys: [Int]) throws -> SQLFragment {
        var fields: [Range<Int>] = []
        let values = Self.values(bytes.span, row.bytes)
        guard RowTexts(area.columns, keys: keys)?.split(bytes.span, values, into: &fields) == true else {
            throw Failure(.bugUnexpected, "a staged row has \(fields.count) of \(area.columns.count) fields")
        }
        return try keys.map { key in
            let text = String(decoding: bytes[fields[key]], as: UTF8.self)
            return "\(try literal(text))::\(ServerText(catalog: area.columns[key].fed.target.typeName))" as SQLFragment
        }.joined(separator: ", ")
    }

    private func endStretch() throws {
        guard standing != nil else { return }
        do {
            try standing?.readToEnd()
            standing = nil
        } catch {
            return try give(up: error)
        }
        if stretchLeftOut * 4 < stretchRows {
            pause = nextPause
            nextPause = min(64, nextPause * 2)
        } else {
            nextPause = 1
        }
    }

    /// The comparison ends; the feed goes on. Only who was cancelled is not held up.
    private func give(up error: any Error) throws {
        standing = nil
        guard let error = error as? PostgresError, error.kind != .cancelled else { throw error }
        close()
    }

    // Row by row

    /// The rows of a chunk that are not certainly there.
    private func left(of chunk: FeedChunk) throws -> FeedChunk {
        // Moved out and back: to write to a property of an object costs more than to compare a row.
        guard var standing = standing.take(), var assets = assets.take() else { return chunk }
        var kept = Kept(chunk)
        var failure: (any Error)?
        let bytes = chunk.bytes.span
        for (place, row) in chunk.rows.enumerated() {
            let values = Self.values(bytes, row.bytes)
            do {
                guard try standing.have(bytes, values) else { continue }
            } catch {
                failure = error
                break
            }
            // One of each is staged all the same: that is how the server knows which assets the feed has.
            if !assets.isFirst(bytes, values) { kept.leaveOut(place) }
        }
        self.assets = assets
        self.standing = standing
        leftOut += kept.leftOut
        stretchLeftOut += kept.leftOut
        if let failure { try give(up: failure) }
        return kept.chunk()
    }

    /// Without the file and the line in front of them.
    private static func values(_ bytes: Span<UInt8>, _ row: Range<Int>) -> Range<Int> {
        var start = row.lowerBound
        for _ in 0..<2 {
            while bytes[start] != UInt8(ascii: "\t") { start &+= 1 }
            start &+= 1
        }
        return start..<row.upperBound
    }
}

/// What is kept of a chunk.
private struct Kept {
    private let whole: FeedChunk
    private var rest = FeedChunk(bytes: [], rows: [], raw: [])
    private var taken = 0
    private(set) var leftOut: Int64 = 0

    init(_ chunk: FeedChunk) {
        whole = chunk
    }

    /// Places come in their order.
    mutating func leaveOut(_ place: Int) {
        take(upTo: place)
        taken = place + 1
        leftOut += 1
    }

    /// Rows that follow one another are taken over at once.
    private mutating func take(upTo end: Int) {
        guard taken < end else { return }
        let bytes = whole.rows[taken].bytes.lowerBound..<whole.rows[end - 1].bytes.upperBound
        let shift = UInt32(bytes.lowerBound - rest.bytes.count)
        rest.bytes.append(contentsOf: whole.bytes[bytes])
        for row in whole.rows[taken..<end] {
            rest.rows.append(
                FeedChunk.Row(
                    line: row.line, start: row.start - shift, end: row.end - shift, rawStart: row.rawStart,
                    rawEnd: row.rawEnd, fileIndex: row.fileIndex))
        }
    }

    mutating func chunk() -> FeedChunk {
        guard leftOut > 0 else { return whole }
        take(upTo: whole.rows.count)
        taken = whole.rows.count
        if !rest.rows.isEmpty { rest.raw = whole.raw }
        return rest
    }
}

/// Says of each asset which of its rows comes first.
private struct FirstOfAssets {
    private let columns: [Int]
    private var last: [UInt8] = []
    private var seen: Set<[UInt8]> = []
    /// A table of which every row is an asset of its own has nothing to be left out.
    private static let limit = 50_000

    /// They stand in front, so that one look tells the asset of the row before.
    private let areFirst: Bool

    init(_ columns: [Int]) {
        self.columns = columns.sorted()
        areFirst = self.columns == Array(0..<columns.count)
    }

    mutating func isFirst(_ bytes: Span<UInt8>, _ values: Range<Int>) -> Bool {
        guard !columns.isEmpty else { return false }
        if isLast(bytes, values) { return false }
        let asset = text(bytes, values)
        if asset == last { return false }
        last = asset
        return seen.count >= Self.limit ? !seen.contains(asset) : seen.insert(asset).inserted
    }

    private func isLast(_ bytes: Span<UInt8>, _ values: Range<Int>) -> Bool {
        guard areFirst, !last.isEmpty, last.count <= values.count else { return false }
        let asset = last.span
        return RowTexts.areSame(bytes, values.lowerBound..<values.lowerBound + last.count, asset, 0..<last.count)
    }

    /// The fields with the tabs behind them.
    private func text(_ bytes: Span<UInt8>, _ values: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        var (column, wanted) = (0, 0)
        for position in values {
            if columns[wanted] == column { text.append(bytes[position]) }
            guard bytes[position] == UInt8(ascii: "\t") || bytes[position] == UInt8(ascii: "\n") else { continue }
            if columns[wanted] == column {
                wanted += 1
                if wanted == columns.count { break }
            }
            column += 1
        }
        return text
    }
}
