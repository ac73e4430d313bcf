import CLinux
import DBKit
import Foundation
import Synchronization

/// SIGINT and SIGTERM: the first cancels the command, which then cleans up behind itself; whatever has not ended
/// after the grace period is ended by force. Further signals change nothing: `timeout(1)` sends two at once, and the end
/// is never more than two seconds away.
final class Signals: Sendable {
    /// The contract allows two seconds from the signal to the end of the process.
    static let grace = 1.8

    private let received = Mutex<Int32?>(nil)
    private let descriptor: Int32

    /// From here on signals are kept, until ``listen(_:)`` says what to do about them.
    init() {
        descriptor = clinux_catch_signals()
    }

    /// The signal that ended the run, once one arrived.
    var signal: Int32? { received.withLock { $0 } }

    /// - Parameter cancel: Called once, on a thread of its own.
    func listen(_ cancel: @escaping @Sendable () -> Void) {
        guard descriptor >= 0 else { return }
        let listener = Thread { [self] in
            let pipe = FileHandle(fileDescriptor: descriptor)
            while let byte = try? pipe.read(upToCount: 1)?.first {
                let number = Int32(byte)
                let isFirst = received.withLock { received in
                    defer { received = received ?? number }
                    return received == nil
                }
                guard isFirst else { continue }
                cancel()
                DispatchQueue.global(qos: .userInteractive).asyncAfter(deadline: .now() + Self.grace) {
                    Self.end(number)
                }
            }
        }
        listener.name = "signals"
        listener.stackSize = 256 << 10
        listener.start()
    }

    /// Without running exit handlers: they could wait for the very thing that hangs. What is left, the next run removes.
    private static func end(_ signal: Int32) -> Never {
        let words =
            "dbctl: ended by force: cleaning up took longer than \(grace) s; the next run removes what is left\n"
        _ = unsafe Array(words.utf8).withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(128 + signal)
    }

    /// What a run that a signal ended has to say.
    static func failure(_ signal: Int32) -> Failure {
        signal == SIGTERM
            ? Failure(.terminated, "stopped by SIGTERM", hint: "run the same command again")
            : Failure(.runInterrupted, "stopped by SIGINT", hint: "run the same command again")
    }
}
