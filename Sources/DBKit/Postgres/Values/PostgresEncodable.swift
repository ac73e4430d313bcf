public import Foundation

/// A value that travels to the server as a bind, in text form, so that the server infers its type from the place
/// where it stands.
public protocol PostgresEncodable: Sendable {
    /// The text form, or nil for NULL.
    var postgresText: String? { get }
}

extension String: PostgresEncodable {
    public var postgresText: String? { self }
}

extension Substring: PostgresEncodable {
    public var postgresText: String? { String(self) }
}

extension Int: PostgresEncodable {
    public var postgresText: String? { String(self) }
}

extension Int32: PostgresEncodable {
    public var postgresText: String? { String(self) }
}

extension Int64: PostgresEncodable {
    public var postgresText: String? { String(self) }
}

extension UInt32: PostgresEncodable {
    public var postgresText: String? { String(self) }
}

extension Bool: PostgresEncodable {
    public var postgresText: String? { self ? "t" : "f" }
}

extension Double: PostgresEncodable {
    public var postgresText: String? {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
        return String(self)
    }
}

extension LSN: PostgresEncodable {
    public var postgresText: String? { description }
}

extension Date: PostgresEncodable {
    /// ISO 8601 in UTC with microseconds, the resolution of `timestamptz`.
    public var postgresText: String? {
        PostgresTimestamp.text(self)
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public var postgresText: String? { self?.postgresText }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    /// `{"a","b",NULL}`: every element quoted, so that no element can be read as syntax.
    public var postgresText: String? {
        let elements = map { element in
            guard let text = element.postgresText else { return "NULL" }
            return "\"" + text.escaping(["\"", "\\"]) { _ in "\\" } + "\""
        }
        return "{" + elements.joined(separator: ",") + "}"
    }
}

/// A byte string as a bind, for `bytea`.
public struct ByteString: PostgresEncodable, Hashable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public var postgresText: String? {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = Array("\\x".utf8)
        text.reserveCapacity(2 + bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
