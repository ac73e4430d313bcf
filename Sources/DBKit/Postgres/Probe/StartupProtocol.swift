/// The first messages of PostgreSQL's protocol 3.0, as bytes: what a client says before it logs in, and what comes back.
///
/// Source: PostgreSQL documentation, "Message Formats". libpq keeps neither the authentication method nor the fields of
/// an early ErrorResponse; a probe needs both.
enum StartupProtocol {
    static let sslRequest: [UInt8] = frame(code: 80_877_103, [])

    static func startup(_ parameters: [(name: String, value: String)]) -> [UInt8] {
        var body: [UInt8] = []
        for (name, value) in parameters { body += Array(name.utf8) + [0] + Array(value.utf8) + [0] }
        return frame(code: 196_608, body + [0])
    }

    static let terminate: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 4]

    private static func frame(code: UInt32, _ body: [UInt8]) -> [UInt8] {
        bigEndian(UInt32(body.count + 8)) + bigEndian(code) + body
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }

    static func integer(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The first whole message, or nil while more bytes are needed.
    static func message(in bytes: [UInt8]) -> (type: UInt8, body: ArraySlice<UInt8>)? {
        guard bytes.count >= 5 else { return nil }
        let length = Int(integer(bytes[1...]))
        guard length >= 4, bytes.count >= length + 1 else { return nil }
        return (bytes[0], bytes[5..<(length + 1)])
    }

    /// What the body of an authentication request asks for.
    static func method(_ body: ArraySlice<UInt8>) -> AuthenticationMethod {
        switch integer(body) {
        case 0: return .none
        case 3: return .password
        case 5: return .md5
        case 7, 9: return .kerberos
        case 10:
            let names = body.dropFirst(4).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return .sasl(names)
        case let code: return .other(Int(code))
        }
    }

    /// An ErrorResponse, field by field.
    static func error(_ body: ArraySlice<UInt8>) -> PostgresError {
        var error = PostgresError(.connect(.startup), "")
        for field in body.split(separator: 0) {
            guard let name = field.first else { continue }
            let value = String(decoding: field.dropFirst(), as: UTF8.self)
            switch name {
            case UInt8(ascii: "V"): error.severity = value
            case UInt8(ascii: "C"): error.sqlState = SQLState(value)
            case UInt8(ascii: "M"): error.message = value
            case UInt8(ascii: "D"): error.detail = value
            case UInt8(ascii: "H"): error.hint = value
            case UInt8(ascii: "R"): error.routine = value
            default: break
            }
        }
        return error
    }
}

/// How the server wants a client to prove who it is, by pg_hba.conf.
public enum AuthenticationMethod: Sendable, Hashable, CustomStringConvertible {
    /// trust, peer, or a client certificate that was given already.
    case none
    /// The password itself travels: only ever over TLS.
    case password
    case md5
    case kerberos
    /// The mechanisms on offer, `SCRAM-SHA-256` and the like.
    case sasl([String])
    case other(Int)

    public var description: String {
        switch self {
        case .none: "none asked for (trust, peer or certificate)"
        case .password: "password (in clear)"
        case .md5: "md5"
        case .kerberos: "Kerberos (GSSAPI)"
        case .sasl(let names): names.joined(separator: ", ")
        case .other(let code): "method \(code)"
        }
    }
}
