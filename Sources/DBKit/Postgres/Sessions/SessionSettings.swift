/// What every session sets for itself, so that the defaults of a role or a database cannot change a result.
///
/// Through a pooler nothing is set for the session (a plain SET would leak to the pooler's next client); there
/// ``Session/transaction(_:_:)`` applies the same list with SET LOCAL.
public struct SessionSettings: Sendable, Hashable {
    /// Shown in pg_stat_activity and in the server's log; cut to 63 bytes.
    public var applicationName: String
    /// Zero is no limit.
    public var statementTimeout: Duration = .zero
    /// How long a statement may wait for a lock. Zero is no limit, which only CONCURRENTLY forms may use.
    public var lockTimeout: Duration = .seconds(2)
    /// Zero for a session that holds a lock or a snapshot in an open transaction.
    public var idleInTransactionTimeout: Duration = .seconds(600)
    /// As `search_path` is written. Without a schema of the user's, so that nobody can put a function in the way. Nil
    /// keeps what the login gives, for statements that people wrote for it.
    public var searchPath: String? = "pg_catalog, pg_temp"
    /// Nil leaves the database's own encoding, for bytes that are passed on as they are.
    public var clientEncoding: String? = "UTF8"
    /// True makes every transaction of the session read only unless it says otherwise.
    public var isReadOnly = false
    /// How long a server may give no sign of life while somebody waits for it; see ``StallWatch``. Nil waits until the
    /// task is cancelled.
    public var stallTimeout: Duration? = .seconds(60)
    /// How long the server may take to acknowledge a cancel before the connection is given up.
    public var cancelGrace: Duration = .milliseconds(1500)

    public init(applicationName: String) {
        self.applicationName = applicationName
    }

    /// The name as the server keeps it, cut between characters.
    var truncatedName: String { Identifier.cut(applicationName) }

    /// Parameter and value, in the order in which they are set.
    func parameters(for version: ServerVersion) -> [(name: String, value: String)] {
        var list: [(name: String, value: String)] = [
            ("statement_timeout", milliseconds(statementTimeout)),
            ("lock_timeout", milliseconds(lockTimeout)),
            ("idle_in_transaction_session_timeout", milliseconds(idleInTransactionTimeout)),
            ("idle_session_timeout", "0"),
            // A client that died must not leave its statement running (and committing) on the server.
            ("client_connection_check_interval", "2s"),
            ("default_transaction_isolation", "read committed"),
            ("default_transaction_read_only", isReadOnly ? "on" : "off"),
            ("default_transaction_deferrable", "off"),
            ("DateStyle", "ISO, YMD"),
            ("IntervalStyle", "postgres"),
            ("TimeZone", "UTC"),
            ("extra_float_digits", "3"),
            ("bytea_output", "hex"),
            ("standard_conforming_strings", "on"),
            ("synchronize_seqscans", "off"),
            // Compiling a query over the catalog takes a hundred times as long as running it (*seen*: 400 ms of 430).
            ("jit", "off"),
            // Rows that a policy would hide are an error, never a smaller result.
            ("row_security", "off"),
        ]
        if let searchPath { list.append(("search_path", searchPath)) }
        if version.major >= 17 { list.append(("transaction_timeout", "0")) }
        return list
    }

    private func milliseconds(_ duration: Duration) -> String {
        "\(Int64(duration / .milliseconds(1)))ms"
    }
}
