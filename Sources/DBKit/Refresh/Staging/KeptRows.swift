/// What is kept of a chunk.
struct KeptRows {
    private let whole: FeedChunk
    private var rest = FeedChunk(bytes: [], rows: [], raw: [])
    private var taken = 0
    private var isWhole = true
    private(set) var leftOut: Int64 = 0

    init(_ chunk: FeedChunk) {
        whole = chunk
    }

    /// The row is staged, and does not need to be compared: its line becomes a negative number.
    mutating func mark(_ place: Int) {
        take(upTo: place)
        taken = place + 1
        isWhole = false
        let row = whole.rows[place]
        let start = rest.bytes.count
        let text = whole.bytes[row.bytes]
        let file = text.prefix { $0 != UInt8(ascii: "\t") }
        rest.bytes.append(contentsOf: file)
        rest.bytes.append(contentsOf: Array("\t-".utf8))
        rest.bytes.append(contentsOf: text.dropFirst(file.count + 1))
        add(row, from: start, to: rest.bytes.count)
    }

    /// Places come in their order.
    mutating func leaveOut(_ place: Int) {
        take(upTo: place)
        taken = place + 1
        isWhole = false
        leftOut += 1
    }

    /// Rows that follow one another are taken over at once.
    private mutating func take(upTo end: Int) {
        guard taken < end else { return }
        let bytes = whole.rows[taken].bytes.lowerBound..<whole.rows[end - 1].bytes.upperBound
        let shift = rest.bytes.count - bytes.lowerBound
        rest.bytes.append(contentsOf: whole.bytes[bytes])
        for row in whole.rows[taken..<end] {
            add(row, from: row.bytes.lowerBound + shift, to: row.bytes.upperBound + shift)
        }
    }

    private mutating func add(_ row: FeedChunk.Row, from start: Int, to end: Int) {
        rest.rows.append(
            FeedChunk.Row(
                line: row.line, start: UInt32(start), end: UInt32(end), rawStart: row.rawStart, rawEnd: row.rawEnd,
                fileIndex: row.fileIndex))
    }

    mutating func chunk() -> FeedChunk {
        guard !isWhole else { return whole }
        take(upTo: whole.rows.count)
        taken = whole.rows.count
        if !rest.rows.isEmpty { rest.raw = whole.raw }
        return rest
    }
}
