import Operations
import Postgres

/// The one transaction in which tables, or whole schemas, come back into a database that is in use.
///
/// First everything that nobody else can see, however long it takes; then, under locks that are held for a moment, what
/// other tables have a part in. Whoever looks sees the table as it was before, or all of it.
struct TableTransaction {
    let folder: ArchiveFolder
    let request: RestoreRequest
    let excerpt: TableExcerpt
    /// Nil where the tables are made in their own place, because nothing is there, or only what is dropped first.
    let relocation: Relocation?
    /// Schemas that are there, empty: they are filled, not made.
    var present: Set<ArchiveEntry> = []
    /// Tables that are dropped, as SQL reads them.
    let doomed: [RelationName]
    let statements: EntryStatements
    let meter: RestoreMeter
    /// What functions find names by; nil, as long as all are found without.
    private(set) var searchPath: ArchiveText?

    private var runner: EntryRunner {
        EntryRunner(folder: folder, statements: statements, ownTables: [], meter: meter)
    }

    /// - Returns: foreign keys whose rows are still to be checked, once the transaction is over.
    func perform(in session: Session) throws -> [ForeignKey] {
        try folder.searchPaths.trying { path in
            var own = self
            own.searchPath = path
            if path != nil { meter.startOver() }
            return try own.attempt(in: session)
        }
    }

    private func attempt(in session: Session) throws -> [ForeignKey] {
        try session.transaction { session in
            if relocation == nil, !doomed.isEmpty { try holding(doomed, session, dropDoomed) }
            try makeUnseen(session)
            meter.phase("join")
            return try holding(touched, session) { session in
                if relocation != nil { try dropDoomed(session) }
                try settle(session)
                return try LiveLinks(
                    links: links, isReplacement: !doomed.isEmpty, runner: runner, meter: meter,
                    encoding: folder.encoding
                ).join(in: session)
            }
        }
    }

    private func holding<T>(
        _ tables: [RelationName], _ session: Session, _ body: (Session) throws -> T
    ) throws -> T {
        try LiveLocks(tables.map(\.quoted.string), tries: request.lockTries).holding(session, body)
    }

    /// A copy stands for itself: a foreign key of it would keep rows of other tables from being deleted.
    private var links: [TableExcerpt.Link] { request.copyName == nil ? excerpt.links : [] }

    /// Tables of others that the last step locks.
    private var touched: [RelationName] { doomed + links.compactMap(\.other) }

    // MARK: Unseen

    private func makeUnseen(_ session: Session) throws {
        for schema in relocation?.schemas.values.map(\.string).sorted() ?? [] {
            try session.execute("CREATE SCHEMA \(identifier(schema))")
        }
        let parts = excerpt.parts.filter { !present.contains($0) }.map { relocation?.moved($0) ?? $0 }
        try session.speaking(folder.encoding) { session in
            for part in parts where RestoreSelection.pass(of: part) == .main { try make(part, session) }
        }
        try takeBackDefaultGrants(on: parts, session)
        try session.speaking(folder.encoding) { session in
            for part in parts where RestoreSelection.pass(of: part) != .main { try make(part, session) }
            guard request.scope == .all else { return }
            meter.phase("analyze")
            for table in parts where table.kind == .table { try analyze(table, session) }
        }
    }

    private func make(_ part: ArchiveEntry, _ session: Session) throws {
        try Task.checkCancellation()
        meter.begin(part)
        do {
            try session.along(searchPath) { session in
                if part.kind == .tableData {
                    try TableDataLoader(folder: folder, meter: meter).loadIntoOwn(directly(part), in: session)
                } else {
                    try runner.execute(part, in: session)
                }
            }
        } catch let error as PostgresError {
            throw EntryRunner.failure(of: part, error) ?? error
        }
        meter.finish(part)
    }

