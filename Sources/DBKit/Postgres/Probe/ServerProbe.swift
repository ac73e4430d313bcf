import CLinux
import Glibc

/// A look at a server from outside: how far does a connection get, and what does the other side say?
///
/// It speaks the first words of the protocol itself, because libpq tells neither the certificate nor the
/// authentication method nor the fields of an early refusal. It never sends a password or a client certificate, and it
/// goes away before a login is decided, so that the server counts no failed attempt. Every step ends at the deadline.
public final class ServerProbe {
    private let socket: RawSocket
    private let deadline: Deadline
    private var tls: TLSStream?
    /// The server asked for no proof at all: there is a session now.
    private var isLoggedIn = false

    /// Opens the TCP connection or the local socket.
    ///
    /// - Throws: ``PostgresError`` of kind `.connect(.network)`, as libpq would word it.
    public init(_ address: ServerAddress, timeout: Duration) throws(PostgresError) {
        deadline = Deadline(after: timeout)
        socket = try RawSocket(to: address, deadline: deadline)
    }

    /// Asks whether the server speaks TLS; false when it does not.
    public func offersTLS() throws(PostgresError) -> Bool {
        try send(StartupProtocol.sslRequest)
        let answer = try receive(1)
        switch answer.first {
        case UInt8(ascii: "S"): return true
        case UInt8(ascii: "N"): return false
        // Anything else is the beginning of an error message of a server from before TLS, or no PostgreSQL at all.
        default: throw failure(.tls, "answered the request for TLS with something that is not PostgreSQL's protocol")
        }
    }

    /// The handshake, without refusing any certificate. After ``offersTLS()`` said yes.
    ///
    /// - Parameters:
    ///   - host: The name to check the certificate against; also sent, unless it is an address.
    ///   - roots: A file with trusted authorities, `system`, or nil to check none.
    /// - Returns: Nil where libpq was built without OpenSSL.
    public func handshake(host: String, roots: String?) throws(PostgresError) -> TLSFacts? {
        guard let stream = TLSStream(socket, host: host, roots: roots) else { return nil }
        guard try stream.handshake(until: deadline, orFail: failure) else {
            throw timeout("TLS was being negotiated", .tls)
        }
        tls = stream
        return stream.facts(host: host)
    }

    /// Asks for a login and looks at the first answer: how to prove who one is, or why not at all.
    ///
    /// - Throws: What the server said, as a ``PostgresError`` of kind `.connect(.startup)`.
    public func requestLogin(_ parameters: [(name: String, value: String)]) throws(PostgresError)
        -> AuthenticationMethod
    {
        try send(StartupProtocol.startup(parameters))
        var bytes: [UInt8] = []
        while true {
            bytes += try receive(8192)
            guard let message = StartupProtocol.message(in: bytes) else {
                guard bytes.count < 65_536 else { throw failure(.startup, "did not answer in PostgreSQL's protocol") }
                continue
            }
            switch message.type {
            case UInt8(ascii: "R"):
                let method = StartupProtocol.method(message.body)
                isLoggedIn = method == .none
                return method
            case UInt8(ascii: "E"): throw StartupProtocol.error(message.body)
            // NegotiateProtocolVersion: the real answer comes behind it.
            case UInt8(ascii: "v"): bytes.removeFirst(message.body.endIndex)
            default: throw failure(.startup, "did not answer in PostgreSQL's protocol")
            }
        }
    }

    /// Goes away, and waits until the server has given the slot free that even this look took.
    public func leave(within limit: Duration = .milliseconds(500)) {
        let deadline = Deadline(after: limit)
        // In the midst of a login the server expects no such message, and would log it as an error.
        if isLoggedIn {
            _ = tls.map { $0.write(StartupProtocol.terminate[...]) } ?? socket.write(StartupProtocol.terminate[...])
        }
        socket.hangUp(until: deadline)
    }

    private func send(_ bytes: [UInt8]) throws(PostgresError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch tls.map({ $0.write(rest) }) ?? socket.write(rest) {
            case .moved(let count): rest = rest.dropFirst(count)
            case .waits(let events):
                guard !deadline.hasPassed, socket.wait(for: events, until: deadline) else {
                    throw timeout("the server was to take the first message", .startup)
                }
            // What the server said before it hung up is still to be read.
            case .ended: return
            case .broken: throw failure(.startup, "the connection broke")
            }
        }
    }

    private func receive(_ limit: Int) throws(PostgresError) -> [UInt8] {
        while true {
            // TLS may have bytes in hand that the socket does not show.
            switch tls.map({ $0.read(upTo: limit) }) ?? socket.read(upTo: limit) {
            case .moved(let bytes): return bytes
            case .waits(let events):
                guard !deadline.hasPassed, socket.wait(for: events, until: deadline) else {
                    throw timeout("the server was to answer", .startup)
                }
            case .ended: throw failure(.startup, "server closed the connection unexpectedly")
            case .broken: throw failure(.startup, "the connection broke")
            }
        }
    }

    private func failure(_ phase: PostgresError.ConnectPhase, _ what: String) -> PostgresError {
        PostgresError(.connect(phase), "\(socket.address.inWords): \(what)")
    }

    private func timeout(_ what: String, _ phase: PostgresError.ConnectPhase) -> PostgresError {
        var error = failure(phase, "no answer before the deadline while \(what)")
        error.isTimeout = true
        return error
    }
}
