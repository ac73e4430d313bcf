// A web server that notes who asked for what, for tests of heartbeats.

import Foundation
import Glibc

/// Listens on 127.0.0.1 and gives every request the same answer.
public final class HTTPServer: Sendable {
    public enum Answer: Sendable {
        case status(Int)
        case redirect(String)
        /// Takes the connection and says nothing.
        case silence
    }

    public let port: Int
    private let listener: Int32
    private let answer: Answer
    private let heard = Guarded<[String]>([])

    public static func with<T>(
        _ answer: Answer = .status(200), isolation: isolated (any Actor)? = #isolation,
        _ body: (HTTPServer) async throws -> T
    ) async throws -> T {
        let server = try HTTPServer(answer)
        return try await finally {
            try await body(server)
        } cleanUp: {
            _ = shutdown(server.listener, Int32(SHUT_RDWR))
            _ = Glibc.close(server.listener)
        }
    }

    private init(_ answer: Answer) throws {
        self.answer = answer
        (listener, port) = try listenOnLoopback()
        serveClients(of: listener) { self.serve($0) }
    }

    /// The paths that were asked for.
    public var paths: [String] { heard.withLock { $0 } }

    private func serve(_ client: Int32) {
        var request: [UInt8] = []
        while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            var byte: UInt8 = 0
            guard unsafe recv(client, &byte, 1, 0) == 1 else { return }
            request.append(byte)
        }
        let line = String(decoding: request, as: UTF8.self).split(separator: " ")
        heard.withLock { $0.append(line.count > 1 ? String(line[1]) : "?") }
        let head: String
        switch answer {
        case .status(let code): head = "HTTP/1.1 \(code) Answer\r\n"
        case .redirect(let place): head = "HTTP/1.1 302 Elsewhere\r\nLocation: \(place)\r\n"
        case .silence:
            var byte: UInt8 = 0
            // Until the other side has had enough.
            _ = unsafe recv(client, &byte, 1, 0)
            return
        }
        let bytes = Array((head + "Content-Length: 2\r\nConnection: close\r\n\r\nok").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
