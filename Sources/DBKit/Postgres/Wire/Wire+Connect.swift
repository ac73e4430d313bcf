import CLibpq

/// libpq's non-blocking connection attempt.
extension Wire {
    enum ConnectStep { case reading, writing, ready, failed }

    func connectPoll() -> ConnectStep {
        switch unsafe PQconnectPoll(pointer) {
        case PGRES_POLLING_READING: .reading
        case PGRES_POLLING_WRITING: .writing
        case PGRES_POLLING_OK: .ready
        default: .failed
        }
    }

    /// Nil once the attempt has failed.
    var connectPhase: PostgresError.ConnectPhase? {
        switch unsafe PQstatus(pointer) {
        case CONNECTION_STARTED, CONNECTION_NEEDED: .network
        case CONNECTION_MADE, CONNECTION_SSL_STARTUP, CONNECTION_GSS_STARTUP: .tls
        case CONNECTION_BAD: nil
        default: .startup
        }
    }

    /// The server asked for a password and there was none to give.
    var needsPassword: Bool { unsafe PQconnectionNeedsPassword(pointer) == 1 }

    /// The host that is being tried, or that the session is with: several may be named.
    var peer: (host: String, address: String, port: Int)? {
        func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
            unsafe pointer.map { unsafe String(cString: $0) } ?? ""
        }
        let address = unsafe text(PQhostaddr(pointer))
        guard !address.isEmpty, let port = Int(unsafe text(PQport(pointer))) else { return nil }
        return (unsafe text(PQhost(pointer)), address, port)
    }

    /// Where another connection to the same server would go.
    var serverAddress: ServerAddress? {
        if let peer { return try? ServerAddress.resolve(host: peer.address, port: peer.port, timeout: .zero).first }
        guard let folder = unsafe PQhost(pointer), let text = unsafe PQport(pointer),
            let port = Int(unsafe String(cString: text))
        else { return nil }
        return try? ServerAddress.socket(folder: unsafe String(cString: folder), port: port)
    }
}
