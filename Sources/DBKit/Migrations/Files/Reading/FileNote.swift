/// A comment that says something to a migration tool: a marker at which a section begins, or a directive.
struct FileNote: Hashable {
    enum Kind: Hashable {
        /// `-- migrate:up` or `-- migrate:down`, with what follows on the line.
        case native(Direction, options: [Substring])
        /// `-- migrate:` and a word that is neither.
        case nativeUnknown(Substring)
        /// `-- +goose …`
        case goose(GooseAnnotation)
        case gooseUnknown(Substring)
        /// What follows `-- dbctl:`.
        case directive(Substring)
    }

    var kind: Kind
    /// Bytes of the file.
    var range: Range<Int>
    /// Counted from 1.
    var line: Int
    /// False: something stands before it, if only a blank.
    var beginsLine: Bool

    /// Whether no statement reaches over it.
    var isMarker: Bool {
        guard beginsLine else { return false }
        switch kind {
        case .native, .goose: return true
        case .nativeUnknown, .gooseUnknown, .directive: return false
        }
    }

    var beginsDown: Bool {
        switch kind {
        case .native(.down, _), .goose(.down): true
        default: false
        }
    }

    /// Nil for a comment that is meant for people.
    init?(_ comment: ArraySlice<UInt8>, in bytes: [UInt8]) {
        guard comment.starts(with: [.minus, .minus]) else { return nil }
        let content = comment.dropFirst(2).drop { $0.isSpace }
        guard let first = content.first, "mM+dD".utf8.contains(first) else { return nil }
        guard let kind = Self.kind(Substring(decoding: content, as: UTF8.self)) else { return nil }
        self.kind = kind
        range = comment.startIndex..<comment.endIndex
        line = 0
        let start = comment.startIndex
        beginsLine =
            start == 0 || bytes[start - 1] == .newline || bytes[start - 1] == .carriageReturn
            || start == 3 && bytes.starts(with: [0xEF, 0xBB, 0xBF])
    }

    private static func kind(_ text: Substring) -> Kind? {
        if let rest = text.after("migrate:") {
            let words = rest.split { $0.isWhitespace }
            // `-- migrate: the old table` is prose.
            guard let word = words.first, rest.first?.isWhitespace == false else { return nil }
            guard let direction = Direction(rawValue: String(word)) else { return .nativeUnknown(word) }
            return .native(direction, options: Array(words.dropFirst()))
        }
        if let rest = text.after("+goose") {
            let words = rest.split { $0.isWhitespace }.joined(separator: " ")
            return GooseAnnotation(words).map { .goose($0) } ?? .gooseUnknown(words[...])
        }
        return text.after("dbctl:").map { .directive($0.trimmed) }
    }
}

/// Which way through a migration.
enum Direction: String {
    case up
    case down
}

/// goose's own markers, which it reads in any case of letters.
enum GooseAnnotation: String, CaseIterable {
    case up = "Up"
    case down = "Down"
    case statementBegin = "StatementBegin"
    case statementEnd = "StatementEnd"
    case noTransaction = "NO TRANSACTION"
    case substitutionOn = "ENVSUB ON"
    case substitutionOff = "ENVSUB OFF"

    init?(_ text: String) {
        guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = found
    }
}

extension Substring {
    /// What follows the prefix, whatever the case of its letters.
    func after(_ prefix: String) -> Substring? {
        self.prefix(prefix.count).lowercased() == prefix ? dropFirst(prefix.count) : nil
    }

    var trimmed: Substring {
        var rest = drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
