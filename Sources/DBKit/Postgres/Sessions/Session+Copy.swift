extension Session {
    /// Runs `COPY … TO STDOUT` and hands over one row at a time.
    ///
    /// In text form a row is a line with its newline; in binary form the 19 bytes of the file header come glued to the
    /// first row, and the trailer (`FF FF`) is a message of its own, glued to the header when there are no rows.
    /// The server is held back while `row` works, so memory stays flat.
    ///
    /// - Parameter row: The bytes are valid only during the call. When it throws, the COPY is cancelled.
    /// - Returns: The number of messages.
    @discardableResult
    public func copyOut(
        _ query: Query,
        row: (RawSpan) throws -> Void
    ) throws -> Int {
        let exchange = try beginExchange(timeout: nil, isShielded: false, statement: query.text)
        try start(query, exchange, expecting: .copyOut)
        var count = 0
        var consumerFailure: (any Error)?
        reading: while true {
            let step: Wire.CopyStep
            do {
                step = try wire.nextCopyRow { span in
                    guard consumerFailure == nil, exchange.stopReason == nil else { return }
                    try row(span)
                    count += 1
                }
            } catch {
                consumerFailure = error
                exchange.stop(.cancelled)
                continue
            }
            switch step {
            case .row: continue
            case .wouldBlock:
                // libpq says "would block" for ever once the connection is dead; draining tells why it died.
                if wire.isBad { break reading }
                try exchange.wait(forWriting: false)
            case .end, .failure: break reading
            }
        }
        do {
            _ = try exchange.drain()
        } catch {
            throw consumerFailure ?? error
        }
        if let consumerFailure { throw consumerFailure }
        // The server may have been done before the cancel reached it; rows were dropped all the same.
        if let reason = exchange.stopReason { throw PostgresError(reason, "the COPY was stopped") }
        return count
    }

    /// Runs `COPY … FROM STDIN` with what `body` writes.
    ///
    /// - Parameter body: Writes the rows. When it throws, the COPY fails on the server and nothing of it is kept.
    /// - Returns: The number of rows that the server stored.
    @discardableResult
    public func copyIn(
        _ query: Query,
        _ body: (inout CopyWriter) throws -> Void
    ) throws -> Int {
        let exchange = try beginExchange(timeout: nil, isShielded: false, statement: query.text)
        try start(query, exchange, expecting: .copyIn)
        var writer = CopyWriter(session: self, exchange: exchange)
        do {
            try body(&writer)
            try writer.flush()
        } catch {
            if wire.isBad {
                // The server's last words, if it said any, explain more than our failure to write.
                _ = try exchange.drain()
                throw error
            }
            // A stalled server would only be waited for once more.
            guard isUsable else { throw error }
            // Tell the server, so that it undoes the COPY; then the caller's own error counts, unless the wait for
            // the server was what failed.
            if let said = try abort(exchange) { throw exchange.didFailToWrite ? said : error }
            throw error
        }
        try wire.putCopyEnd(failing: nil)
        try exchange.flush()
        return try exchange.drain()?.affected ?? 0
    }

    /// Ends a COPY FROM STDIN without keeping its rows; returns what the server said of it.
    private func abort(_ exchange: Exchange) throws(PostgresError) -> PostgresError? {
        exchange.stop(.cancelled)
        do throws(PostgresError) {
            try wire.putCopyEnd(failing: "the client gave up")
            try exchange.flush()
            _ = try exchange.drain()
        } catch {
            return error
        }
        return nil
    }

    private func start(_ query: Query, _ exchange: Exchange, expecting: Reply.Status) throws(PostgresError) {
        try wire.send(query)
        try exchange.flush()
        guard let reply = try exchange.next() else {
            throw PostgresError(.connectionLost, "the server ended the exchange without an answer")
        }
        guard reply.status == expecting else {
            if reply.status == .failure { exchange.note(reply) }
            _ = try exchange.drain()
            throw PostgresError(.usage, "the statement is no COPY in this direction")
        }
    }
}

/// Takes the bytes of a `COPY … FROM STDIN`. Small writes are gathered; the server's pace holds the writer back.
public struct CopyWriter {
    private let session: Session
    private let exchange: Exchange
    private var buffer: [UInt8] = []
    private static let blockBytes = 256 * 1024

    init(session: Session, exchange: Exchange) {
        self.session = session
        self.exchange = exchange
        buffer.reserveCapacity(CopyWriter.blockBytes)
    }

    /// Writes bytes at any boundary: rows need not be whole.
    public mutating func write(_ bytes: RawSpan) throws(PostgresError) {
        guard bytes.byteCount < CopyWriter.blockBytes else {
            try flush()
            var rest = bytes
            while rest.byteCount > 0 {
                let piece = rest.extracting(first: CopyWriter.blockBytes)
                try send(piece)
                rest = rest.extracting(droppingFirst: piece.byteCount)
            }
            return
        }
        if buffer.count + bytes.byteCount > CopyWriter.blockBytes { try flush() }
        unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }

    public mutating func write(_ bytes: [UInt8]) throws(PostgresError) {
        try unsafe write(bytes.span.bytes)
    }

    mutating func flush() throws(PostgresError) {
        guard !buffer.isEmpty else { return }
        try unsafe send(buffer.span.bytes)
        buffer.removeAll(keepingCapacity: true)
    }

    private func send(_ bytes: RawSpan) throws(PostgresError) {
        do throws(PostgresError) {
            if session.interrupt.isRequested { throw PostgresError(.cancelled, "the task was cancelled") }
            try session.wire.putCopyData(bytes)
            // libpq hides a failed write until the server's side of the story was read.
            session.wire.consumeInput()
            if session.wire.isBad { throw session.wire.lost() }
            // Without this libpq would buffer whatever the server does not take yet.
            while try !session.wire.flush() {
                try exchange.wait(forWriting: true)
                if let reason = exchange.stopReason { throw PostgresError(reason, "the COPY was stopped") }
            }
        } catch {
            exchange.didFailToWrite = true
            throw error
        }
    }
}
