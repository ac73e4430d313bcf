/// The rows of a `COPY … TO STDOUT`.
public struct CopyReader {
    private let session: Session
    private let exchange: Exchange
    private var isOver = false
    /// Messages so far.
    public private(set) var count = 0

    init(session: Session, exchange: Exchange) {
        self.session = session
        self.exchange = exchange
    }

    /// Hands the next row to `body`: its bytes are valid only during the call. When that throws, the COPY is cancelled.
    ///
    /// - Returns: False after the last one; the session is free then.
    public mutating func next(_ body: (RawSpan) throws -> Void) throws -> Bool {
        guard !isOver else { return false }
        // Whatever comes now, unless it is a row.
        isOver = true
        while true {
            let step: Wire.CopyStep
            do {
                step = try session.wire.nextCopyRow { row in
                    try body(row)
                    count += 1
                }
            } catch {
                exchange.stop(.cancelled)
                // What the server says of its end comes of the reader's own failure.
                _ = try? end(droppingRows: true)
                throw error
            }
            switch step {
            case .row:
                isOver = false
                return true
            case .wouldBlock:
                // libpq says "would block" for ever once the connection is dead; draining tells why it died.
                if session.wire.isBad { return try end(droppingRows: false) }
                try exchange.wait(forWriting: false)
                if exchange.stopReason != nil { return try end(droppingRows: true) }
            case .end, .failure: return try end(droppingRows: false)
            }
        }
    }

    /// - Parameter droppingRows: Some may still be on their way.
    /// - Returns: False.
    private func end(droppingRows: Bool) throws(PostgresError) -> Bool {
        var mayCome = droppingRows
        while mayCome, !session.wire.isBad {
            switch session.wire.nextCopyRow({ _ in }) {
            case .row: continue
            case .wouldBlock: try exchange.wait(forWriting: false)
            case .end, .failure: mayCome = false
            }
        }
        _ = try exchange.drain()
        // The server may have been done before the cancel reached it; rows were dropped all the same.
        if let reason = exchange.stopReason { throw PostgresError(reason, "the COPY was stopped") }
        return false
    }
}
