import Foundation
public import Operations

/// Reads a record look by look, forwards and backwards. An hour of a busy server is hundreds of megabytes: only the
/// places of the lines are kept.
public final class RecordReader {
    private let file: FileHandle
    private let path: String
    /// Where each line that was come across begins.
    private var starts: [UInt64] = [0]
    private var buffer = Data()
    private var bufferStart: UInt64 = 0

    private static let chunk = 256 << 10

    /// - Throws: ``Failure`` `file.missing`, `file.unreadable`.
    public init(path: String) throws(Failure) {
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard exists else {
            throw Failure(.recordMissing, "there is no file \(path)", hint: "ls -l \(path)")
        }
        guard !isFolder.boolValue, let file = FileHandle(forReadingAtPath: path) else {
            throw Failure(.recordUnreadable, "\(path) cannot be read", hint: "ls -ld \(path)")
        }
        self.file = file
        self.path = path
    }

    deinit {
        try? file.close()
    }

    /// The look with this number, from 0 on; nil behind the last one.
    ///
    /// The end of a line that a killed recorder did not finish is no look.
    ///
    /// - Throws: ``Failure`` `record.damaged` naming the line; `file.unreadable`.
    public func observation(_ number: Int) throws(Failure) -> Observation? {
        while number >= starts.count {
            guard let line = try line(at: starts[starts.count - 1]), line.isWhole else { return nil }
            starts.append(line.next)
        }
        guard let line = try line(at: starts[number]) else {
            if number == 0 { throw damaged(1, "the file holds no whole look") }
            return nil
        }
        do {
            return try Observation(recorded: String(decoding: line.bytes, as: UTF8.self))
        } catch {
            guard !line.isWhole else { throw damaged(number + 1, "\(error)") }
            if number == 0 { throw damaged(1, "the file holds no whole look") }
            return nil
        }
    }

    private func damaged(_ line: Int, _ why: String) -> Failure {
        Failure(
            .recordDamaged, "\(path), line \(line) is no look of a record", detail: why,
            hint: "take the line out, or replay another record")
    }

    /// Nil at the end of the file.
    private func line(at start: UInt64) throws(Failure) -> (bytes: Data, isWhole: Bool, next: UInt64)? {
        if start < bufferStart || start > bufferStart + UInt64(buffer.count) {
            buffer = Data()
            bufferStart = start
        }
        buffer = Data(buffer.dropFirst(Int(start - bufferStart)))
        bufferStart = start
        var searched = 0
        do {
            while true {
                if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                    return (buffer[..<end], true, start + UInt64(end) + 1)
                }
                searched = buffer.count
                try file.seek(toOffset: bufferStart + UInt64(buffer.count))
                guard let more = try file.read(upToCount: Self.chunk), !more.isEmpty else {
                    return buffer.isEmpty ? nil : (buffer, false, start + UInt64(buffer.count))
                }
                buffer.append(more)
            }
        } catch {
            throw Failure(.recordUnreadable, "\(path) cannot be read: \(error.localizedDescription)")
        }
    }
}
