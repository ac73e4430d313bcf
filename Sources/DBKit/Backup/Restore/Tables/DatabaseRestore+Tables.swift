import Operations
import Postgres

/// One lost table in a live database, the 3 a.m. case (B13), or a lost schema.
extension DatabaseRestore {
    func restoreExcerpt(_ folder: ArchiveFolder, over admin: Connection) async throws -> RestoreResult {
        try await refusePooler(admin)
        guard try await targetExists(over: admin) else { throw targetMissing }
        let excerpt = try ExcerptChoice(request, folder).excerpt()
        let target = server.setting("dbname", request.into)
        var settings = settings(encoding: "UTF8")
        settings.lockTimeout = request.lockTimeout
        return try await Connection.with(target, settings: settings) { connection in
            let (roles, doomed, present) = try await connection.run { session in
                try EntryRunner.prepare(session, standardStrings: folder.usesStandardStrings)
                // The transaction is worth waiting for until it is on disk.
                try session.execute("SET synchronous_commit = on")
                return try survey(excerpt, folder, session)
            }
            let data = excerpt.parts.filter(\.hasData)
            try ExcerptCheck(folder: folder, entries: data, progress: progress).run()
            let meter = RestoreMeter(sink: progress, totalBytes: data.reduce(0) { $0 + folder.bytes($1) })
            let transaction = TableTransaction(
                folder: folder, request: request, excerpt: excerpt,
                relocation: relocation(excerpt, doomed), present: present,
                doomed: doomed, statements: statements(folder, roles), meter: meter)
            if !request.isDryRun { try await perform(transaction, on: target, over: connection) }
            try await connection.run { try warnOfLosses(excerpt, folder, meter, $0) }
            return result(
                folder, meter.counts, roles,
                steps: request.isDryRun ? TableSteps.of(transaction) : nil)
        }
    }

    /// Tables that take the place of others are filled out of sight, so that nobody has to wait meanwhile; but not where
    /// a value in them could mean the table itself.
    private func relocation(_ excerpt: TableExcerpt, _ doomed: [RelationName]) -> Relocation? {
        guard request.copyName != nil || !doomed.isEmpty && !excerpt.holdsNames else { return nil }
        return Relocation(of: excerpt.parts, staging: TemporaryDatabase.prefix + run.description.lowercased())
    }

    /// All that could stand in the way, before anything is read or changed.
    private func survey(
        _ excerpt: TableExcerpt, _ folder: ArchiveFolder, _ session: Session
    ) throws -> (RoleReferences, doomed: [RelationName], present: Set<ArchiveEntry>) {
        var references = roleMap
        var missing = try RestoreRequirements(of: excerpt.parts, references: references)
            .missing(in: session, encoding: folder.encoding)
        let made = Set(excerpt.parts.filter { $0.kind == .schema }.compactMap(\.tag))
        let schemas = request.copyName == nil ? Set(excerpt.tables.compactMap(\.namespace)).subtracting(made) : []
        let homes = schemas.sorted { $0.string < $1.string }.map {
            ArchiveEntry(
                dumpID: .init(rawValue: 0), tag: $0, kind: .schema, section: .preData,
                definition: "CREATE SCHEMA " + $0.quotedIdentifier + ";")
        }
        let needs = excerpt.needs.filter { $0.kind != .schema || !schemas.contains($0.tag ?? "") }
        missing.objects = try TableNeeds.absent(homes + needs, in: session, encoding: folder.encoding)
        if request.skipsOwners {
            references.absent = missing.roles
            missing.roles = []
        }
        if let failure = missing.failure { throw failure }
        try PresentTypes.refuse(excerpt.parts.filter { $0.kind == .tableData }, of: folder, in: session)
        guard request.schemas.isEmpty else { return try (references, [], presentSchemas(excerpt, folder, session)) }
        return try (references, doomed(excerpt, folder, session), [])
    }

