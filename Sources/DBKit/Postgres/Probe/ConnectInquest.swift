/// Looks again at a server that a connect failed at, where libpq and the server leave open why.
///
/// "certificate verify failed" may be a wrong authority or a date; "no pg_hba.conf entry … no encryption" may be a
/// client that nobody wants, or one that only has to use TLS. The look sends no password, and costs only who failed.
struct ConnectInquest {
    let error: PostgresError
    let peer: (host: String, address: String, port: Int)?
    let resolved: [ConnectionParameters.Resolved]

    /// The same error, with ``PostgresError/connectCause`` where one was found.
    func answer(within deadline: Deadline) -> PostgresError {
        guard let look = self.look, let peer, !deadline.hasPassed else { return error }
        var answer = error
        answer.connectCause = try? find(look, peer, within: deadline)
        return answer
    }

    private enum Look { case certificate, loginOverTLS }

    private var look: Look? {
        switch error.kind {
        case .connect(.tls) where error.message.contains("certificate verify failed"): .certificate
        // With any other sslmode libpq has tried TLS already.
        case .connect(.startup) where error.sqlState == .invalidAuthorization && value("sslmode") == "disable":
            error.message.contains("pg_hba.conf") ? .loginOverTLS : nil
        default: nil
        }
    }

    private func find(
        _ look: Look,
        _ peer: (host: String, address: String, port: Int),
        within deadline: Deadline
    ) throws(PostgresError) -> PostgresError.ConnectCause? {
        // The caller waits for an answer that he has already.
        let limit = deadline.remaining(atMost: .seconds(2))
        guard let address = try ServerAddress.resolve(host: peer.address, port: peer.port, timeout: limit).first
        else { return nil }
        let probe = try ServerProbe(address, timeout: limit)
        defer { probe.leave(within: deadline.remaining(atMost: .milliseconds(500))) }
        guard try probe.offersTLS() else { return nil }
        let roots = TrustedRoots(resolved).file
        guard let facts = try probe.handshake(host: peer.host, roots: look == .certificate ? roots : nil) else {
            return nil
        }
        switch look {
        case .certificate:
            switch facts.chain {
            case .outOfDate: return .certificateExpired
            case .untrusted: return .certificateUntrusted
            case .trusted, nil: return nil
            }
        case .loginOverTLS:
            // Any answer but a refusal means that this client is welcome once it encrypts.
            _ = try probe.requestLogin([("user", value("user") ?? ""), ("database", value("dbname") ?? "")])
            return .encryptionRequired
        }
    }

    private func value(_ keyword: String) -> String? {
        resolved.first { $0.keyword == keyword }?.value
    }
}
