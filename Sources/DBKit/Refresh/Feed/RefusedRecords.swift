import Foundation
import Operations
import Storage

/// A file of records that were not taken, beside the reasons: written under another name, and there at once when it is
/// complete.
final class RefusedRecords {
    let path: String
    private let destination: String
    private let temporary: String
    private let file: OutputFile
    private var buffer: [UInt8] = []

    /// - Parameter header: Its first line, without a line end.
    init(_ path: String, header: [UInt8]) throws(Failure) {
        self.path = path
        let destination = try Folder.destination(path)
        self.destination = destination
        let folder = destination.lastIndex(of: "/").map { String(destination[...$0]) } ?? ""
        temporary = "\(folder).\(destination.dropFirst(folder.count)).\(UUID().uuidString.prefix(8)).tmp"
        file = try OutputFile(creating: temporary)
        buffer = header + [UInt8(ascii: "\n")]
    }

    /// - Parameter line: As it is written, without a line end.
    func write(_ line: [UInt8]) throws(Failure) {
        buffer += line
        buffer.append(UInt8(ascii: "\n"))
        guard buffer.count > 64 << 10 else { return }
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    func publish() throws(Failure) {
        try file.write(buffer)
        try file.sync()
        file.close()
        try Folder.rename(temporary, to: destination)
    }

    /// Leaves nothing behind; harmless after ``publish()``.
    func abandon() {
        file.close()
        try? Folder.removeFile(temporary)
    }
}
