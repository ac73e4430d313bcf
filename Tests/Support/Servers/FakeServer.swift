// A server that says what a test wants it to say, for what no installed PostgreSQL says: an old version, a greeting and
// then an error. Speaks just enough of the protocol to let a client log in without a password.

import Foundation
import Glibc

/// Listens on 127.0.0.1. Every login is accepted; every statement is refused with 42704, as an old server refuses a
/// setting that it does not know.
public final class FakeServer: Sendable {
    public let port: Int
    private let listener: Int32
    private let version: String
    private let heard = Guarded<[String]>([])

    /// - Parameter version: What it gives as `server_version`, e.g. `13.1`.
    public static func withServer<T>(
        version: String, isolation: isolated (any Actor)? = #isolation, _ body: (FakeServer) async throws -> T
    ) async throws -> T {
        let server = try FakeServer(version: version)
        return try await finally {
            try await body(server)
        } cleanUp: {
            _ = shutdown(server.listener, Int32(SHUT_RDWR))
            _ = Glibc.close(server.listener)
        }
    }

    private init(version: String) throws {
        self.version = version
        (listener, port) = try listenOnLoopback()
        serveClients(of: listener) { self.serve($0) }
    }

    /// The statements that clients sent.
    public var statements: [String] { heard.withLock { $0 } }

    private func serve(_ client: Int32) {
        while let packet = Self.read(client, typed: false)?.body {
            // SSLRequest and GSSENCRequest: the client goes on in clear.
            let isEncryptionRequest =
                packet.starts(with: [0x04, 0xd2, 0x16, 0x2f]) || packet.starts(with: [0x04, 0xd2, 0x16, 0x30])
            guard isEncryptionRequest else { break }
            Self.send([UInt8(ascii: "N")], to: client)
        }
        let greeting =
            Self.message("R", [0, 0, 0, 0])
            + [("server_version", version), ("client_encoding", "UTF8"), ("server_encoding", "UTF8")]
            .flatMap { Self.message("S", Array("\($0)\0\($1)\0".utf8)) }
            + Self.message("K", [0, 0, 0, 1, 0, 0, 0, 2]) + Self.ready
        Self.send(greeting, to: client)
        let refusal = Self.message(
            "E", Array("SERROR\0VERROR\0C42704\0Munrecognized configuration parameter\0\0".utf8))
        while let (kind, body) = Self.read(client, typed: true), kind != UInt8(ascii: "X") {
            if kind == UInt8(ascii: "Q") || kind == UInt8(ascii: "P") {
                heard.withLock { $0.append(String(decoding: body.filter { $0 != 0 }, as: UTF8.self)) }
                Self.send(refusal, to: client)
            }
            if kind == UInt8(ascii: "Q") || kind == UInt8(ascii: "S") { Self.send(Self.ready, to: client) }
        }
    }

    private static let ready = message("Z", [UInt8(ascii: "I")])

    private static func message(_ kind: Character, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(body.count + 4)
        return [kind.asciiValue ?? 0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + body
    }

    /// The next message; nil at the end of the stream. The first ones of a connection have no type.
    private static func read(_ client: Int32, typed: Bool) -> (kind: UInt8, body: [UInt8])? {
        var kind: UInt8 = 0
        if typed {
            guard let byte = bytes(1, from: client) else { return nil }
            kind = byte[0]
        }
        guard let head = bytes(4, from: client) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard length >= 4, let body = bytes(length - 4, from: client) else { return nil }
        return (kind, body)
    }

    private static func bytes(_ count: Int, from client: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = unsafe buffer.withUnsafeMutableBytes {
            unsafe recv(client, $0.baseAddress, $0.count, Int32(MSG_WAITALL))
        }
        return count == 0 || received == count ? buffer : nil
    }

    private static func send(_ bytes: [UInt8], to client: Int32) {
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
