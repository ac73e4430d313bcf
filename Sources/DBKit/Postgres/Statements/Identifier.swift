/// A quoted name. It can only be made by ``identifier(_:)``, so a name in a statement is always quoted.
public struct Identifier: Hashable, Sendable, CustomStringConvertible {
    /// The quoted form, ready to stand in a statement.
    public let sql: String

    public var description: String { sql }

    /// As a person would type it: quoted only where it has to be. For hints; statements take ``sql``.
    public var typed: String {
        parts.map { part in
            let first = part.utf8.first ?? 0
            let isPlain = part.utf8.allSatisfy {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || $0 == UInt8(ascii: "_")
            }
            let isDigit = UInt8(ascii: "0")...UInt8(ascii: "9") ~= first
            if isPlain, !isDigit, !Self.reserved.contains(part) { return part }
            return "\"" + part.escaping(["\""]) { $0 } + "\""
        }.joined(separator: ".")
    }

    /// The words that PostgreSQL 14 to 18 take for no name of a column or table (appendix C: reserved, and those that can
    /// be a function or type only).
    private static let reserved = Set(
        """
        all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation \
        column concurrently constraint create cross current_catalog current_date current_role current_schema current_time \
        current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze \
        from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit \
        localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references \
        returning right select session_user similar some symmetric system_user table tablesample then to trailing true union \
        unique user using variadic verbose when where window with
        """.split(separator: " ").map(String.init))

    /// The same in ASCII alone (`U&"d\00E9j\00E0"`), for sessions whose client encoding is not UTF-8. It needs
    /// `standard_conforming_strings`, which every session sets. An all-ASCII name stays as it is.
    var asciiSQL: String {
        guard !sql.utf8.allSatisfy({ $0 < 0x80 }) else { return sql }
        return parts.map { part in
            let escaped = part.unicodeScalars.map { scalar in
                switch scalar {
                case "\"": "\"\""
                case "\\": "\\\\"
                case _ where scalar.isASCII: String(scalar)
                default:
                    scalar.value > 0xFFFF
                        ? "\\+" + Self.hexadecimal(scalar.value, digits: 6)
                        : "\\" + Self.hexadecimal(scalar.value, digits: 4)
                }
            }
            return "U&\"" + escaped.joined() + "\""
        }.joined(separator: ".")
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }

    private let parts: [String]

    /// The server cuts longer names silently, so a longer one would name something else.
    public static let maximumBytes = 63

    /// The beginning of a name that is no longer than so many bytes, cut between characters, as the server does it.
    public static func cut(_ name: String, to bytes: Int = maximumBytes) -> String {
        guard name.utf8.count > bytes else { return name }
        var scalars = String.UnicodeScalarView()
        var used = 0
        for scalar in name.unicodeScalars {
            used += UTF8.width(scalar)
            guard used <= bytes else { break }
            scalars.append(scalar)
        }
        return String(scalars)
    }

    fileprivate init(parts: [String]) throws(PostgresError) {
        var quoted: [String] = []
        for part in parts {
            guard !part.isEmpty else { throw PostgresError(.usage, "a name is empty") }
            guard !part.utf8.contains(0) else { throw PostgresError(.usage, "a name contains a NUL byte") }
            guard part.utf8.count <= Identifier.maximumBytes else {
                throw PostgresError(
                    .usage,
                    "the name “\(part)” has \(part.utf8.count) bytes; PostgreSQL keeps \(Identifier.maximumBytes)"
                )
            }
            quoted.append("\"" + part.escaping(["\""]) { $0 } + "\"")
        }
        self.parts = parts
        sql = quoted.joined(separator: ".")
    }
}

/// Quotes a name. Always quoted, so that reserved words, capitals and hostile characters mean themselves.
///
/// - Throws: ``PostgresError`` of kind `.usage` for an empty name, a NUL byte, or more than 63 bytes.
public func identifier(_ name: String) throws(PostgresError) -> Identifier {
    try Identifier(parts: [name])
}

/// Quotes a schema-qualified name.
public func identifier(_ schema: String, _ name: String) throws(PostgresError) -> Identifier {
    try Identifier(parts: [schema, name])
}
