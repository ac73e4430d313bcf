// Before any server speaks: names, addresses, sockets, silence. P3.

import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct NetworkFailureTests {
    private func parameters(host: String, port: Int, _ more: [String: String] = [:]) -> ConnectionParameters {
        var parameters = ConnectionParameters()
        let all = ["host": host, "port": "\(port)", "user": "app", "dbname": "app"]
        for (keyword, value) in all.merging(more, uniquingKeysWith: { $1 }) { parameters.set(keyword, value) }
        return parameters
    }

    @Test("nothing listens there, P3")
    func refused() async throws {
        try await TestServer.withSandbox { server in
            try await server.stopServer()
            try await expectRefusal(.connectRefused, sqlState: nil, at: .tcp, server.login())
        }
    }

    @Test("a name that does not resolve, P3")
    func unknownName() async throws {
        try await expectRefusal(
            .connectDNS, sqlState: nil, at: .dns, parameters(host: "no-such-host.invalid", port: 5432))
    }

    @Test("no socket in that folder, P3")
    func noSocket() async throws {
        try await withTemporaryFolder { folder in
            _ = try await expectRefusal(
                .connectNoSocket, sqlState: nil, at: .socket, parameters(host: folder, port: 5432))
        }
    }

    @Test("a server that is stopped with SIGSTOP accepts and says nothing: the deadline ends it, P3")
    func stopped() async throws {
        try await TestServer.withSandbox { server in
            #expect(server.signalServer(SIGSTOP))
            defer { server.signalServer(SIGCONT) }
            for mode in ["disable", "prefer", "require"] {
                let parameters = server.login(["sslmode": mode])
                do {
                    _ = try await connect(parameters, timeout: .milliseconds(300))
                    Issue.record("a stopped server answered")
                } catch let error as PostgresError {
                    #expect(Failure(error).code == .connectHang)
                }
                let report = try await check(parameters, timeout: .milliseconds(300))
                #expect(report.verdict == .critical)
                #expect(report.failure?.code == .connectHang)
            }
        }
    }

    @Test("a port that accepts and never answers, P3")
    func silent() async throws {
        try await TestServer.withSandbox { server in
            try await TCPProxy.withProxy(to: server.port) { proxy in
                proxy.stall()
                let parameters = server.login(["port": "\(proxy.port)"])
                try await expectRefusal(
                    .connectHang, sqlState: nil, at: .authentication, parameters, timeout: .milliseconds(300))
            }
        }
    }

    @Test("a host that swallows the connection request, P3")
    func blackHole() async throws {
        let hole = try BlackHole()
        defer { hole.close() }
        try await expectRefusal(
            .connectTimeout, sqlState: nil, at: .tcp, parameters(host: "127.0.0.1", port: hole.port),
            timeout: .milliseconds(300))
    }

    @Test("something that listens and is no PostgreSQL")
    func stranger() async throws {
        try await TestServer.withSandbox { server in
            try await TCPProxy.withProxy(to: server.port) { proxy in
                proxy.cut(after: 0, .fromServer, by: .close)
                let report = try await check(server.login(["port": "\(proxy.port)"]))
                #expect(report.failure?.code == .connectLost, "\(report.summary)")
            }
        }
    }

    @Test("the first of several hosts that answers is taken, and the others are noted")
    func severalHosts() async throws {
        try await TestServer.withSandbox { server in
            let hole = try BlackHole()
            hole.close()
            let parameters = server.login(["host": "127.0.0.1,127.0.0.1", "port": "\(hole.port),\(server.port)"])
            let report = try await check(parameters)
            #expect(report.verdict == .ok, "\(report.summary)")
            #expect(report.notes.contains { $0.contains("refused") })
        }
    }
}

/// A listener whose queue is full, so that the kernel drops every further request to connect.
private struct BlackHole {
    let port: Int
    private let listener: Int32
    private let fillers: [Int32]

    init() throws {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let listener = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, length) == 0 && listen(listener, 0) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isOpen else { throw TestSupportError("no listener: errno \(errno)") }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        fillers = (0..<3).map { _ in
            let filler = socket(AF_INET, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
            unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    _ = unsafe Glibc.connect(filler, address, length)
                }
            }
            return filler
        }
    }

    func close() {
        for descriptor in fillers + [listener] { _ = Glibc.close(descriptor) }
    }
}
