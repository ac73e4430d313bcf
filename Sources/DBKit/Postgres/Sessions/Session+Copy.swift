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
        exchange.endCopyIn()
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
