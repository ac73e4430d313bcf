import Foundation

/// A file that must not exist yet, written whole or not at all.
enum NewFile {
    /// - Throws: `POSIXError(.EEXIST)` when somebody was faster; an existing file is never touched.
    static func write(_ text: String, to path: String, mode: Int) throws {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).new"
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        guard
            FileManager.default.createFile(
                atPath: temporary, contents: nil, attributes: [.posixPermissions: mode])
        else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = try FileHandle(forWritingTo: URL(filePath: temporary))
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try file.close()
        // Unlike rename, link refuses to replace.
        guard unsafe link(temporary, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}
