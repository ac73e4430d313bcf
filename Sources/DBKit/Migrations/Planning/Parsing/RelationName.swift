import Postgres

/// A name as a statement has it, folded and cut as the server does: `Users` is `users`, `"Users"` is itself.
struct RelationName: Sendable, Hashable, CustomStringConvertible {
    var schema: String?
    var name: String

    init(_ name: String) { self.init(nil, name) }

    init(_ schema: String?, _ name: String) {
        self.schema = schema.map { Identifier.cut($0) }
        self.name = Identifier.cut(name)
    }

    /// Quoted only where it must be, for people.
    var description: String {
        (schema.map { Self.shown($0) + "." } ?? "") + Self.shown(name)
    }

    /// For `to_regclass` and `to_regtype`.
    var quoted: String {
        get throws {
            try (schema.map { schema throws in try identifier(schema, name) } ?? identifier(name)).sql
        }
    }

    static func shown(_ part: String) -> String {
        let isPlain =
            part.unicodeScalars.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_".unicodeScalars.contains($0) }
            && part.unicodeScalars.first.map { !("0"..."9").contains($0) } == true
        return isPlain
            ? part
            : "\""
                + part.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"") + "\""
    }
}