    /// Schemas that are there must be empty.
    private func presentSchemas(
        _ excerpt: TableExcerpt, _ folder: ArchiveFolder, _ session: Session
    ) throws -> Set<ArchiveEntry> {
        let found = try session.rows(
            Query(embedded: PackageResources.restore_schema_contents_sql, binds: [request.schemas])
        ).map { try $0.value("name", as: String.self) }
        guard found.isEmpty else {
            throw Failure(
                .restoreSchemaExists,
                "\(request.into) already has something in \(request.schemas.joined(separator: ", ")): "
                    + found.joined(separator: ", ") + (found.count == 5 ? " and perhaps more" : ""),
                detail: "Nothing was changed.",
                hint: "restore what is missing with --table, or rename the schema first: ALTER SCHEMA … RENAME TO …")
        }
        let schemas = excerpt.parts.filter { $0.kind == .schema }
        return try Set(schemas).subtracting(
            TableNeeds.absent(schemas, in: session, encoding: folder.encoding))
    }

    /// - Returns: the tables that are to be replaced.
    private func doomed(
        _ excerpt: TableExcerpt, _ folder: ArchiveFolder, _ session: Session
    ) throws -> [RelationName] {
        if let copy = request.copyName, let schema = copy.schema {
            let name = RelationName(schema: ArchiveText(schema), name: ArchiveText(copy.name))
            guard try TableNeeds.isPresent(name, in: session, encoding: "UTF8") else { return [] }
            throw ExcerptChoice.exists(["table \(copy)"], into: request.into, hint: "choose another name for --as")
        }
        func present(_ entries: [ArchiveEntry]) throws -> [ArchiveEntry] {
            let absent = try TableNeeds.absent(entries, in: session, encoding: folder.encoding)
            return entries.filter { !absent.contains($0) }
        }
        let tables = try present(excerpt.named)
        guard request.replaces, !tables.isEmpty else {
            let inTheWay = try present(
                excerpt.parts.filter { [.table, .sequence, "INDEX", "FOREIGN TABLE"].contains($0.kind) })
            guard inTheWay.isEmpty else {
                throw ExcerptChoice.exists(
                    inTheWay.map(\.shownName), into: request.into,
                    hint: "restore beside it with --as SCHEMA.NAME, or replace it with --clean (--clean --yes does it)"
                )
            }
            return []
        }
        let doomed = tables.map(RelationName.init)
        if let failure = try TableDependents.failure(of: doomed, session) { throw failure }
        return doomed
    }

    private func perform(
        _ transaction: TableTransaction, on target: ConnectionParameters, over connection: Connection
    ) async throws {
        let lock = try await JobLock.acquire("restore", on: target, settings: settings(encoding: "UTF8"), wait: wait)
        do {
            try await connection.run { session in
                session.onNotice = { [meter = transaction.meter] in meter.warn($0.message) }
                let keys = try transaction.perform(in: session)
                try ForeignKeyChecks(
                    keys: keys, meter: transaction.meter, encoding: transaction.folder.encoding,
                    tries: request.lockTries
                ).run(in: session)
            }
        } catch {
            await lock.release()
            throw error
        }
        await lock.release()
    }

    /// What a DROP … CASCADE took along, and what a copy does without.
    private func warnOfLosses(
        _ excerpt: TableExcerpt, _ folder: ArchiveFolder, _ meter: RestoreMeter, _ session: Session
    ) throws {
        guard request.copyName == nil else {
            for case .foreignKey(let key, isIncoming: false) in excerpt.links {
                meter.warn("left out, because a copy must not keep rows of other tables: foreign key \(key.shownName)")
            }
            return
        }
        for lost in try TableNeeds.absent(excerpt.dependents, in: session, encoding: folder.encoding) {
            meter.warn(
                "\(lost.shownName) used the table and is not there: "
                    + "`dbctl restore --schema-only` into another database has its definition")
        }
    }
}