    /// Rows of a partition that travel through the root of its tree; without the root they go into the partition, which
    /// is checked when it is attached.
    private func directly(_ data: ArchiveEntry) -> ArchiveEntry {
        guard data.isRoutedThroughRoot, let copy = data.copyStatement else { return data }
        var tokens = DumpLexer.tokens(copy)
        guard let start = tokens.indices.first(where: { RelationName(tokens[$0...]) != nil }),
            let root = RelationName(tokens[start...]), !excerpt.tables.map(RelationName.init).contains(root),
            relocation == nil || !(relocation?.schemas.values.contains(root.schema) ?? false)
        else { return data }
        tokens.replaceSubrange(start..<(start + 3), with: DumpLexer.tokens(data.qualifiedName))
        var data = data
        data.copyStatement = DumpLexer.text(tokens)
        data.definition = nil
        return data
    }

    private func takeBackDefaultGrants(on parts: [ArchiveEntry], _ session: Session) throws {
        let kinds: Set<ArchiveEntry.Kind> = [.table, .sequence, "VIEW", .materializedView, "FOREIGN TABLE"]
        let relations = parts.filter { kinds.contains($0.kind) }.map(\.qualifiedName.hexadecimal)
        let query = Query(
            embedded: PackageResources.restore_default_grants_sql, binds: [relations, folder.encoding])
        for row in try session.rows(query) {
            let statement: String = try row.value("statement")
            try session.script(ServerText(catalog: statement))
        }
    }

    /// Statistics for the planner, there from the first query on.
    private func analyze(_ table: ArchiveEntry, _ session: Session) throws {
        do {
            let statement: ArchiveText = "ANALYZE " + table.qualifiedName
            try session.savepoint { session in
                try session.along(searchPath) { try $0.script(ServerText(archive: statement.bytes)) }
            }
        } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
            meter.warn("ANALYZE \(table.shownName) failed: \(error.message)")
        }
    }

    // MARK: Seen

    private func dropDoomed(_ session: Session) throws {
        for table in doomed { try drop(table, session) }
    }

    /// RESTRICT: what came to depend on the table since it was looked at is not lost either.
    private func drop(_ table: RelationName, _ session: Session) throws {
        let name = try identifier(table.schema.string, table.name.string)
        try session.execute("LOCK TABLE \(name) IN ACCESS EXCLUSIVE MODE")
        if let failure = try TableDependents.failure(of: [table], session) { throw failure }
        try session.execute("DROP TABLE \(name) RESTRICT")
    }

    /// Moves what was made elsewhere to its place.
    private func settle(_ session: Session) throws {
        guard let relocation else { return }
        let homes = Dictionary(
            uniqueKeysWithValues: relocation.schemas.map { ($1.string, request.copyName?.schema ?? $0.string) })
        let staged = try StagedObject.list(in: homes.keys.sorted(), session)
        var names = try copyNames(session)
        for object in staged {
            guard let home = homes[object.schema] else { continue }
            try object.settle(in: home, as: names?.name(for: object.name) ?? object.name, session)
        }
        for schema in homes.keys.sorted() { try session.execute("DROP SCHEMA \(identifier(schema)) RESTRICT") }
    }

    private func copyNames(_ session: Session) throws -> CopyNames? {
        guard let copy = request.copyName, let schema = copy.schema, let table = excerpt.named.first?.tag else {
            return nil
        }
        try session.execute("CREATE SCHEMA IF NOT EXISTS \(identifier(schema))")
        let taken = try session.rows(Query(embedded: PackageResources.restore_names_taken_sql, binds: [schema]))
        return try CopyNames(
            of: table.string, as: copy.name, taken: Set(taken.map { try $0.value("name", as: String.self) }))
    }
}

extension TableExcerpt.Link {
    /// The table that is not restored.
    var other: RelationName? {
        switch self {
        case .foreignKey(let key, let isIncoming): isIncoming ? key.table : key.referenced
        case .partition(_, let parent): parent
        case .publication: nil
        }
    }
}

extension Session {
    /// Runs `body` with the client encoding of an archive; everything else is said in UTF-8.
    func speaking<T>(_ encoding: String, _ body: (Session) throws -> T) throws -> T {
        guard encoding != "UTF8" else { return try body(self) }
        try execute("SET client_encoding = \(literal(encoding))")
        let result = try body(self)
        try execute("SET client_encoding = 'UTF8'")
        return result
    }
}
