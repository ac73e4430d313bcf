/// A part of a statement that carries no values, so that parts can be joined without their binds clashing.
///
/// Its literal text is fixed at compile time; only quoted names, quoted constants, numbers and other parts get in.
public struct SQLFragment: Hashable, Sendable, ExpressibleByStringInterpolation {
    let sql: String
    /// See ``ServerText/init(archive:)``.
    let raw: [UInt8]?

    public init(stringLiteral value: String) {
        sql = value
        raw = nil
    }

    public init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        raw = stringInterpolation.raw
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var sql = ""
        var raw: [UInt8]?

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        public mutating func appendLiteral(_ literal: String) {
            append(literal)
        }

        public mutating func appendInterpolation(_ name: Identifier) {
            append(name.sql)
        }

        /// For sessions whose client encoding is not UTF-8; see ``Identifier/asciiSQL``.
        public mutating func appendInterpolation(ascii name: Identifier) {
            sql += name.asciiSQL
        }

        public mutating func appendInterpolation(_ literal: Literal) {
            append(literal.sql)
        }

        public mutating func appendInterpolation(_ number: some BinaryInteger) {
            append(String(number))
        }

        public mutating func appendInterpolation(_ text: ServerText) {
            append(text.sql, text.raw)
        }

        public mutating func appendInterpolation(_ part: SQLFragment) {
            append(part.sql, part.raw)
        }

        private mutating func append(_ piece: String, _ bytes: [UInt8]? = nil) {
            if raw != nil || bytes != nil { raw = (raw ?? Array(sql.utf8)) + (bytes ?? Array(piece.utf8)) }
            sql += piece
        }
    }
}

extension Sequence<SQLFragment> {
    /// The parts in a row, e.g. with `" UNION ALL "` in between.
    public func joined(separator: SQLFragment) -> SQLFragment {
        var result: SQLFragment?
        for part in self {
            result = result.map { "\($0)\(separator)\(part)" } ?? part
        }
        return result ?? ""
    }
}
