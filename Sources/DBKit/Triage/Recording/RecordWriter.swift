import Foundation
public import Operations

/// A record of looks, one JSON document a line, each written as a whole before the next look. It holds statements of
/// the server's users: nobody but the owner may read it.
public final class RecordWriter {
    private let file: FileHandle
    private let path: String
    private var length: UInt64 = 0

    /// - Throws: ``Failure`` `file.exists` where something is there already: two records in one file would be one long
    ///   outage.
    public init(path: String) throws(Failure) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? Failure(
                    .recordExists, "\(path) exists already; it was left alone", hint: "give --record another name")
                : Failure(
                    .recordNotWritten, "\(path) cannot be created: \(unsafe String(cString: strerror(errno)))",
                    hint: "dbctl explain file.not_created")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        self.path = path
    }

    /// - Throws: ``Failure`` `file.not_created`, e.g. on a full disk. The record ends with the look before.
    public func add(_ observation: Observation) throws(Failure) {
        do {
            let line = Data((try observation.recorded() + "\n").utf8)
            try file.write(contentsOf: line)
            length += UInt64(line.count)
        } catch {
            try? file.truncate(atOffset: length)
            throw Failure(
                .recordNotWritten, "\(path) cannot be written: \(error.localizedDescription)",
                detail: "The looks before are in it, each as a whole.", hint: "df -h \(path)")
        }
    }
}

extension FailureCode {
    static let recordExists = FailureCode("file.exists", .cannotCreate)
    static let recordNotWritten = FailureCode("file.not_created", .cannotCreate)
    static let recordMissing = FailureCode("file.missing", .notFound)
    static let recordUnreadable = FailureCode("file.unreadable", .io)
    static let recordDamaged = FailureCode("record.damaged", .data)
}
