import Operations
import Postgres

/// One worker of a restore: runs an entry's statements, or loads its data, over its own connection.
struct EntryRunner: Sendable {
    let folder: ArchiveFolder
    let statements: EntryStatements
    /// Tables that this run has made: they are empty, and nobody else uses them.
    let ownTables: Set<DumpID>
    let meter: RestoreMeter
    /// Where what is done is noted, in the transaction that does it; nil when it cannot be resumed.
    var journal: RestoreJournal?
    /// What runs before this one did.
    var done = RestoreDone()

    /// Settings that `pg_restore` makes at the start of every session.
    static func prepare(_ session: Session, standardStrings: Bool) throws {
        try session.script(ServerText(embedded: PackageResources.restore_session_sql))
        if !standardStrings {
            try session.execute("SET standard_conforming_strings = off")
            try session.execute("SET escape_string_warning = off")
        }
    }

    /// Runs one item and leaves nothing open behind it.
    func run(_ action: WorkItem.Action, on connection: Connection) async throws {
        switch action {
        case .join(let entry): meter.finish(entry)
        case .chunk(let entry, let chunk):
            try await named(entry) {
                try await findingNames(of: entry, on: connection) { session in
                    try TableDataLoader(folder: folder, meter: meter, journal: journal)
                        .load(chunk, of: entry, in: session)
                }
            }
        case .entry(let entry):
            try await named(entry) { try await run(entry, on: connection) }
        }
    }

    private func run(_ entry: ArchiveEntry, on connection: Connection) async throws {
        meter.begin(entry)
        switch entry.kind {
        case .tableData:
            let isOwn = entry.dependencies.contains { ownTables.contains($0) }
            try await findingNames(of: entry, on: connection) { session in
                try TableDataLoader(folder: folder, meter: meter, journal: journal)
                    .load(entry, isNewTable: isOwn, in: session)
            }
        case .largeObjectData:
            try await connection.run { session in
                try LargeObjectLoader(folder: folder, meter: meter, journal: journal, done: done)
                    .load(entry, in: session)
            }
        case .materializedViewData: try await refresh(entry, on: connection)
        default:
            do {
                try await repeating(entry, on: connection)
            } catch let error as PostgresError where lacksRows(for: entry, error) {
                try await addUnchecked(entry, on: connection, because: error)
            }
        }
        meter.finish(entry)
    }

    /// Several connections add constraints at once; one that lost a deadlock took no effect.
    private func repeating(_ entry: ArchiveEntry, on connection: Connection) async throws {
        try await RetryPolicy(attempts: 5).run(isRetryable: { ($0 as? PostgresError)?.isRetryable == true }) {
            try await findingNames(of: entry, on: connection) { session in try execute(entry, in: session) }
        }
    }

    /// What the entry's functions do not find without a path, they find by that of their database.
    private func findingNames(
        of entry: ArchiveEntry, on connection: Connection, _ body: @Sendable (Session) throws -> Void
    ) async throws {
        let paths = folder.searchPaths.candidates(for: entry.owner)
        try await connection.run { session in try session.findingNames(along: paths, body) }
    }

    /// The set was made without the rows of some tables, and others refer to them.
    private func lacksRows(for entry: ArchiveEntry, _ error: PostgresError) -> Bool {
        error.sqlState == .foreignKeyViolation && entry.kind == "FK CONSTRAINT"
            && folder.manifest?.omitted.contains { $0.reason == .excluded } == true
    }

    /// A database with all the rows that the set has is not thrown away for those that it was not to have: the key counts
    /// for new rows, and the result says so.
    private func addUnchecked(
        _ entry: ArchiveEntry, on connection: Connection, because error: PostgresError
    ) async throws {
        guard let key = ForeignKey(entry), let unchecked = key.unchecked else { throw error }
        var weaker = entry
        weaker.definition = unchecked
        do {
            try await repeating(weaker, on: connection)
        } catch let error as PostgresError where error.sqlState.map(Self.unsupported.contains) ?? false {
            // Before 18 a partitioned table takes no NOT VALID.
            meter.warn("left out, because the set has no rows that it refers to: foreign key \(key.shownName)")
            return
        }
        meter.warn(
            "the foreign key \(key.shownName) is not checked: the set was made without the rows that it refers to; once "
                + "they are there: ALTER TABLE \(key.table.quoted.string) VALIDATE CONSTRAINT \(key.name.quotedIdentifier.string)"
        )
    }

