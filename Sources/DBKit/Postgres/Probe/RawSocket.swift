import CLinux
import Glibc

/// What became of an attempt to move bytes without waiting.
enum Transfer<Moved> {
    case moved(Moved)
    /// Nothing yet; poll(2) for these events tells when to try again.
    case waits(for: Int32)
    /// The other side has hung up.
    case ended
    /// No byte will move any more: the network gave up. poll(2) would report the socket as ready for ever.
    case broken
}

/// A connected, non-blocking socket, and bytes over it until a deadline. The part of a probe that knows no protocol.
final class RawSocket {
    let descriptor: Int32
    let address: ServerAddress
    /// What connect(2) said at once: 0, EINPROGRESS as long as nobody knows, or why not.
    private let firstAnswer: Int32

    /// Connects, waiting until the deadline.
    ///
    /// - Throws: ``PostgresError`` of kind `.connect(.network)` in libpq's words.
    convenience init(to address: ServerAddress, deadline: Deadline) throws(PostgresError) {
        try self.init(beginning: address)
        // A full backlog of a local socket: somebody listens and does not accept.
        if firstAnswer == EAGAIN { throw RawSocket.timeout(address) }
        if firstAnswer == EINPROGRESS, !wait(for: POLLOUT, until: deadline) { throw RawSocket.timeout(address) }
        let code = connectError
        guard code == 0 else { throw RawSocket.failure(address, code) }
    }

    /// Begins to connect and does not wait: once the socket is writable, ``connectError`` says how it went.
    ///
    /// - Throws: ``PostgresError`` when this machine has no socket to give.
    init(beginning address: ServerAddress) throws(PostgresError) {
        self.address = address
        let family = unsafe address.raw.withUnsafeBytes { unsafe $0.loadUnaligned(as: sa_family_t.self) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let opened = Glibc.socket(Int32(family), kind, 0)
        descriptor = opened
        guard opened >= 0 else {
            firstAnswer = errno
            throw RawSocket.failure(address, firstAnswer)
        }
        let result = unsafe address.raw.withUnsafeBytes { bytes in
            unsafe Glibc.connect(
                opened, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        firstAnswer = result == 0 ? 0 : errno
    }

    /// 0 once connected. Has no meaning before the socket is writable.
    var connectError: Int32 {
        guard firstAnswer == EINPROGRESS else { return firstAnswer }
        var outcome: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &outcome, &size)
        return outcome
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

    /// How many bytes were taken.
    func write(_ bytes: ArraySlice<UInt8>) -> Transfer<Int> {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        return count < 0 ? RawSocket.unmoved(POLLOUT) : .moved(count)
    }

    /// What there is, up to `limit` bytes.
    func read(upTo limit: Int) -> Transfer<[UInt8]> {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe Glibc.recv(descriptor, &buffer, limit, 0)
        if count < 0 { return RawSocket.unmoved(POLLIN) }
        return count == 0 ? .ended : .moved(Array(buffer.prefix(count)))
    }

    private static func unmoved<Moved>(_ events: Int32) -> Transfer<Moved> {
        switch errno {
        case EAGAIN, EINTR: .waits(for: events)
        case ECONNRESET, EPIPE: .ended
        default: .broken
        }
    }

    /// Says that no more will come and waits until the other side has hung up too: only then is its slot free again.
    func hangUp(until deadline: Deadline) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
        while wait(for: POLLIN, until: deadline) {
            guard case .moved = read(upTo: 4096) else { return }
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
