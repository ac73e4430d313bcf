/// What is kept of a chunk.
struct KeptRows {
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
