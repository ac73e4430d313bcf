// Sockets of the tests' own servers.

import Foundation
import Glibc

/// A socket that listens on a free port of 127.0.0.1.
func listenOnLoopback() throws -> (descriptor: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = loopback(port: 0)
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
            unsafe bind(listener, rebound, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let named = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
            unsafe getsockname(listener, rebound, &length)
        }
    }
    guard listener >= 0, bound == 0, named == 0, listen(listener, 64) == 0 else {
        throw TestSupportError("no socket to listen on: errno \(errno)")
    }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
}

func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}

/// Hands every client of a listening socket to `serve`, until the socket is shut down.
func acceptClients(of listener: Int32, _ serve: (Int32) -> Void) {
    while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else {
            if errno == EINTR || errno == ECONNABORTED { continue }
            return
        }
        serve(client)
    }
}

/// Serves every client on a thread of its own.
func serveClients(of listener: Int32, _ serve: @escaping @Sendable (Int32) -> Void) {
    Thread.detachNewThread {
        acceptClients(of: listener) { client in
            Thread.detachNewThread {
                serve(client)
                _ = close(client)
            }
        }
    }
}

public enum Loopback {
    /// Bytes that clients have sent to the port of this machine and nobody has read yet.
    public static func unread(port: Int) throws -> Int {
        guard let file = FileHandle(forReadingAtPath: "/proc/net/tcp") else { return 0 }
        defer { try? file.close() }
        // The kernel gives a page at a time, which Foundation's one-call readers take for all there is.
        var bytes = Data()
        while let page = try file.read(upToCount: 4096), !page.isEmpty { bytes += page }
        let table = String(decoding: bytes, as: UTF8.self)
        let suffix = ":" + String(String(port + 0x10000, radix: 16, uppercase: true).dropFirst())
        return table.split(separator: "\n").reduce(0) { sum, line in
            // sl, local address, remote address, state (01: established), tx:rx queue.
            let fields = line.split(separator: " ")
            guard fields.count > 4, fields[1].hasSuffix(suffix), fields[3] == "01" else { return sum }
            return sum + (fields[4].split(separator: ":").last.flatMap { Int($0, radix: 16) } ?? 0)
        }
    }
}
