// A TCP proxy between a client and a server of the tests, which cuts or stalls connections on command: what a network
// does and a server never would.

import Foundation
import Glibc

/// Listens on 127.0.0.1 and passes every byte on, until told otherwise. Two threads for each connection.
public final class TCPProxy: Sendable {
    public enum Direction: Sendable, CaseIterable { case toServer, fromServer }
    public enum Cut: Sendable {
        /// An orderly end of stream (FIN).
        case close
        /// As after a crash of the other machine (RST).
        case reset
    }

    public let port: Int
    private let listener: Int32
    private let upstream: Int
    private let state = NSCondition()
    private let shared = Guarded(Shared())

    private struct Shared {
        var links: [Link] = []
        var stalled: Set<Direction> = []
        var budget: [Direction: Int] = [:]
        var cut = Cut.reset
        var passed: [Direction: Int] = [:]
        var accepted = 0
        /// Threads that sit on bytes which they may not pass on.
        var holding = 0
        var closed = false

        func holds(_ direction: Direction, of link: Link) -> Bool {
            guard !isGone(link) else { return false }
            return stalled.contains(direction)
                || direction == .toServer && links.contains { $0.client == link.client && $0.isHeld }
        }

        func isGone(_ link: Link) -> Bool {
            closed || links.first { $0.client == link.client }?.isCut ?? true
        }
    }

    private struct Link {
        let client: Int32
        let server: Int32
        var open = 2
        var isCut = false
        var isHeld = false
    }

    /// Proxies to a port of 127.0.0.1 for the length of the body; all connections are cut afterwards.
    public static func withProxy<T>(
        to upstream: Int, isolation: isolated (any Actor)? = #isolation, _ body: (TCPProxy) async throws -> T
    ) async throws -> T {
        let proxy = try TCPProxy(upstream: upstream)
        return try await finally {
            try await body(proxy)
        } cleanUp: {
            proxy.close()
        }
    }

    private init(upstream: Int) throws {
        self.upstream = upstream
        (listener, port) = try listenOnLoopback()
        Thread.detachNewThread { acceptClients(of: self.listener) { self.link($0) } }
    }

    /// How many connections were made so far.
    public var accepted: Int { shared.withLock { $0.accepted } }
    /// True while bytes are held back that have arrived here.
    public var isHolding: Bool { shared.withLock { $0.holding > 0 } }
    /// How many are open now.
    public var open: Int { shared.withLock { $0.links.count } }
    /// Bytes passed on so far.
    public func passed(_ direction: Direction) -> Int { shared.withLock { $0.passed[direction, default: 0] } }

    /// Holds back what comes from now on; nothing is lost, and the sender soon feels the full socket.
    public func stall(_ directions: [Direction] = Direction.allCases) {
        change { $0.stalled.formUnion(directions) }
    }

    /// Holds back what the clients of now send; whoever connects later is not held.
    public func holdClients() {
        change { shared in
            for index in shared.links.indices { shared.links[index].isHeld = true }
        }
    }

    public func resume() {
        change { shared in
            shared.stalled = []
            for index in shared.links.indices { shared.links[index].isHeld = false }
        }
    }

    /// Cuts the connection through which the direction's next `bytes` bytes have passed, exactly there.
    public func cut(after bytes: Int, _ direction: Direction, by cut: Cut = .reset) {
        change {
            $0.budget[direction] = bytes
            $0.cut = cut
        }
    }

    /// Cuts every connection now; new ones are welcome.
    public func cutAll(by cut: Cut = .reset) {
        change { shared in
            for index in shared.links.indices { Self.end(&shared.links[index], by: cut) }
        }
    }

    private func close() {
        change { shared in
            shared.closed = true
            for index in shared.links.indices { Self.end(&shared.links[index], by: .reset) }
        }
        _ = shutdown(listener, Int32(SHUT_RDWR))
        _ = Glibc.close(listener)
    }

    private func change(_ body: (inout Shared) -> Void) {
        state.lock()
        shared.withLock { body(&$0) }
        state.broadcast()
        state.unlock()
    }

    // MARK: the threads

    private func link(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port: UInt16(upstream))
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                unsafe connect(server, rebound, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let link = Link(client: client, server: server)
        let welcome = shared.withLock { shared in
            shared.accepted += 1
            guard connected == 0, !shared.closed else { return false }
            shared.links.append(link)
            return true
        }
        guard welcome else {
            _ = Glibc.close(client)
            _ = Glibc.close(server)
            return
        }
        Thread.detachNewThread { self.pump(from: client, to: server, .toServer, link) }
        Thread.detachNewThread { self.pump(from: server, to: client, .fromServer, link) }
    }

    private func pump(from source: Int32, to sink: Int32, _ direction: Direction, _ link: Link) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(source, $0.baseAddress, $0.count) }
            if count == 0 {
                // One side has nothing more to say; the other may still.
                _ = shutdown(sink, Int32(SHUT_WR))
                return finish(link, cut: false)
            }
            guard count > 0, let allowed = admit(count, direction, link) else { break }
            let sent = pass(buffer, allowed, to: sink, link)
            shared.withLock { $0.passed[direction, default: 0] += sent }
            guard sent == count else { break }
        }
        finish(link, cut: true)
    }

    /// Sends the first bytes on. Never blocks in send(): a receiver that does not read must not hide a cut from us.
    private func pass(_ buffer: [UInt8], _ count: Int, to sink: Int32, _ link: Link) -> Int {
        var sent = 0
        while sent < count {
            let written = unsafe buffer.withUnsafeBytes { bytes in
                unsafe send(
                    sink, bytes.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if written > 0 {
                sent += written
            } else if errno == EAGAIN && !shared.withLock({ $0.isGone(link) }) {
                var wait = pollfd(fd: sink, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&wait, 1, 20)
            } else {
                break
            }
        }
        return sent
    }

    /// Waits while the direction is stalled, then says how much of it may pass; nil when the connection is gone.
    private func admit(_ count: Int, _ direction: Direction, _ link: Link) -> Int? {
        state.lock()
        defer { state.unlock() }
        shared.withLock { $0.holding += 1 }
        while shared.withLock({ $0.holds(direction, of: link) }) { state.wait() }
        shared.withLock { $0.holding -= 1 }
        return shared.withLock { shared in
            guard !shared.isGone(link) else { return nil }
            guard let budget = shared.budget[direction] else { return count }
            shared.budget[direction] = budget > count ? budget - count : nil
            return min(budget, count)
        }
    }

    /// Cuts both sides where the other thread has to end too; the last thread closes the sockets.
    private func finish(_ link: Link, cut: Bool) {
        state.lock()
        defer { state.unlock() }
        let last = shared.withLock { shared in
            guard let index = shared.links.firstIndex(where: { $0.client == link.client }) else { return false }
            shared.links[index].open -= 1
            if shared.links[index].open == 0 {
                shared.links.remove(at: index)
                return true
            }
            if cut && !shared.links[index].isCut { Self.end(&shared.links[index], by: shared.cut) }
            return false
        }
        state.broadcast()
        guard last else { return }
        _ = Glibc.close(link.client)
        _ = Glibc.close(link.server)
    }

    private static func end(_ link: inout Link, by cut: Cut) {
        link.isCut = true
        for descriptor in [link.client, link.server] {
            if case .reset = cut {
                // With no time to linger, the kernel answers with RST as soon as the socket is closed.
                var linger = linger(l_onoff: 1, l_linger: 0)
                _ = unsafe setsockopt(
                    descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            }
            _ = shutdown(descriptor, Int32(cut == .reset ? SHUT_RD : SHUT_RDWR))
        }
    }
}
