extension PostgresError {
    /// Reads the SQLSTATE and the fields out of the text that libpq keeps of a failed connection attempt.
    ///
    /// libpq drops the server's ErrorResponse and keeps only its text. With verbosity VERBOSE that text carries the
    /// SQLSTATE (`FATAL:  28P01: password …`); there is no other way to it before libpq 18. The severity may be
    /// translated by the server, the layout is libpq's own and is not. With several hosts or `sslmode=prefer` the
    /// text holds one block per attempt: the last one counts.
    static func connectFailure(_ text: String, phase: ConnectPhase) -> PostgresError {
        var error = PostgresError(.connect(phase), text.trimmed)
        error.severity = "FATAL"
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if let said = serverLine(line) {
                error.sqlState = said.state
                error.message = said.message
                error.detail = nil
                error.hint = nil
                error.routine = nil
                error.kind = .connect(.startup)
            } else if let value = field("DETAIL:  ", of: line) {
                error.detail = value
            } else if let value = field("HINT:  ", of: line) {
                error.hint = value
            } else if let value = field("LOCATION:  ", of: line) {
                error.routine = String(value.prefix { $0 != "," })
            }
        }
        return error
    }

    /// `… SEVERITY:  SQLSTATE: message`
    private static func serverLine(_ line: Substring) -> (state: SQLState, message: String)? {
        var rest = line
        while let colon = rest.firstRange(of: ":  ") {
            let after = rest[colon.upperBound...]
            let state = after.prefix(5)
            let isState =
                state.utf8.count == 5 && state.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
            if isState, after.dropFirst(5).hasPrefix(": ") {
                return (SQLState(String(state)), String(after.dropFirst(7)))
            }
            rest = after
        }
        return nil
    }

    private static func field(_ name: String, of line: Substring) -> String? {
        line.hasPrefix(name) ? String(line.dropFirst(name.count)) : nil
    }
}

extension String {
    /// Without the line end that libpq puts behind every message.
    var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
