/// What a runner must know of a statement before it sends it. It follows from the words alone.
struct StatementKind: Hashable {
    /// How it stands to transactions.
    enum Boundary: Hashable {
        /// Runs inside of one.
        case inside
        /// The server refuses it inside of one; named as the server names it.
        case alone(String)
        case begin
        case commit
        /// Ends a transaction without its effect, or leaves it to somebody else.
        case abandon(String)
    }

    var boundary: Boundary
    /// Builds or drops without stopping anybody, and waits for others' transactions instead: no lock timeout.
    var isConcurrent = false
    /// May take a lock behind which readers or writers queue. DML does not.
    var mayBlockOthers = true
    /// May leave settings, a role, temporary tables or locks behind in its session.
    var mayChangeSession = false

    /// DO and CALL: outside of a transaction they may commit by themselves, so that nobody can tell what an interrupted
    /// one has done.
    var mayCommit = false
    /// `COPY … TO STDOUT`
    var isCopyOut = false
    /// Sets something for the rest of the file, e.g. its `search_path`.
    var setsSession = false

    init(_ statement: SQLStatement, in script: SQLScript) {
        self.init(words: statement.words(in: script))
    }

    /// - Parameter words: Significant tokens, keywords and unquoted names in lower case.
    init(words: [String]) {
        boundary = Self.boundary(of: words)
        let first = words.first ?? ""
        isConcurrent = Self.isConcurrent(words)
        mayCommit = first == "do" || first == "call"
        isCopyOut = first == "copy" && zip(words, words.dropFirst()).contains { $0 == ("to", "stdout") }
        setsSession = Self.setsSession(words)
        mayBlockOthers = !Self.harmless.contains(first)
        mayChangeSession =
            Self.sessionWords.contains(first)
            || first == "create" && words.dropFirst().prefix(3).contains { $0 == "temp" || $0 == "temporary" }
    }

    /// Their locks do not stand in anybody's way but that of DDL.
    private static let harmless: Set<String> = [
        "insert", "update", "delete", "merge", "copy", "values", "set", "reset", "show", "begin", "start", "commit",
        "end", "savepoint", "release", "notify", "listen", "unlisten", "explain", "grant", "revoke", "comment",
    ]

    private static let sessionWords: Set<String> = [
        "set", "reset", "select", "with", "do", "call", "prepare", "listen", "declare", "load", "discard", "execute",
    ]

    private static func setsSession(_ words: [String]) -> Bool {
        switch words.first ?? "" {
        case "set": !["local", "transaction", "constraints"].contains(words.dropFirst().first ?? "")
        case "reset": true
        case "select": words.contains("set_config")
        default: false
        }
    }

    private static func boundary(of words: [String]) -> Boundary {
        switch words.first ?? "" {
        case "begin": return .begin
        case "start" where words.dropFirst().first == "transaction": return .begin
        case "commit":
            return words.dropFirst().first == "prepared" ? .alone("COMMIT PREPARED") : .commit
        case "end": return .commit
        case "abort": return .abandon("ABORT")
        case "rollback":
            if words.contains("to") { return .inside }
            return words.dropFirst().first == "prepared" ? .alone("ROLLBACK PREPARED") : .abandon("ROLLBACK")
        case "prepare" where words.dropFirst().first == "transaction": return .abandon("PREPARE TRANSACTION")
        default: return alone(words).map { .alone($0) } ?? .inside
        }
    }

    private static func isConcurrent(_ words: [String]) -> Bool {
        switch words.first ?? "" {
        case "create": words.dropFirst().drop { $0 == "unique" }.starts(with: ["index", "concurrently"])
        case "drop": words.prefix(3) == ["drop", "index", "concurrently"]
        case "reindex": words.prefix { $0 != "." }.contains("concurrently")
        case "alter": words.prefix(2) == ["alter", "table"] && words.suffix(1) == ["concurrently"]
        default: false
        }
    }

    /// Statements that call `PreventInTransactionBlock`. Source: PostgreSQL 14 to 18, `tcop/utility.c` and
    /// `commands/`.
    private static func alone(_ words: [String]) -> String? {
        let second = words.dropFirst().first ?? ""
        if isConcurrent(words) {
            switch words[0] {
            case "create": return "CREATE INDEX CONCURRENTLY"
            case "drop": return "DROP INDEX CONCURRENTLY"
            case "reindex": return "REINDEX CONCURRENTLY"
            default: return "DETACH PARTITION CONCURRENTLY"
            }
        }
        switch words.first ?? "" {
        case "vacuum": return "VACUUM"
        case "cluster" where words.count == 1 || words == ["cluster", "verbose"]: return "CLUSTER of all tables"
        case "reindex": return reindex(words)
        case "discard" where second == "all": return "DISCARD ALL"
        case "create" where ["database", "tablespace", "subscription"].contains(second),
            "drop" where ["database", "tablespace", "subscription"].contains(second):
            return "\(words[0]) \(second)".uppercased()
        case "alter" where second == "system": return "ALTER SYSTEM"
        case "alter" where second == "subscription": return "ALTER SUBSCRIPTION"
        case "alter" where second == "database" && words.contains("tablespace"): return "ALTER DATABASE SET TABLESPACE"
        default: return nil
        }
    }

    /// Of a whole schema, a database or the system; a partitioned table's is found out by the server.
    private static func reindex(_ words: [String]) -> String? {
        var rest = words.dropFirst()
        if rest.first == "(" { rest = rest.drop { $0 != ")" }.dropFirst() }
        guard let object = rest.first, ["schema", "database", "system"].contains(object) else { return nil }
        return "REINDEX \(object.uppercased())"
    }
}

extension SQLStatement {
    /// Its significant tokens, keywords and unquoted names in lower case, everything else as it stands.
    func words(in script: SQLScript) -> [String] {
        tokens.filter(\.isSignificant).map { token in
            let text = script.text(token.range)
            return token.kind == .word ? text.lowercased() : text
        }
    }
}
