import Operations
import Postgres

/// Rows alone, into tables that are there (`--data-only`).
extension DatabaseRestore {
    func restoreRows(_ folder: ArchiveFolder, over admin: Connection) async throws -> RestoreResult {
        try await refusePooler(admin)
        guard try await targetExists(over: admin) else { throw targetMissing }
        let entries = request.isExcerpt ? try ExcerptChoice(request, folder).excerpt().parts : folder.toc.entries
        let excerpt = RowsExcerpt(entries)
        let target = server.setting("dbname", request.into)
        var settings = settings(encoding: "UTF8")
        settings.lockTimeout = request.lockTimeout
        return try await Connection.with(target, settings: settings) { connection in
            let survey = RowsSurvey(excerpt: excerpt, folder: folder, database: request.into)
            let (roles, warnings) = try await connection.run { session in
                try EntryRunner.prepare(session, standardStrings: folder.usesStandardStrings)
                // The transaction is worth waiting for until it is on disk.
                try session.execute("SET synchronous_commit = on")
                let warnings = try survey.run(in: session)
                try survey.refuseRows(in: session)
                return (try owners(for: excerpt, folder, session), warnings)
            }
            if request.isExcerpt {
                try ExcerptCheck(folder: folder, entries: excerpt.loads, progress: progress).run()
            } else {
                try await check(folder)
            }
            let meter = RestoreMeter(
                sink: progress, totalBytes: excerpt.all.reduce(0) { $0 + folder.bytes($1) })
            warnings.forEach(meter.warn)
            let transaction = RowsTransaction(
                survey: survey, request: request, statements: statements(folder, roles), meter: meter)
            var steps: [String]?
            if request.isDryRun {
                steps = try await connection.run { try transaction.steps(in: $0) }
            } else {
                try await perform(transaction, on: target, over: connection)
            }
            return result(folder, meter.counts, roles, steps: steps)
        }
    }

    private func owners(
        for excerpt: RowsExcerpt, _ folder: ArchiveFolder, _ session: Session
    ) throws -> RoleReferences {
        var references = roleMap
        // Tables, sequences and views keep the owners that they have.
        var missing = try RestoreRequirements(of: excerpt.largeObjects, references: references)
            .missing(in: session, encoding: folder.encoding)
        if request.skipsOwners {
            references.absent = missing.roles
            missing.roles = []
        }
        if let failure = missing.failure { throw failure }
        return references
    }

    private func perform(
        _ transaction: RowsTransaction, on target: ConnectionParameters, over connection: Connection
    ) async throws {
        let lock = try await JobLock.acquire("restore", on: target, settings: settings(encoding: "UTF8"), wait: wait)
        do {
            try await connection.run { session in
                session.onNotice = { [meter = transaction.meter] in meter.warn($0.message) }
                try transaction.perform(in: session)
            }
        } catch {
            await lock.release()
            guard var failure = error as? Failure, failure.code == .restoreStatement else { throw error }
            failure.add(detail: "Nothing was changed: all rows come in one transaction.")
            throw failure
        }
        await lock.release()
    }
}