    private static let unsupported = [SQLState("0A000"), SQLState("42809")]

    /// A view's rows are computed from others, by functions that may lean on a search_path or a server that is not there.
    /// A database with all its tables is not thrown away for that: the view stays empty, and the result says so.
    private func refresh(_ entry: ArchiveEntry, on connection: Connection) async throws {
        do {
            try await findingNames(of: entry, on: connection) { session in try execute(entry, in: session) }
        } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
            meter.warn(
                "\(entry.shownName) was not computed and the view is not populated: \(error.message); "
                    + "mend its cause, then \(entry.definition?.oneLine ?? "REFRESH MATERIALIZED VIEW")")
        }
    }

    /// Each entry finds the session as it was in the beginning, so that its place in the order of events cannot change
    /// what it makes.
    func execute(_ entry: ArchiveEntry, in session: Session) throws {
        var state = EntryStatements.SessionState()
        guard let script = statements.script(for: entry, state: &state) else { return }
        let whole = [script, journal?.note(entry.dumpID)].compactMap { $0 }.joined(separator: "\n")
        try session.script(ServerText(archive: whole.bytes))
        guard state != EntryStatements.SessionState() else { return }
        try session.execute("SET default_tablespace = ''")
        try session.execute("SET default_table_access_method = heap")
    }

    /// The definitions, over one connection and in their order.
    func run(_ definitions: [ArchiveEntry], on connection: Connection) async throws {
        for entry in definitions {
            try Task.checkCancellation()
            try await named(entry) { try await run(entry, on: connection) }
        }
    }

    /// What fires on every statement from then on, together with the end of the journal: after this transaction nothing
    /// of the restore is left to do in its database, and nothing of dbctl's is left in it.
    func finish(with last: [ArchiveEntry], on connection: Connection) async throws {
        var runner = self
        runner.journal = nil
        try await connection.run { [runner, journal] session in
            try session.transaction { session in
                try journal?.remove(in: session)
                for entry in last {
                    meter.begin(entry)
                    do {
                        try runner.execute(entry, in: session)
                    } catch let error as PostgresError {
                        throw Self.failure(of: entry, error) ?? error
                    }
                    meter.finish(entry)
                }
            }
        }
    }

    /// Says which entry failed.
    private func named(_ entry: ArchiveEntry, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as PostgresError {
            throw Self.failure(of: entry, error) ?? error
        }
    }

    /// Nil for what is not about the entry, a lost connection for instance.
    ///
    /// - Parameter hint: for an error that has none.
    static func failure(
        of entry: ArchiveEntry, _ error: PostgresError,
        hint: String = "stock pg_restore goes on past it, see runbooks/restore.md"
    ) -> Failure? {
        guard error.kind == .server, !error.isConnectionLost else { return nil }
        if error.sqlState == .lockNotAvailable { return Failure(error, while: "cannot restore \(entry.shownName)") }
        return Failure(
            .restoreStatement,
            "cannot restore \(entry.shownName): \(error.message)",
            detail: [error.detail, error.context].compactMap { $0 }.joined(separator: "\n").nilIfEmpty,
            hint: self.hint(for: error) ?? error.hint ?? hint,
            sqlState: error.sqlState?.code,
            category: error.sqlState == .insufficientPrivilege ? .authentication : nil
        )
    }

    private static func hint(for error: PostgresError) -> String? {
        if error.sqlState == .insufficientPrivilege {
            return "--no-owner leaves owners out and restores all as this role; or restore as a superuser, or as a "
                + "member of the roles that own what is in the archive"
        }
        return SourceSearchPaths.lacksName(error) ? SourceSearchPaths.hint : nil
    }
}

extension ArchiveEntry {
    /// `TABLE public.prices`, for people.
    var shownName: String {
        [kind.description, [namespace, tag].compactMap { $0?.string }.filter { !$0.isEmpty }.joined(separator: ".")]
            .joined(separator: " ")
    }
}

extension String {
    var nilIfEmpty: String? { isEmpty ? nil : self }
}
