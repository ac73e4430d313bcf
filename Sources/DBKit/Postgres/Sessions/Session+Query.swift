extension Session {
    /// Runs one statement and returns its rows.
    ///
    /// - Parameter timeout: The longest wait for an answer; nil waits until the task is cancelled.
    public func rows(_ query: Query, timeout: Duration? = nil) throws(PostgresError) -> Rows {
        guard let reply = try perform(query, timeout: timeout), reply.status == .rows else {
            throw PostgresError(.usage, "the statement returns no rows")
        }
        return Rows(reply)
    }

    /// Runs one statement that must return exactly one row.
    public func row(_ query: Query, timeout: Duration? = nil) throws(PostgresError) -> Row {
        let rows = try rows(query, timeout: timeout)
        guard rows.count == 1, let row = rows.first else {
            throw PostgresError(.decoding, "the statement returned \(rows.count) rows where one was expected")
        }
        return row
    }

    /// Runs one statement for its effect.
    ///
    /// - Returns: The number of rows that it touched; 0 for commands that touch none.
    @discardableResult
    public func execute(_ query: Query, timeout: Duration? = nil) throws(PostgresError) -> Int {
        try perform(query, timeout: timeout)?.affected ?? 0
    }

    /// Runs several statements as one string, by the simple protocol.
    ///
    /// Without an explicit BEGIN in it the whole string is one implicit transaction. Use it for definitions that
    /// must stay together, never for statements that arrived as values.
    public func script(_ text: ServerText, timeout: Duration? = nil) throws(PostgresError) {
        let exchange = try beginExchange(timeout: timeout, isShielded: false, statement: text.sql)
        try wire.sendScript(Query(text))
        try exchange.flush()
        _ = try exchange.drain()
    }

    func perform(_ query: Query, timeout: Duration?, isShielded: Bool = false) throws(PostgresError) -> Reply? {
        let exchange = try beginExchange(timeout: timeout, isShielded: isShielded, statement: query.text)
        if speaksSimpleProtocolOnly {
            guard query.binds.isEmpty else {
                throw PostgresError(.usage, "a replication connection takes no binds: write the value with literal(_:)")
            }
            try wire.sendScript(query)
        } else {
            try wire.send(query)
        }
        try exchange.flush()
        return try exchange.drain()
    }
}
