public import Postgres

extension Failure {
    /// The one way in which an error of the server (or of the way to it) becomes a failure with a stable code.
    ///
    /// Pure. The SQLSTATE decides wherever a server said one. Texts are looked at only where PostgreSQL uses one
    /// SQLSTATE for several reasons (28000, 53300, 57P03) and where libpq refuses by itself and has no SQLSTATE at all.
    ///
    /// - Parameters:
    ///   - action: What was being done, in front of the server's words: `cannot read table public.prices`.
    ///   - category: Where the caller knows better than the catalogue what the failure means to it.
    public init(_ error: PostgresError, while action: String? = nil, category: Category? = nil) {
        let code = FailureCode(error)
        let remedy = FailureCatalogue.entry(named: code.name)?.next.first
        var detail = error.detail
        if let place = error.lineAndColumn {
            let place = "line \(place.line), column \(place.column) of the statement"
            detail = detail.map { "\($0) (\(place))" } ?? place
        }
        self.init(
            error.isOutcomeUnknown ? .commitUnknown : code,
            [action, error.message].compactMap { $0 }.joined(separator: ": "),
            detail: detail,
            // The server's hint is about this very case; the catalogue's about the kind.
            hint: error.hint ?? remedy,
            sqlState: error.sqlState?.code,
            category: category
        )
    }
}

extension FailureCode {
    /// The stable code of an error of the server or of the way to it.
    public init(_ error: PostgresError) {
        self =
            switch error.kind {
            case .connect(let phase): FailureCode.connecting(error, phase)
            case .cancelled: .runInterrupted
            case .timedOut: .statementTimeout
            case .decoding, .usage: .bugUnexpected
            case .connectionLost: FailureCode.losing(error)
            case .server: FailureCode.statement(error)
            }
    }

    /// A session that ended while it was in use.
    private static func losing(_ error: PostgresError) -> FailureCode {
        guard error.sqlState != nil else { return .connectLost }
        return pooler(error) ?? statement(error)
    }
}
