/// A statement whose values travel apart from its text.
///
/// ```swift
/// let query: Query = "SELECT count(*) FROM \(try identifier("prices")) WHERE asset_id = \(id)"
/// ```
/// A plain value becomes a bind (`$1`); only ``identifier(_:)``, ``literal(_:)`` and ``ServerText`` reach the text.
public struct Query: Sendable, ExpressibleByStringInterpolation {
    public private(set) var text: String
    /// Text forms in the order of `$1`, `$2` …; nil is NULL.
    public private(set) var binds: [String?]
    /// See ``ServerText/init(archive:)``.
    let raw: [UInt8]?

    public init(stringLiteral value: String) {
        text = value
        binds = []
        raw = nil
    }

    public init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        binds = stringInterpolation.binds
        raw = stringInterpolation.raw
    }

    /// SQL that already carries its own `$n`.
    public init(_ text: ServerText, binds: [any PostgresEncodable] = []) {
        self.text = text.sql
        raw = text.raw
        self.binds = binds.map { $0.postgresText }
    }

    /// A query file of a `SQL/` folder.
    public init(embedded bytes: [UInt8], binds: [any PostgresEncodable] = []) {
        self.init(ServerText(embedded: bytes), binds: binds)
    }

    /// A query file whose only parameters are numbers, written into its text: for a session that takes no binds. Lines
    /// that are comments are left out.
    ///
    /// - Parameter numbers: In the order of `$1`, `$2` …; nil is NULL.
    public init(embedded bytes: [UInt8], numbers: [Int64?]) {
        // Before version 15 a walsender reads a query word by word before it takes it for SQL, knows no comments, and
        // stumbles over an apostrophe in one.
        let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { line in
            !line.drop { $0 == UInt8(ascii: " ") }.starts(with: Array("--".utf8))
        }
        let plain = String(decoding: Array(lines.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
        // From the last to the first: `$1` is also the beginning of `$10`.
        text = numbers.enumerated().reversed().reduce(plain) { text, number in
            text.replacing("$\(number.offset + 1)", with: number.element.map { "'\($0)'" } ?? "NULL")
        }
        binds = []
        raw = nil
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var binds: [String?] = []
        /// The same with bytes that are no UTF-8 as they are, once there are any.
        var raw: [UInt8]?

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 3)
        }

        public mutating func appendLiteral(_ literal: String) {
            append(literal)
        }

        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            binds.append(value.postgresText)
            append("$\(binds.count)")
        }

        /// Nil is NULL.
        public mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            binds.append(value?.postgresText)
            append("$\(binds.count)")
        }

        public mutating func appendInterpolation(_ name: Identifier) {
            append(name.sql)
        }

        /// Names in a row: `"a", "b"`.
        public mutating func appendInterpolation(_ names: [Identifier]) {
            append(names.map(\.sql).joined(separator: ", "))
        }

        public mutating func appendInterpolation(_ literal: Literal) {
            append(literal.sql)
        }

        public mutating func appendInterpolation(_ sql: ServerText) {
            append(sql.sql, sql.raw)
        }

        public mutating func appendInterpolation(_ part: SQLFragment) {
            append(part.sql, part.raw)
        }

        private mutating func append(_ piece: String, _ bytes: [UInt8]? = nil) {
            if raw != nil || bytes != nil { raw = (raw ?? Array(text.utf8)) + (bytes ?? Array(piece.utf8)) }
            text += piece
        }
    }
}
