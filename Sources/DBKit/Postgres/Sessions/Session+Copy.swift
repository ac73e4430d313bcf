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
        var reader = try beginCopyOut(query)
        while try reader.next(row) {}
        return reader.count
    }

    /// Begins a `COPY … TO STDOUT` whose rows are asked for one by one, between statements of other sessions that the
    /// same thread drives. Until its end this session takes no other statement.
    public func beginCopyOut(_ query: Query) throws(PostgresError) -> CopyReader {
        let exchange = try beginExchange(timeout: nil, isShielded: false, statement: query.text)
        try start(query, exchange, expecting: .copyOut)
        return CopyReader(session: self, exchange: exchange)
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
        let wire = session.wire
        while true {
            let step: Wire.CopyStep
            do {
                step = try wire.nextCopyRow { row in
                    try body(row)
                    count += 1
                }
            } catch {
                throw stop(error)
            }
            switch step {
            case .row: return true
            case .wouldBlock:
                // libpq says "would block" for ever once the connection is dead; draining tells why it died.
                if wire.isBad { return try finish() }
                try exchange.wait(forWriting: false)
                if exchange.stopReason != nil { return try finish() }
            case .end, .failure: return try finish()
            }
        }
    }

    /// - Returns: False.
    private mutating func finish() throws(PostgresError) -> Bool {
        isOver = true
        try drop()
        _ = try exchange.drain()
        // The server may have been done before the cancel reached it; rows were dropped all the same.
        if let reason = exchange.stopReason { throw PostgresError(reason, "the COPY was stopped") }
        return false
    }

    /// Ends the COPY because of the reader's own failure.
    ///
    /// - Returns: That failure: whatever the server says of its end comes of it.
    private mutating func stop(_ failure: any Error) -> any Error {
        isOver = true
        exchange.stop(.cancelled)
        do throws(PostgresError) {
            try drop()
            _ = try exchange.drain()
        } catch {}
        return failure
    }

    /// Reads what is still to come, and forgets it.
    private func drop() throws(PostgresError) {
        while true {
            switch session.wire.nextCopyRow({ _ in }) {
            case .row: continue
            case .wouldBlock:
                if session.wire.isBad { return }
                try exchange.wait(forWriting: false)
            case .end, .failure: return
            }
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
