public import Foundation

/// A value that can be read from a column's text form.
public protocol PostgresDecodable {
    /// What an error calls it, e.g. `Int`.
    static var postgresName: String { get }
    /// Nil when the text is no such value.
    static func decode(postgresText text: String) -> Self?
}

extension PostgresDecodable {
    public static var postgresName: String { "\(Self.self)" }
}

extension String: PostgresDecodable {
    public static func decode(postgresText text: String) -> String? { text }
}

extension Int: PostgresDecodable {
    public static func decode(postgresText text: String) -> Int? { Int(text) }
}

extension Int32: PostgresDecodable {
    public static func decode(postgresText text: String) -> Int32? { Int32(text) }
}

extension Int64: PostgresDecodable {
    public static func decode(postgresText text: String) -> Int64? { Int64(text) }
}

extension UInt32: PostgresDecodable {
    public static func decode(postgresText text: String) -> UInt32? { UInt32(text) }
}

extension Bool: PostgresDecodable {
    public static func decode(postgresText text: String) -> Bool? {
        switch text {
        case "t", "true", "on": true
        case "f", "false", "off": false
        default: nil
        }
    }
}

extension Double: PostgresDecodable {
    public static func decode(postgresText text: String) -> Double? {
        switch text {
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default: Double(text)
        }
    }
}

extension LSN: PostgresDecodable {
    public static func decode(postgresText text: String) -> LSN? { LSN(text) }
}

extension Date: PostgresDecodable {
    public static func decode(postgresText text: String) -> Date? { PostgresTimestamp.date(text) }
}

extension ByteString: PostgresDecodable {
    public static func decode(postgresText text: String) -> ByteString? {
        let digits = Array(text.utf8)
        guard digits.starts(with: [0x5C, 0x78]), digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 2, to: digits.count, by: 2) {
            guard let high = hex(digits[index]), let low = hex(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return ByteString(bytes)
    }

    private static func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 97...102: digit - 87
        default: nil
        }
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    public static var postgresName: String { "[\(Element.postgresName)]" }

    /// One-dimensional arrays without NULLs, which is what catalog queries return.
    public static func decode(postgresText text: String) -> [Element]? {
        var elements: [Element] = []
        for element in ArrayText.elements(of: text) ?? [nil] {
            guard let element, let value = Element.decode(postgresText: element) else { return nil }
            elements.append(value)
        }
        return elements
    }
}

/// The text form of an array: `{a,"b c",NULL}`.
enum ArrayText {
    /// Nil when the text is no one-dimensional array; a nil element is NULL.
    static func elements(of text: String) -> [String?]? {
        // Scalars, not characters: a delimiter with a combining mark behind it is still a delimiter to the server.
        var rest = text.unicodeScalars[...]
        guard rest.popFirst() == "{", rest.popLast() == "}" else { return nil }
        var elements: [String?] = []
        guard !rest.isEmpty else { return [] }
        while true {
            guard let element = next(&rest) else { return nil }
            elements.append(element.isQuoted || element.text != "NULL" ? element.text : nil)
            guard rest.first == "," else { return rest.isEmpty ? elements : nil }
            rest.removeFirst()
        }
    }

    private static func next(_ rest: inout Substring.UnicodeScalarView) -> (text: String, isQuoted: Bool)? {
        var text = String.UnicodeScalarView()
        guard rest.first == "\"" else {
            while let scalar = rest.first, scalar != "," {
                guard scalar != "{", scalar != "}" else { return nil }
                text.append(scalar)
                rest.removeFirst()
            }
            return (String(text), false)
        }
        rest.removeFirst()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return (String(text), true) }
            if scalar == "\\", let escaped = rest.popFirst() {
                text.append(escaped)
            } else {
                text.append(scalar)
            }
        }
        return nil
    }
}
