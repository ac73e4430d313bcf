import CLinux
import Foundation

/// Keys and changes of the window's size, read by a thread of their own until ``stop()``.
final class Keyboard: Sendable {
    enum Event: Sendable {
        case key(Key)
        case resized
        /// The terminal went away.
        case ended
    }

    /// Readable after ``stop()``.
    private let stopped: Int32
    private let resizes: Int32

    /// How long after an ESC the rest of a key's sequence may come, in milliseconds. A slow network cuts it up.
    private static let patience: Int32 = 100

    init(_ report: @escaping @Sendable (Event) -> Void) {
        stopped = eventfd(0, Int32(CLINUX_EVENTFD_FLAGS))
        resizes = clinux_catch_resizes()
        let thread = Thread { [self] in read(report) }
        thread.name = "keyboard"
        thread.stackSize = 256 << 10
        thread.start()
    }

    deinit {
        close(stopped)
    }

    func stop() {
        eventfd_write(stopped, 1)
    }

    private func read(_ report: @Sendable (Event) -> Void) {
        var decoder = KeyDecoder()
        var bytes = [UInt8](repeating: 0, count: 256)
        var watched = [STDIN_FILENO, resizes, stopped].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let count = unsafe poll(&watched, nfds_t(watched.count), decoder.isWaiting ? Self.patience : -1)
            if count < 0, errno != EINTR { return report(.ended) }
            if count < 0 { continue }
            if watched[2].revents != 0 { return }
            if watched[1].revents != 0 {
                unsafe _ = Glibc.read(resizes, &bytes, bytes.count)
                report(.resized)
            }
            if count == 0 { decoder.flush().forEach { report(.key($0)) } }
            guard watched[0].revents != 0 else { continue }
            let length = unsafe Glibc.read(STDIN_FILENO, &bytes, bytes.count)
            guard length > 0 else {
                if length < 0, errno == EINTR || errno == EAGAIN { continue }
                return report(.ended)
            }
            decoder.decode(bytes.prefix(length)).forEach { report(.key($0)) }
        }
    }
}
