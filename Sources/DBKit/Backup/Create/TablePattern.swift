public import Operations

/// A pattern of `--exclude-table-data`, by psql's rules: `*` and `?` stand for any characters and any one, a dot parts
/// schema from table, what is not in double quotes is folded to lower case. Without a schema it means every schema.
public struct TablePattern: Sendable, Hashable, CustomStringConvertible {
    private enum Piece: Sendable, Hashable {
        case character(Character)
        case any
        case anyRun
    }

    /// As it was given.
    public let description: String
    private let schema: [Piece]
    private let name: [Piece]

    /// Exactly this table.
    public init(schema: String, name: String) {
        description = "\(schema).\(name)"
        self.schema = schema.map(Piece.character)
        self.name = name.map(Piece.character)
    }

    /// - Throws: `backup.pattern` for an unfinished quote, an empty part or more than one dot.
    public init(_ text: String) throws(Failure) {
        var parts: [[Piece]] = [[]]
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "." where !isQuoted: parts.append([])
            case "*" where !isQuoted: parts[parts.count - 1].append(.anyRun)
            case "?" where !isQuoted: parts[parts.count - 1].append(.any)
            default:
                let folded = isQuoted ? [character] : Array(character.lowercased())
                parts[parts.count - 1] += folded.map(Piece.character)
            }
        }
        guard !isQuoted, parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw Failure(
                .backupPattern, "“\(text)” is no table pattern", hint: "write table, schema.table or \"Mixed Case\".*")
        }
        description = text
        schema = parts.count == 2 ? parts[0] : [.anyRun]
        name = parts[parts.count - 1]
    }

    public func matches(schema: String, name: String) -> Bool {
        Self.matches(self.schema[...], schema[...]) && Self.matches(self.name[...], name[...])
    }

    private static func matches(_ pattern: ArraySlice<Piece>, _ text: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        switch first {
        case .character(let wanted): return text.first == wanted && matches(pattern.dropFirst(), text.dropFirst())
        case .any: return !text.isEmpty && matches(pattern.dropFirst(), text.dropFirst())
        case .anyRun:
            return matches(pattern.dropFirst(), text) || (!text.isEmpty && matches(pattern, text.dropFirst()))
        }
    }
}
