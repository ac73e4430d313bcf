import CLinux
import Foundation
import Synchronization

/// The terminal while a program has the whole of it: alternate screen, no cursor, keys one by one.
///
/// ``leave()`` may be called from any thread and any number of times; after it nothing is drawn any more. No write waits
/// for long: a terminal that was stopped (Ctrl-S, a dead connection) must not keep the process from ending.
final class FullScreen: Sendable {
    private struct State {
        var isActive = true
        /// What is on the screen.
        var lines: [String] = []
        var size = ScreenSize(lines: 0, columns: 0)
        /// The last frame did not get through to its end.
        var isTorn = true
    }

    private let state: Mutex<State>
    private let output: Int32
    private let savedMode: termios
    private let usesColor: Bool

    /// - Returns: Nil where standard input or output is no terminal.
    init?(usesColor: Bool) {
        var mode = termios()
        guard Terminal.isInput, Terminal.isOutput, unsafe tcgetattr(STDIN_FILENO, &mode) == 0 else { return nil }
        savedMode = mode
        self.usesColor = usesColor
        // A description of its own: "do not wait" set on the shell's would outlive this process.
        let own = unsafe open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        output = own >= 0 ? own : STDOUT_FILENO
        state = Mutex(State())
        unsafe clinux_make_key_by_key(&mode)
        unsafe _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode)
        // Alternate screen, no cursor, and no wrapping at the last column.
        _ = write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
    }

    var size: ScreenSize {
        let packed = clinux_terminal_size(STDOUT_FILENO)
        guard packed > 0, packed >> 16 > 0, packed & 0xFFFF > 0 else { return .usual }
        return ScreenSize(lines: Int(packed >> 16), columns: Int(packed & 0xFFFF))
    }

    /// Brings the screen from what it shows to these lines: only those that differ are sent.
    ///
    /// - Parameter anew: Whatever another program may have left on it goes.
    func draw(_ lines: [ScreenLine], anew: Bool = false) {
        let size = size
        let wanted = lines.prefix(size.lines).map { $0.painted(color: usesColor) }
        state.withLock { state in
            guard state.isActive else { return }
            var text = ""
            if anew || state.isTorn || state.size != size {
                text += "\u{1B}[2J"
                state.lines = []
                state.size = size
            }
            for row in 0..<max(wanted.count, state.lines.count) {
                let new = row < wanted.count ? wanted[row] : ""
                guard new != (row < state.lines.count ? state.lines[row] : "") else { continue }
                text += "\u{1B}[\(row + 1);1H\u{1B}[2K\(new)"
            }
            state.lines = wanted
            state.isTorn = !text.isEmpty && !write(text)
        }
    }

    /// The terminal as it was found.
    func leave() {
        state.withLock { state in
            guard state.isActive else { return }
            state.isActive = false
            var mode = savedMode
            // First what needs nobody's room in a buffer. Without waiting for output to drain: it may be stopped.
            unsafe _ = tcsetattr(STDIN_FILENO, TCSANOW, &mode)
            _ = write("\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        }
    }

    /// False when the terminal took not all of it in time.
    private func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(output, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count > 0 {
                done += count
            } else if count < 0, errno == EAGAIN {
                var waited = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                guard unsafe poll(&waited, 1, 200) > 0 else { return false }
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }
}
