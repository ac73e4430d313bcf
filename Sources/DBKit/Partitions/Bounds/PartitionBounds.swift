/// The bounds of a partition as the server writes them (`pg_get_expr(relpartbound, …)`).
public enum PartitionBounds: Sendable, Hashable {
    case range(PartitionRange)
    /// What no other partition takes.
    case fallback
    /// List and hash partitions, keys of several columns, constants that no scheme makes: the text is the server's.
    case other(String)

    /// - Parameter key: Nil for a key that dbctl makes no ranges of.
    public init(_ text: String, key: PartitionKeyType?) {
        if text == "DEFAULT" {
            self = .fallback
            return
        }
        var reader = BoundsReader(text)
        guard let key, reader.take("FOR VALUES FROM ("), let lower = reader.bound(key), reader.take(") TO ("),
            let upper = reader.bound(key), reader.take(")"), reader.isAtEnd
        else {
            self = .other(text)
            return
        }
        self = .range(PartitionRange(lower: lower, upper: upper))
    }

    public var range: PartitionRange? { if case .range(let range) = self { range } else { nil } }
}

/// One constant or MINVALUE or MAXVALUE at a time; a second one behind a comma is a second column.
private struct BoundsReader {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ word: String) -> Bool {
        guard rest.hasPrefix(word) else { return false }
        rest.removeFirst(word.count)
        return true
    }

    mutating func bound(_ key: PartitionKeyType) -> PartitionBound? {
        if take("MINVALUE") { return .minimum }
        if take("MAXVALUE") { return .maximum }
        guard let text = constant() else { return nil }
        return PartitionValue(text, key: key).map(PartitionBound.value)
    }

    /// `'…'` with quotes doubled, or a bare number. Backslashes do not occur in what is understood.
    private mutating func constant() -> String? {
        guard take("'") else {
            let digits = rest.prefix { $0 == "-" || $0.isNumber }
            rest = rest[digits.endIndex...]
            return digits.isEmpty ? nil : String(digits)
        }
        guard let end = rest.firstIndex(of: "'") else { return nil }
        let text = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        return text
    }
}
