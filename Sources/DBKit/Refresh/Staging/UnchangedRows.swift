import Operations
import Postgres
import Storage

/// A feed without the rows that stand in the target already: most of those of a night.
///
/// To bring a row to the server costs more than all that is done with one that says nothing new. So where the feed comes
/// in the order of the key and the target lies in that order, too, both are read side by side, a stretch of some
/// thousand rows at a time. Only what is the same for certain is left out; everything else is staged, and the server
/// compares it (``Delta``). Whatever is in the way of this ends it, and no more than this.
final class UnchangedRows {
    /// Rows were left out, and the server would have to see them to say whether a key came twice.
    struct KeysMayRepeat: Error {}

    private let reader: FeedReader
    /// Nil: no row is left out, or none any more.
    private var target: TargetReading?
    private var assets: FirstOfAssets?

    /// Read ahead, for the next stretch.
    private var ahead: [FeedChunk] = []
    private var isEverythingRead = false
    private var current = Stretch()
    /// So many stretches are not compared any more after one that was not worth it, and how many the next time.
    private var pause = 0
    private var nextPause = 1

    /// Rows that stand in the target as they are.
    private(set) var leftOut: Int64 = 0
    /// Log that reading the target wrote; see ``TargetReading/close()``.
    private(set) var walBytes: Int64 = 0
    /// The target lies in the order in which the feed comes.
    private(set) var followsTarget = false

    private static let stretchBytes = 1 << 20
    /// The first stretch is a short one. Of what is no longer all the rest of the work is as quick as this.
    private static let firstBytes = 256 << 10

    /// Rows of the feed that follow one another, and what the target has there.
    private struct Stretch {
        var rows: Int64 = 0
        var leftOut: Int64 = 0
        /// The next one last.
        var chunks: [FeedChunk] = []
        /// Nil: they are not compared.
        var standing: StandingRows?
    }

    /// - Parameter session: Nil: no row is left out.
    init(
        _ reader: FeedReader, of area: StagingArea, assets: [StagedColumn], beside session: Session?,
        on server: ConnectionParameters
    ) {
        self.reader = reader
        // Where every row is an asset of its own none can be left out.
        guard let session, Set(assets.map(\.new)) != Set(area.keys.map(\.new)) else { return }
        target = TargetReading(area, beside: session, on: server)
        self.assets = FirstOfAssets(assets.compactMap { asset in area.columns.firstIndex { $0.new == asset.new } })
    }

    /// The next rows that are not certainly there; nil at the end of the feed.
    func nextChunk() throws -> FeedChunk? {
        while true {
            if let chunk = current.chunks.popLast() {
                // Meanwhile the server writes on.
                if target != nil { try gather(chunks: 1) }
                let rest = try left(of: chunk)
                if current.chunks.isEmpty { try endStretch() }
                if !rest.rows.isEmpty { return rest }
            } else if target != nil {
                try gather(chunks: .max)
                try requireNoRepetition()
                guard !ahead.isEmpty else { return nil }
                current = try stretch()
            } else {
                let chunk = ahead.isEmpty ? try reader.next() : ahead.removeFirst()
                try requireNoRepetition()
                return chunk
            }
        }
    }

    func close() {
        guard let target else { return }
        current.standing = nil
        walBytes = target.close()
        self.target = nil
    }

    private func requireNoRepetition() throws {
        if leftOut > 0, reader.keysMayRepeat { throw KeysMayRepeat() }
    }

    private func gather(chunks: Int) throws {
        var count = 0
        let bytes = target?.isOpen == true ? Self.stretchBytes : Self.firstBytes
        while !isEverythingRead, count < chunks, ahead.bytes < bytes {
            guard let chunk = try reader.next() else {
                isEverythingRead = true
                break
            }
            ahead.append(chunk)
            count += 1
        }
    }

    /// The rows that were read ahead, and the target's beside them.
    private func stretch() throws -> Stretch {
        var stretch = Stretch(rows: ahead.reduce(0) { $0 + Int64($1.rows.count) }, chunks: ahead.reversed())
        let bytes = ahead.bytes
        ahead = []
        guard let target else { return stretch }
        guard pause == 0 else {
            pause -= 1
            return stretch
        }
        do {
            guard target.isOpen || bytes >= Self.firstBytes,
                let standing = try target.begin(
                    stretch.chunks.reversed(), reader.keyOrders, atMost: stretch.rows * 2 + 1000)
            else {
                close()
                return stretch
            }
            stretch.standing = standing
            followsTarget = true
        } catch {
            try give(up: error)
        }
        return stretch
    }

    private func endStretch() throws {
        guard current.standing != nil else { return }
        do {
            try current.standing?.readToEnd()
            current.standing = nil
        } catch {
            return try give(up: error)
        }
        if current.leftOut * 4 < current.rows {
            pause = nextPause
            nextPause = min(64, nextPause * 2)
        } else {
            nextPause = 1
        }
    }

    /// The comparison ends; the feed goes on. Only who was cancelled is not held up.
    private func give(up error: any Error) throws {
        guard let error = error as? PostgresError, error.kind != .cancelled else { throw error }
        close()
    }

    /// The rows of a chunk that are not certainly there.
    private func left(of chunk: FeedChunk) throws -> FeedChunk {
        // Moved out and back: to write to a property of an object costs more than to compare a row.
        guard var standing = current.standing.take(), var assets = assets.take() else { return chunk }
        var kept = Kept(chunk)
        var failure: (any Error)?
        let bytes = chunk.bytes.span
        for (place, row) in chunk.rows.enumerated() {
            let values = row.values(bytes)
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
        current.standing = standing
        leftOut += kept.leftOut
        current.leftOut += kept.leftOut
        if let failure { try give(up: failure) }
        return kept.chunk()
    }
}

extension [FeedChunk] {
    fileprivate var bytes: Int { reduce(0) { $0 + $1.bytes.count } }
}

extension FeedChunk.Row {
    /// Without the file and the line in front of them.
    func values(_ chunk: Span<UInt8>) -> Range<Int> {
        var start = bytes.lowerBound
        for _ in 0..<2 {
            while chunk[start] != UInt8(ascii: "\t") { start &+= 1 }
            start &+= 1
        }
        return start..<bytes.upperBound
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
        return bytes.isSame(values.lowerBound..<values.lowerBound + last.count, as: last.span, 0..<last.count)
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
