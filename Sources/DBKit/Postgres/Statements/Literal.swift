/// A quoted string constant, for the places where the grammar allows no parameter: utility statements and sessions
/// that speak only the simple protocol. Everywhere else a value travels as a bind.
public struct Literal: Hashable, Sendable, CustomStringConvertible {
    /// The quoted form, ready to stand in a statement.
    public let sql: String

    public var description: String { sql }

    fileprivate init(_ value: String) throws(PostgresError) {
        guard !value.utf8.contains(0) else { throw PostgresError(.usage, "a value contains a NUL byte") }
        let body = value.escaping(["'", "\\"]) { $0 }
        // E'' reads the same whatever standard_conforming_strings says; the space keeps it apart from a word before it.
        sql = value.unicodeScalars.contains("\\") ? " E'\(body)'" : "'\(body)'"
    }
}

/// Quotes a value as a string constant.
///
/// - Throws: ``PostgresError`` of kind `.usage` for a NUL byte.
public func literal(_ value: String) throws(PostgresError) -> Literal {
    try Literal(value)
}
