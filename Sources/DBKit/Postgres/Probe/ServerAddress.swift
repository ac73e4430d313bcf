import CLinux
import Glibc

/// One place where a server may listen: an address and port, or a socket file.
public struct ServerAddress: Sendable, Hashable {
    /// `127.0.0.1`, `::1` or the path of the socket.
    public let text: String
    /// The name that led here; empty when an address was given.
    public let host: String
    public let port: Int
    public let isSocket: Bool
    /// A `sockaddr`, byte for byte.
    let raw: [UInt8]

    /// Loopback and sockets never leave the machine.
    public var isLocal: Bool {
        isSocket || text.hasPrefix("127.") || text == "::1"
    }

    /// Asks the resolver of the operating system, which knows no deadline of its own, in a thread of its own.
    ///
    /// - Throws: ``PostgresError`` of kind `.connect(.nameResolution)`.
    public static func resolve(
        host: String,
        port: Int,
        timeout: Duration
    ) throws(PostgresError) -> [ServerAddress] {
        // An address needs no resolver, and no thread.
        if case .success(let addresses) = lookUp(host: host, port: port, flags: AI_NUMERICHOST) { return addresses }
        let found = Handover.run(within: Deadline(after: timeout)) { lookUp(host: host, port: port, flags: 0) }
        switch found {
        case .success(let addresses): return addresses
        case .failure(let error): throw error
        case nil: throw Session.connectTimeout(.nameResolution, timeout)
        }
    }

    private static func lookUp(host: String, port: Int, flags: Int32) -> Result<[ServerAddress], PostgresError> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = flags
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            let reason = unsafe String(cString: gai_strerror(code))
            let message = "could not translate host name \"\(host)\" to address: \(reason)"
            return .failure(PostgresError(.connect(.nameResolution), message))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [ServerAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            let length = Int(unsafe entry.pointee.ai_addrlen)
            let raw = unsafe [UInt8](UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: length))
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size = socklen_t(name.count)
            if unsafe getnameinfo(
                entry.pointee.ai_addr, socklen_t(length), &name, size, nil, 0, NI_NUMERICHOST) == 0
            {
                let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                addresses.append(ServerAddress(text: text, host: host, port: port, isSocket: false, raw: raw))
            }
            unsafe next = entry.pointee.ai_next
        }
        return .success(addresses)
    }

    /// The socket that a server on this port would have in this folder (`@name` is Linux's abstract space).
    ///
    /// - Throws: ``PostgresError`` of kind `.connect(.parameters)` when the path is too long for the kernel.
    public static func socket(folder: String, port: Int) throws(PostgresError) -> ServerAddress {
        let path = "\(folder)/.s.PGSQL.\(port)"
        var bytes = Array(path.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        let limit = MemoryLayout<sockaddr_un>.size - MemoryLayout<sa_family_t>.size - 1
        guard bytes.count <= limit else {
            let message = "Unix-domain socket path \"\(path)\" is too long (maximum \(limit) bytes)"
            throw PostgresError(.connect(.parameters), message)
        }
        let family = sa_family_t(AF_UNIX)
        let raw = [UInt8(truncatingIfNeeded: family), UInt8(truncatingIfNeeded: family >> 8)] + bytes
        // An abstract name ends with the length, a path with a NUL.
        return ServerAddress(
            text: path, host: "", port: port, isSocket: true, raw: bytes.first == 0 ? raw : raw + [0])
    }

    /// The beginning of libpq's own sentence, so that one classification serves both.
    var inWords: String {
        if isSocket { return "connection to server on socket \"\(text)\" failed" }
        let address = host.isEmpty || host == text ? "\"\(text)\"" : "\"\(host)\" (\(text))"
        return "connection to server at \(address), port \(port) failed"
    }
}
