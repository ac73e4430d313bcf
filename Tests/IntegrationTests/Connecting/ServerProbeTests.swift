// The look from outside at a server that hangs up or goes silent: it ends, at once or at the caller's deadline.

import DBKit
import TestSupport
import Testing

@testable import Postgres

@Suite struct ServerProbeTests {
    @Test("a server that hung up is reported at once, and not polled until the deadline")
    func hungUp() async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            let address = try #require(
                try ServerAddress.resolve(host: "127.0.0.1", port: proxy.port, timeout: .seconds(5)).first)
            let probe = try ServerProbe(address, timeout: .seconds(20))
            try await eventually("the proxy has accepted") { proxy.accepted == 1 }
            proxy.cutAll()
            // The first message meets the reset; from the second on the socket only ever says that it is broken.
            #expect(throws: PostgresError.self) { try probe.offersTLS() }
            let error = #expect(throws: PostgresError.self) { try probe.requestLogin([("user", "nobody")]) }
            #expect(error?.isTimeout == false, "\(String(describing: error))")
        }
    }

    @Test("a second look at a failed connect takes no longer than the caller wanted to wait for the first")
    func inquestDeadline() async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            proxy.stall()
            let inquest = ConnectInquest(
                error: PostgresError(.connect(.tls), "SSL error: certificate verify failed"),
                peer: (host: "127.0.0.1", address: "127.0.0.1", port: proxy.port), resolved: [])
            let start = ContinuousClock.now
            let answer = inquest.answer(within: Deadline(after: .milliseconds(50)))
            // Its own limit is two seconds.
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(answer.connectCause == nil)
        }
    }
}
