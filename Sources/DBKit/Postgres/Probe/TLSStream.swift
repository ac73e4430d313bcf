import CLinux
import CTLS
import Foundation
import Glibc

/// TLS over a probe's socket, through the library that libpq has loaded.
@safe final class TLSStream {
    private let session: OpaquePointer
    private let socket: RawSocket
    private let hasRoots: Bool

    /// Nil where there is no OpenSSL in the process.
    init?(_ socket: RawSocket, host: String, roots: String?) {
        let isAddress = host.contains(":") || host.allSatisfy { "0123456789.".contains($0) }
        let name = isAddress || host.isEmpty ? nil : host
        guard let session = unsafe ctls_begin(socket.descriptor, name, roots) else { return nil }
        unsafe self.session = session
        self.socket = socket
        hasRoots = roots != nil
    }

    deinit {
        unsafe ctls_end(session)
    }

    /// False once the deadline has passed.
    func handshake(
        until deadline: Deadline,
        orFail failure: (PostgresError.ConnectPhase, String) -> PostgresError
    ) throws(PostgresError) -> Bool {
        while true {
            let events: Int32
            switch unsafe ctls_handshake(session) {
            case Int32(CTLS_DONE): return true
            case Int32(CTLS_WANTS_READ): events = POLLIN
            case Int32(CTLS_WANTS_WRITE): events = POLLOUT
            default: throw failure(.tls, "SSL error: \(unsafe text(ctls_failure(session)))")
            }
            guard socket.wait(for: events, until: deadline) else { return false }
        }
    }

    /// As ``RawSocket/write(_:)``.
    func write(_ bytes: ArraySlice<UInt8>) -> Transfer<Int> {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe ctls_write(session, bytes.baseAddress, Int32(bytes.count))
        }
        return count > 0 ? .moved(Int(count)) : TLSStream.unmoved(count)
    }

    /// As ``RawSocket/read(upTo:)``.
    func read(upTo limit: Int) -> Transfer<[UInt8]> {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe ctls_read(session, &buffer, Int32(limit))
        return count > 0 ? .moved(Array(buffer.prefix(Int(count)))) : TLSStream.unmoved(count)
    }

    /// Either side of TLS may have to read before it can write, and the other way round.
    private static func unmoved<Moved>(_ result: Int32) -> Transfer<Moved> {
        switch result {
        case Int32(CTLS_WANTS_READ) - 3: .waits(for: POLLIN)
        case Int32(CTLS_WANTS_WRITE) - 3: .waits(for: POLLOUT)
        default: .ended
        }
    }

    func facts(host: String) -> TLSFacts {
        var names: [String] = []
        while case let name = unsafe text(ctls_alternative_name(session, Int32(names.count))), !name.isEmpty {
            names.append(name)
        }
        let certificate = ServerCertificate(
            subject: unsafe text(ctls_subject(session)),
            issuer: unsafe text(ctls_issuer(session)),
            notBefore: Date(timeIntervalSince1970: Double(unsafe ctls_not_before(session))),
            notAfter: Date(timeIntervalSince1970: Double(unsafe ctls_not_after(session))),
            alternativeNames: names
        )
        let verdict = TLSFacts.ChainVerdict(
            code: unsafe ctls_verify_result(session),
            text: unsafe text(ctls_verify_text(session))
        )
        return TLSFacts(
            protocolVersion: unsafe text(ctls_protocol(session)),
            cipher: unsafe text(ctls_cipher(session)),
            certificate: certificate,
            chain: hasRoots ? verdict : nil,
            matchesHost: unsafe ctls_matches_name(session, host) == 1
        )
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String {
        unsafe pointer.map { unsafe String(cString: $0) } ?? ""
    }
}
