import Operations
import Postgres

/// A table as it is typed: `schema.table`, exact and without folding; a part with a dot in it stands in double quotes.
public struct TableName: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Nil when only the table was named.
    public var schema: String?
    public var name: String

    public init(schema: String?, name: String) {
        self.schema = schema
        self.name = name
    }

    /// Nil for what is no name of a table.
    public init?(_ text: String) {
        guard let parts = SQLNameParts.of(text)?.map(\.text),
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Identifier.maximumBytes })
        else { return nil }
        switch parts.count {
        case 1: self.init(schema: nil, name: parts[0])
        case 2: self.init(schema: parts[0], name: parts[1])
        default: return nil
        }
    }

    public var description: String { [schema, name].compactMap { $0 }.joined(separator: ".") }
}
