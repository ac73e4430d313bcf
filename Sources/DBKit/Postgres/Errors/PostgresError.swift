/// Everything that can go wrong between this process and a server, with all that the server said about it.
///
/// It never holds a bound value or a password, so it may be logged as it is.
public struct PostgresError: Error, Sendable, Hashable {
    /// How far the work had come, and who ended it.
    public enum Kind: Sendable, Hashable {
        /// No session came about.
        case connect(ConnectPhase)
        /// The server refused a statement; the session is still usable.
        case server
        /// The session is gone. Whether a COMMIT in flight took effect is told by ``PostgresError/isOutcomeUnknown``.
        case connectionLost
        /// The caller's task was cancelled.
        case cancelled
        /// The caller's deadline passed.
        case timedOut
        /// A result did not have the shape that was asked for.
        case decoding
        /// The call itself is wrong: a NUL byte, a name that is too long, a closed session.
        case usage
    }

    /// The rung at which a connection attempt ended.
    public enum ConnectPhase: String, Sendable, Hashable, Codable {
        case parameters
        case nameResolution = "name_resolution"
        case network
        case tls
        /// The server (or a pooler) was reached: authentication, database, privileges.
        case startup
    }

    /// Reasons for a failed connect for which libpq or the server have one text only.
    public enum ConnectCause: String, Sendable, Hashable {
        /// "certificate verify failed", because no trusted authority signed the server's certificate.
        case certificateUntrusted
        /// "certificate verify failed", because of a date.
        case certificateExpired
        /// The certificate is for other names.
        case certificateName
        /// pg_hba.conf has nothing for this client without encryption, and would admit it with.
        case encryptionRequired
        /// The login was accepted, by a server older than what dbctl can work with.
        case serverVersion
    }

    public var kind: Kind
    public var sqlState: SQLState?
    /// `ERROR`, `FATAL`, `PANIC`, `WARNING`, `NOTICE` … never translated.
    public var severity: String = "ERROR"
    public var message: String
    public var detail: String?
    public var hint: String?
    /// Where in the server's own function the error arose, e.g. inside a PL/pgSQL body.
    public var context: String?
    /// The function of the server's source that spoke, e.g. `InitProcess`: the same in every language of its messages.
    public var routine: String?
    /// 1-based, in characters of ``statement``.
    public var position: Int?
    public var schema: String?
    public var table: String?
    public var column: String?
    public var dataType: String?
    public var constraint: String?
    /// The statement's text with `$n` in place of its values.
    public var statement: String?
    /// A connect that ran into its deadline (its ``kind`` is still `.connect`).
    public var isTimeout = false
    /// The connection was lost after COMMIT was sent: it may or may not have taken effect, so it must not be repeated.
    public var isOutcomeUnknown = false
    /// The server asked for a password and none was given, nor found in `~/.pgpass`.
    public var needsPassword = false
    /// What a look at the server found out about a failed connect, where its words leave that open.
    public var connectCause: ConnectCause?

    public init(_ kind: Kind, _ message: String, sqlState: SQLState? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.hint = hint
    }

    /// True when the same transaction may simply be run again: it took no effect, and it lost only a race.
    public var isRetryable: Bool {
        guard !isOutcomeUnknown else { return false }
        return sqlState == .serializationFailure || sqlState == .deadlockDetected || sqlState == .lockNotAvailable
    }

    /// True when the session cannot be used any more.
    public var isConnectionLost: Bool {
        switch kind {
        case .connect, .connectionLost: true
        default: sqlState.map(PostgresError.endsSession) ?? false
        }
    }

    /// Source: PostgreSQL, appendix A. Each of these is sent as FATAL.
    static func endsSession(_ state: SQLState) -> Bool {
        let fatal: Set<SQLState> = [
            .adminShutdown, .crashShutdown, .cannotConnectNow, .idleInTransactionSessionTimeout, .transactionTimeout,
            .idleSessionTimeout,
        ]
        return state.classCode == "08" || fatal.contains(state)
    }

    /// ``position`` as a 1-based line and column of ``statement``.
    public var lineAndColumn: (line: Int, column: Int)? {
        guard let position, let statement, position > 0 else { return nil }
        var line = 1
        var column = 1
        for character in statement.unicodeScalars.prefix(position - 1) {
            if character == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return (line, column)
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var text = severity
        if let sqlState { text += " \(sqlState)" }
        text += ": \(message)"
        if let place = lineAndColumn { text += " (line \(place.line), column \(place.column) of the statement)" }
        if let detail { text += "\nDETAIL: \(detail)" }
        if let hint { text += "\nHINT: \(hint)" }
        return text
    }
}
