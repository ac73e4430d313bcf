/// The rows of one result, held in memory by libpq and decoded on demand.
public struct Rows: RandomAccessCollection {
    private let reply: Reply
    private let names: [String: Int]
    /// In the order of the select list.
    public let columns: [String]

    init(_ reply: Reply) {
        self.reply = reply
        columns = reply.columns
        names = Dictionary(columns.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { reply.rowCount }

    public subscript(position: Int) -> Row {
        Row(reply: reply, names: names, number: position)
    }
}

/// One row of a result.
public struct Row {
    fileprivate let reply: Reply
    fileprivate let names: [String: Int]
    fileprivate let number: Int

    fileprivate init(reply: Reply, names: [String: Int], number: Int) {
        self.reply = reply
        self.names = names
        self.number = number
    }

    /// The value of a column that must not be NULL.
    ///
    /// - Throws: ``PostgresError`` of kind `.decoding`, naming column, wanted type and what was found.
    public func value<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard let text = try text(column) else {
            throw PostgresError(.decoding, "column “\(column)” is NULL where \(T.postgresName) was expected")
        }
        return try decode(text, column)
    }

    /// The value of a column that may be NULL.
    public func value<T: PostgresDecodable>(
        _ column: String,
        as type: T?.Type = T?.self
    ) throws(PostgresError) -> T? {
        guard let text = try text(column) else { return nil }
        return try decode(text, column) as T
    }

    /// The elements of an array of texts, NULLs among them.
    public func elements(_ column: String) throws(PostgresError) -> [String?] {
        let text: String = try value(column)
        guard let elements = ArrayText.elements(of: text) else {
            throw PostgresError(.decoding, "column “\(column)” holds no one-dimensional array")
        }
        return elements
    }

    private func text(_ column: String) throws(PostgresError) -> String? {
        guard let index = names[column] else {
            let known = names.keys.sorted().joined(separator: ", ")
            throw PostgresError(.decoding, "the result has no column “\(column)”; it has: \(known)")
        }
        return reply.text(row: number, column: index)
    }

    private func decode<T: PostgresDecodable>(_ text: String, _ column: String) throws(PostgresError) -> T {
        guard let value = T.decode(postgresText: text) else {
            let shown = text.count > 40 ? text.prefix(40) + "…" : Substring(text)
            throw PostgresError(.decoding, "column “\(column)” holds “\(shown)”, which is no \(T.postgresName)")
        }
        return value
    }
}
