import CLinux
import Glibc

/// A connected, non-blocking socket, and bytes over it until a deadline. The part of a probe that knows no protocol.
final class RawSocket {
    let descriptor: Int32
    let address: ServerAddress

    /// - Throws: ``PostgresError`` of kind `.connect(.network)` in libpq's words.
    init(to address: ServerAddress, deadline: Deadline) throws(PostgresError) {
        self.address = address
        let family = unsafe address.raw.withUnsafeBytes { unsafe $0.loadUnaligned(as: sa_family_t.self) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = Glibc.socket(Int32(family), kind, 0)
        guard descriptor >= 0 else { throw RawSocket.failure(address, errno) }
        let result = unsafe address.raw.withUnsafeBytes { bytes in
            unsafe Glibc.connect(
                descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        guard result != 0 else { return }
        let code = errno
        // A full backlog of a local socket: somebody listens and does not accept.
        if code == EAGAIN { throw RawSocket.timeout(address) }
        guard code == EINPROGRESS else { throw RawSocket.failure(address, code) }
        guard wait(for: POLLOUT, until: deadline) else { throw RawSocket.timeout(address) }
        var outcome: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &outcome, &size)
        guard outcome == 0 else { throw RawSocket.failure(address, outcome) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// False once the deadline has passed.
    func wait(for events: Int32, until deadline: Deadline) -> Bool {
        while true {
            var one = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let ready = unsafe poll(&one, 1, deadline.pollTimeout)
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR { return false }
        }
    }

    /// How many bytes were taken; nil when none could be.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        return count < 0 ? nil : count
    }

    /// What there is, up to `limit` bytes; empty at the end, nil when there is nothing yet (or the connection broke).
    func read(upTo limit: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe Glibc.recv(descriptor, &buffer, limit, 0)
        return count < 0 ? (errno == ECONNRESET ? [] : nil) : Array(buffer.prefix(count))
    }

    /// Says that no more will come and waits until the other side has hung up too: only then is its slot free again.
    func hangUp(until deadline: Deadline) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
        while wait(for: POLLIN, until: deadline) {
            guard let bytes = read(upTo: 4096), !bytes.isEmpty else { return }
        }
    }

    private static func failure(_ address: ServerAddress, _ code: Int32) -> PostgresError {
        let reason = unsafe String(cString: strerror(code))
        return PostgresError(.connect(.network), "\(address.inWords): \(reason)")
    }

    private static func timeout(_ address: ServerAddress) -> PostgresError {
        var error = PostgresError(.connect(.network), "\(address.inWords): no answer before the deadline")
        error.isTimeout = true
        return error
    }
}
