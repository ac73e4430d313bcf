import Postgres

/// A name as a statement has it, with its schema if it says one.
struct WrittenName: Hashable, Sendable {
    var schema: String?
    var name: String

    /// Reads `a`, `a.b` or `"A".b` from the front of the words.
    init?(_ words: inout ArraySlice<String>) {
        guard let first = words.popFirst() else { return nil }
        name = Self.unquoted(first)
        guard words.first == "." else { return }
        words.removeFirst()
        guard let second = words.popFirst() else { return nil }
        schema = name
        name = Self.unquoted(second)
    }

    init(schema: String?, name: String) {
        self.schema = schema
        self.name = name
    }

    private static func unquoted(_ word: String) -> String {
        guard word.hasPrefix("\""), word.count > 1 else { return word }
        return String(word.dropFirst().dropLast()).replacing("\"\"", with: "\"")
    }

    func sql() throws(PostgresError) -> SQLFragment {
        let own = try identifier(name)
        guard let schema else { return "\(own)" }
        return "\(try identifier(schema)).\(own)"
    }

    /// As `to_regclass` wants it.
    func quoted() throws(PostgresError) -> String {
        let own = try identifier(name).sql
        guard let schema else { return own }
        return "\(try identifier(schema).sql).\(own)"
    }
}

/// `CREATE INDEX CONCURRENTLY`.
struct ConcurrentIndex: Hashable, Sendable {
    /// Nil leaves it to the server.
    var name: String?
    var table: WrittenName
    var isUnique: Bool

    init?(words: [String]) {
        var rest = words[...]
        guard rest.popFirst() == "create" else { return nil }
        isUnique = rest.first == "unique"
        if isUnique { rest.removeFirst() }
        guard rest.popFirst() == "index", rest.popFirst() == "concurrently" else { return nil }
        if rest.prefix(3) == ["if", "not", "exists"] { rest.removeFirst(3) }
        if rest.first != "on", let written = WrittenName(&rest) { name = written.name }
        guard rest.popFirst() == "on" else { return nil }
        if rest.first == "only" { rest.removeFirst() }
        guard let table = WrittenName(&rest) else { return nil }
        self.table = table
    }
}

/// `DROP INDEX CONCURRENTLY`.
struct ConcurrentDrop: Hashable, Sendable {
    var index: WrittenName

    init?(words: [String]) {
        var rest = words[...]
        guard rest.prefix(3) == ["drop", "index", "concurrently"] else { return nil }
        rest.removeFirst(3)
        if rest.prefix(2) == ["if", "exists"] { rest.removeFirst(2) }
        guard let index = WrittenName(&rest) else { return nil }
        self.index = index
    }

    func isDone(in session: Session) throws -> Bool {
        try session.row("SELECT pg_catalog.to_regclass(\(try index.quoted())) IS NULL AS done").value("done")
    }
}

/// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`.
struct ConcurrentDetach: Hashable, Sendable {
    enum State: Sendable {
        case attached, pending, detached
    }

    var parent: WrittenName
    var child: WrittenName

    init?(words: [String]) {
        var rest = words[...]
        guard rest.prefix(2) == ["alter", "table"], rest.last == "concurrently" else { return nil }
        rest.removeFirst(2)
        if rest.prefix(2) == ["if", "exists"] { rest.removeFirst(2) }
        if rest.first == "only" { rest.removeFirst() }
        guard let parent = WrittenName(&rest), rest.prefix(2) == ["detach", "partition"] else { return nil }
        rest.removeFirst(2)
        guard let child = WrittenName(&rest) else { return nil }
        self.parent = parent
        self.child = child
    }

    func state(in session: Session) throws -> State {
        let query: Query = """
            SELECT i.inhdetachpending AS is_pending FROM pg_catalog.pg_inherits AS i
            WHERE i.inhrelid = pg_catalog.to_regclass(\(try child.quoted()))
            AND i.inhparent = pg_catalog.to_regclass(\(try parent.quoted()))
            """
        guard let row = try session.rows(query).first else { return .detached }
        return try row.value("is_pending") ? .pending : .attached
    }

    var finalize: Query {
        get throws(PostgresError) {
            "ALTER TABLE \(try parent.sql()) DETACH PARTITION \(try child.sql()) FINALIZE"
        }
    }
}
