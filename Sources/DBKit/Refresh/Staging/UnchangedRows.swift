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
    private var assets: FirstOfAssets

    /// Read ahead, for the next stretch.
    private var ahead: [FeedChunk] = []
    private var isEverythingRead = false
    private var current = Stretch()
    /// So many stretches are not compared any more after one that was not worth it, and how many the next time.
    private var pause = 0
    private var nextPause = 1

    /// Rows that stand in the target as they are.
    private(set) var leftOut: Int64 = 0
    /// Why no further ones are looked for, where somebody might wonder.
    private(set) var reason: String?
    /// The feed ended before its end: it has to be read once more, and nothing left out.
    private(set) var keysMayRepeat = false
    /// The target lies in the order in which the feed comes.
    private(set) var followsTarget = false

    /// With the text that the rows come from.
    private static let stretchBytes = 2 << 20
    /// The first stretch is a short one. Of what is no longer all the rest of the work is as quick as this.
    private static let firstBytes = 256 << 10
    /// Who waits for a row that is kept is told from time to time that there is none.
    private static let silentRows = 100_000

    /// Rows of the feed that follow one another, and what the target has there.
    private struct Stretch {
        var rows: Int64 = 0
        var leftOut: Int64 = 0
        /// The next one last.
        var chunks: [FeedChunk] = []
        /// Nil: they are not compared.
        var standing: StandingRows?
    }

    /// - Parameters:
    ///   - assets: Columns of the feed, by their places.
    ///   - target: Nil: no row is left out.
    init(_ reader: FeedReader, assets: [Int], target: TargetReading?) {
        self.reader = reader
        self.assets = FirstOfAssets(assets)
        self.target = target
    }

    /// The next rows that are not certainly there, perhaps none; nil at the end of the feed.
    func nextChunk() throws -> FeedChunk? {
        var silent = 0
        while true {
            if let chunk = current.chunks.popLast() {
                // Meanwhile the server writes on.
                if target != nil { try gather(chunks: 1) }
                let kept = try kept(of: chunk)
                if current.chunks.isEmpty { try endStretch() }
                silent += chunk.rows.count
                if !kept.rows.isEmpty || silent > Self.silentRows { return kept }
            } else if target != nil {
                try gather(chunks: .max)
                guard !ahead.isEmpty, !mayRepeat() else { return nil }
                current = try stretch()
            } else {
                let chunk = ahead.isEmpty ? try reader.next() : ahead.removeFirst()
                return mayRepeat() ? nil : chunk
            }
        }
    }

    func close() {
        current.standing = nil
        target?.close()
        target = nil
    }

    private func mayRepeat() -> Bool {
        keysMayRepeat = leftOut > 0 && reader.keysMayRepeat
        return keysMayRepeat
    }

    private func gather(chunks: Int) throws {
        var count = 0
        while !isEverythingRead, count < chunks, !isEnough {
            guard let chunk = try reader.next() else {
                isEverythingRead = true
                break
            }
            ahead.append(chunk)
            count += 1
        }
    }

    private var isEnough: Bool {
        let isFirst = target?.isOpen != true && ahead.reduce(0) { $0 + $1.bytes.count } >= Self.firstBytes
        return isFirst || ahead.reduce(0) { $0 + $1.bytes.capacity + $1.raw.count } >= Self.stretchBytes
    }

    /// The rows that were read ahead, and the target's beside them.
    private func stretch() throws -> Stretch {
        var stretch = Stretch(rows: ahead.reduce(0) { $0 + Int64($1.rows.count) }, chunks: ahead.reversed())
        let (first, last) = (ahead[0], ahead[ahead.count - 1])
        let isLong = !isEverythingRead || ahead.reduce(0) { $0 + $1.bytes.count } >= Self.firstBytes
        ahead = []
        guard let target else { return stretch }
        guard pause == 0 else {
            pause -= 1
            return stretch
        }
        guard target.isOpen || isLong else {
            close()
            return stretch
        }
        do {
            stretch.standing = try target.begin(
                from: first.fields(of: first.rows[0]), to: last.fields(of: last.rows[last.rows.count - 1]),
                in: reader.keyOrders, atMost: stretch.rows * 2 + 1000)
            followsTarget = stretch.standing != nil
            if !followsTarget { end(because: "feed and table do not come in the same order of the key") }
        } catch {
            try giveUp(error)
        }
        return stretch
    }

    private func endStretch() throws {
        guard current.standing != nil else { return }
        do {
            try current.standing?.readToEnd()
            current.standing = nil
        } catch {
            return try giveUp(error)
        }
        if current.leftOut * 4 < current.rows {
            pause = nextPause
            nextPause = min(64, nextPause * 2)
        } else {
            nextPause = 1
        }
    }

    /// The comparison ends; the feed goes on. Only who was cancelled is not held up.
    private func giveUp(_ error: any Error) throws {
        guard let error = error as? PostgresError, error.kind != .cancelled else { throw error }
        end(because: error.message)
    }

    private func end(because reason: String) {
        self.reason = reason
        close()
    }

    /// The rows of a chunk that are not certainly there.
    private func kept(of chunk: FeedChunk) throws -> FeedChunk {
        // Moved out and back: to write to a property of an object costs more than to compare a row.
        guard var standing = current.standing.take() else { return chunk }
        var assets = self.assets
        var kept = KeptRows(chunk)
        var failure: (any Error)?
        let bytes = chunk.bytes.span
        for (place, row) in chunk.rows.enumerated() {
            let values = row.values(bytes)
            do {
                guard try standing.contains(bytes, values) else { continue }
            } catch {
                failure = error
                break
            }
            // One of each is staged all the same: that is how the server knows which assets the feed has.
            if assets.isFirst(bytes, values) { kept.mark(place) } else { kept.leaveOut(place) }
        }
        self.assets = assets
        current.standing = standing
        leftOut += kept.leftOut
        current.leftOut += kept.leftOut
        if let failure { try giveUp(failure) }
        return kept.chunk()
    }
}
