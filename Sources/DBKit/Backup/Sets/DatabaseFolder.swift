import Foundation

/// The folder of a database in a repository: its name, percent-encoded outside `[A-Za-z0-9_-]`, so that `a/b`, `..`
/// and names with spaces are folders like any other.
public enum DatabaseFolder {
    public static func name(for database: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in database.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The database whose folder it is; nil for a folder that no database has.
    public static func database(for folder: String) -> String? {
        guard let database = folder.removingPercentEncoding, name(for: database) == folder else { return nil }
        return database
    }
}
