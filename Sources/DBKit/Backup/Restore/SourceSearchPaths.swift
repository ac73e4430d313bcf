import Operations
import Postgres

/// By which paths the functions of an archive found names, in the database that it was made of.
///
/// What `pg_dump` writes is qualified, and runs without a `search_path`; the body of a function is not its to qualify.
/// Where an index, a check or a generated column calls one that leans on the path, the server does not find what it
/// names: then, and only then, the entry is run again with the path that was in force there. `pg_catalog` comes first, so
/// that what `pg_dump` left unqualified stays what it was.
struct SourceSearchPaths: Sendable, Hashable {
    private var ofDatabase: ArchiveText?
    private var ofRoles: [ArchiveText: ArchiveText] = [:]

    init(of toc: ArchiveTOC) {
        for entry in toc.entries where entry.kind == .databaseProperties {
            for statement in DumpLexer.statements(entry.definition ?? "") { read(statement) }
        }
    }

    /// The likeliest first, for what belongs to `owner`.
    func candidates(for owner: ArchiveText?) -> [ArchiveText] {
        let known = [owner.flatMap { ofRoles[$0] }, ofDatabase, "\"$user\", public"].compactMap(\.self)
        return known.indices.filter { known.firstIndex(of: known[$0]) == $0 }.map { "pg_catalog, " + known[$0] }
    }

    /// `ALTER DATABASE d SET search_path TO …`, `ALTER ROLE r IN DATABASE d SET search_path TO …`.
    private mutating func read(_ statement: [DumpLexer.Token]) {
        let words = statement.filter { !$0.isBlank }
        guard let set = words.firstIndex(where: { $0.is("SET") }), words.count > set + 3,
            words[set + 1].name?.string == "search_path", words[set + 2].is("TO")
        else { return }
        let path = words[(set + 3)...].prefix { !$0.isSymbol(";") }
        let text = ArchiveText(bytes: path.flatMap { $0.bytes + [0x20] })
        if words[1].is("ROLE") {
            if let role = words[2].name { ofRoles[role] = text }
        } else {
            ofDatabase = text
        }
    }

    /// A function, an operator, a table or a type that the server does not know by that name.
    static func lacksName(_ error: any Error) -> Bool {
        let state = (error as? PostgresError)?.sqlState?.code ?? (error as? Failure)?.sqlState
        return state.map { ["42883", "42P01", "42704"].contains($0) } ?? false
    }

    static let hint = """
        a function that it calls finds its names by search_path; those of its database were tried, and PostgreSQL 17 and \
        later use none while they build an index or compute a view
        say the path at the function, where the set is made: ALTER FUNCTION … SET search_path = …, and make a new set
        with this set: restore on a server of its own version, or see runbooks/restore.md, "A function is not found"
        """

    /// Runs work that is undone as a whole when a part of it fails: without a path, and while a name is not found, with
    /// each there is.
    func trying<T>(_ body: (_ path: ArchiveText?) throws -> T) throws -> T {
        do {
            return try body(nil)
        } catch let first where Self.lacksName(first) {
            for path in candidates(for: nil) {
                do {
                    return try body(path)
                } catch  where Self.lacksName(error) {}
            }
            throw first
        }
    }
}

extension Session {
    /// Runs `body` again, with one path after the other, while the server does not find what a function names.
    func findingNames<T>(along paths: [ArchiveText], _ body: (Session) throws -> T) throws -> T {
        do {
            return try body(self)
        } catch let first where SourceSearchPaths.lacksName(first) {
            for path in paths {
                do {
                    return try along(path, body)
                } catch {
                    guard isUsable else { throw error }
                    try execute("SET search_path = ''")
                    guard SourceSearchPaths.lacksName(error) else { throw error }
                }
            }
            throw first
        }
    }

    /// Runs `body` with a `search_path`; the session has none afterwards. When it throws, that is the caller's to see to.
    func along<T>(_ path: ArchiveText?, _ body: (Session) throws -> T) throws -> T {
        guard let path else { return try body(self) }
        let statement: ArchiveText = "SET search_path TO " + path
        try script(ServerText(archive: statement.bytes))
        let result = try body(self)
        try execute("SET search_path = ''")
        return result
    }
}
