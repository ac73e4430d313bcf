import Foundation
import Synchronization

/// stdout and stderr. Whole lines under one lock, so that events of parallel targets never mix; a reader that went
/// away (`| head`) ends the writing, not the work.
final class StandardStream: Sendable {
    static let output = StandardStream(.standardOutput)
    static let error = StandardStream(.standardError)

    private let file: FileHandle
    private let isClosed = Mutex(false)

    private init(_ file: FileHandle) {
        self.file = file
    }

    /// Adds the newline. Returns false when the text could not be written for another reason than a closed pipe.
    @discardableResult
    func line(_ text: String) -> Bool {
        write(text.hasSuffix("\n") ? text : text + "\n")
    }

    @discardableResult
    func write(_ text: String) -> Bool {
        isClosed.withLock { isClosed in
            if isClosed { return true }
            do {
                try file.write(contentsOf: Data(text.utf8))
                return true
            } catch {
                isClosed = true
                return Self.isBrokenPipe(error)
            }
        }
    }

    /// The reader went away, or nothing can be written any more: a verb that would write for ever stops.
    var hasNoReader: Bool { isClosed.withLock { $0 } }

    private static func isBrokenPipe(_ error: any Error) -> Bool {
        var next: NSError? = error as NSError
        while let current = next {
            if current.domain == NSPOSIXErrorDomain { return current.code == Int(EPIPE) }
            next = current.userInfo[NSUnderlyingErrorKey] as? NSError
        }
        return false
    }
}
