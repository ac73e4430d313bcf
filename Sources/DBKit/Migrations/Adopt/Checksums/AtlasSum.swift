import Crypto
import Foundation

/// `atlas.sum`: what Atlas notes of a folder, so that a changed file, or one that was put between others, shows.
///
/// Each file's hash is SHA-256 over its own name and bytes and those of all files before it.
/// Source: Atlas's `migrate.NewHashFile`.
public struct AtlasSum: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        public var name: String
        /// Base 64, without the `h1:`.
        public var hash: String
    }

    public let entries: [Entry]

    /// - Parameter files: In the order of their names, by their bytes, as Atlas lists them.
    public init(_ files: [(name: String, bytes: [UInt8])]) {
        var running = SHA256()
        var entries: [Entry] = []
        for file in files {
            running.update(data: Array(file.name.utf8))
            guard !Self.isIgnored(file.bytes) else { continue }
            running.update(data: file.bytes)
            entries.append(Entry(name: file.name, hash: Data(running.finalize()).base64EncodedString()))
        }
        self.entries = entries
    }

    /// The hash of the folder: the first line of `atlas.sum`, without the `h1:`.
    public var sum: String {
        var state = SHA256()
        for entry in entries { state.update(data: Array((entry.name + entry.hash).utf8)) }
        return Data(state.finalize()).base64EncodedString()
    }

    /// The file as Atlas writes it.
    public var text: String {
        (["h1:\(sum)"] + entries.map { "\($0.name) h1:\($0.hash)" }).joined(separator: "\n") + "\n"
    }

    /// `-- atlas:sum ignore` as the first line of a file keeps it out.
    private static func isIgnored(_ bytes: [UInt8]) -> Bool {
        let line = Substring(decoding: bytes.prefix { $0 != .newline }, as: UTF8.self)
        return line.split { $0.isWhitespace }.suffix(2) == ["atlas:sum", "ignore"]
    }
}
