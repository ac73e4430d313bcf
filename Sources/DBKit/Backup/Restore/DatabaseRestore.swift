public import Operations
public import Postgres

/// Restores an archive, or a part of it, into a database.
///
/// Everything that can be known is looked at before anything is changed: the target, what the server lacks, and every
/// byte of the archive. A database that it makes bears its own name only when it is complete.
public struct DatabaseRestore: Sendable {
    let request: RestoreRequest
    /// The server; its database is only where to connect.
    let server: ConnectionParameters
    let run: RunID
    let progress: any ProgressSink
    /// How long to wait for another restore into the same database.
    let wait: Duration

    public init(
        _ request: RestoreRequest, on server: ConnectionParameters, run: RunID,
        progress: any ProgressSink = SilentProgress(), wait: Duration = .zero
    ) {
        (self.request, self.server, self.run) = (request, server, run)
        (self.progress, self.wait) = (progress, wait)
    }

    /// - Throws: ``Failure`` when it refuses, before any change; ``PostgresError`` or ``Failure`` when it fails, after
    ///   the database that it was making has been dropped.
    @discardableResult
    public func callAsFunction() async throws -> RestoreResult {
        let begin = ContinuousClock.now
        let folder = try ArchiveFolder(opening: request.source, isForeign: request.isForeign)
        try refuseStranger(folder)
        // A database cannot be renamed from inside itself, and a URL may well name the one that is to be replaced.
        let place = request.replaces && !request.isExcerpt ? server.setting("dbname", "postgres") : server
        var result: RestoreResult
        do {
            result = try await Connection.with(place, settings: settings(encoding: "UTF8")) {
                try await refuseStandby($0)
                if request.scope == .dataOnly { return try await restoreRows(folder, over: $0) }
                return try await request.isExcerpt ? restoreExcerpt(folder, over: $0) : restore(folder, over: $0)
            }
        } catch {
            throw request.resumes && Task.isCancelled ? Self.stillResumable(error) : error
        }
        result.durationS = (ContinuousClock.now - begin) / .seconds(1)
        return result
    }

    /// Stopped before this run had begun with anything: what is there is what the earlier one has left.
    private static func stillResumable(_ error: any Error) -> Failure {
        if let told = error as? Failure, told.category == .interrupted, told.hint != nil { return told }
        var failure = failure(of: error)
        failure.hint = "run the same command with --resume: it goes on"
        return failure
    }

    private func restore(_ folder: ArchiveFolder, over admin: Connection) async throws -> RestoreResult {
        try await refusePooler(admin)
        try await checkName(over: admin)
        let purpose = try RestorePurpose(request, folder)
        let beginning = try await beginning(purpose, over: admin)
        let unfinished = beginning.unfinished
        try await checkTarget(over: admin, isBegun: unfinished != nil)
        let roles = try await roles(for: folder, over: admin)
        let subject = Subject(folder: folder, statements: statements(folder, roles), purpose: purpose)
        let database = TemporaryDatabase(run: run, target: request.into, admin: admin, removal: removal)
        if request.makesDatabase, !request.isDryRun, let unfinished { try await database.adopt(unfinished.database) }
        try await check(folder)
        let work: RestoreWork
        var steps: [String]?
        if request.isDryRun {
            let done = unfinished?.journal.done ?? RestoreDone()
            let warnings = try await checkJournal(
                done, subject, on: server.setting("dbname", unfinished?.database ?? request.into))
            work = self.work(subject, nil, done)
            warnings.forEach(work.meter.warn)
            steps = try await work.steps(unfinished: unfinished?.database) + loss(over: admin)
        } else if request.makesDatabase {
            work = try await restoreIntoNew(subject, database, isBegun: unfinished != nil, over: admin)
        } else {
            work = try await restoreIntoExisting(subject)
        }
        var result = result(folder, work.meter.counts, roles, steps: steps)
        result.swept = beginning.swept.names
        result.warnings = beginning.swept.warnings + result.warnings
        if folder.isHalfRestored {
            result.warnings.append(
                "the set is of a half-restored database: not all of it is there, and the schema "
                    + "\(RestoreJournal.schema) came along, which says so")
        }
        guard request.resumes else { return result }
        result.skipped = work.plan.skipped
        if unfinished == nil { result.warnings.append("there was nothing to resume: restored from the start") }
        return result
    }

    /// What is restored, by which statements.
    private struct Subject {
        let folder: ArchiveFolder
        let statements: EntryStatements
        let purpose: RestorePurpose
    }

    /// What earlier runs claim to have loaded is counted before anything builds on it.
    private func checkJournal(
        _ done: RestoreDone, _ subject: Subject, on target: ConnectionParameters
    ) async throws -> [String] {
        try await JournalCheck(folder: subject.folder, done: done, jobs: request.jobs).run(
            on: target, settings: settings(encoding: "UTF8"), isTemporary: request.makesDatabase)
    }

    private func work(_ subject: Subject, _ journal: RestoreJournal?, _ done: RestoreDone) -> RestoreWork {
        RestoreWork(
            folder: subject.folder, request: request, statements: subject.statements, progress: progress,
            journal: journal, done: done)
    }

    func result(
        _ folder: ArchiveFolder, _ counts: RestoreMeter.Counts, _ roles: RoleReferences, steps: [String]?
    ) -> RestoreResult {
        RestoreResult(
            database: request.into, created: request.creates && !request.isDryRun, sourceDatabase: folder.database,
            set: folder.manifest?.set, source: folder.path,
            tables: counts.tables,
            rows: counts.rows, bytes: counts.bytes, largeObjects: counts.largeObjects, entries: counts.entries,
            durationS: 0, omittedRoles: roles.absent.map(\.string).sorted(), skipped: nil, swept: [],
            warnings: counts.warnings, dryRun: request.isDryRun, steps: steps)
    }

    func statements(_ folder: ArchiveFolder, _ roles: RoleReferences) -> EntryStatements {
        EntryStatements(
            roles: roles, skipsOwners: request.skipsOwners,
            entries: Dictionary(
                folder.toc.entries.map { ($0.dumpID, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    private func restoreIntoNew(
        _ subject: Subject, _ database: TemporaryDatabase, isBegun: Bool, over admin: Connection
    ) async throws -> RestoreWork {
        let folder = subject.folder
        let entry = folder.toc.entries.first { $0.kind == .database }
        let about = DatabaseStatements(of: folder.toc, statements: subject.statements)
        var isMade = isBegun
        var isComplete = false
        do {
            if !isMade { try await database.create(like: entry, encoding: folder.encoding) }
            isMade = true
            try await database.refuseEarlier()
            let inside = server.setting("dbname", database.name)
            let (journal, done) = try await journal(
                subject.purpose, on: inside, hasJournal: folder.isHalfRestored)
            let warnings = try await checkJournal(done, subject, on: inside)
            let work = work(subject, journal, done)
            warnings.forEach(work.meter.warn)
            func apply(_ statements: [ArchiveText]) async throws {
                let settings = settings(encoding: folder.encoding)
                try await Connection.with(inside, settings: settings) { connection in
                    try await connection.run { session in
                        try EntryRunner.prepare(session, standardStrings: folder.usesStandardStrings)
                        try database.apply(statements, archivedName: about.name, in: session)
                    }
                }
            }
            try await apply(about.before)
            try await work.perform(on: inside, settings: settings(encoding:)) {
                try await apply(about.after)
                if request.resumes { try await waitForPlace(over: admin) }
            }
            isComplete = true
            if request.replaces {
                let replaced = ReplacedDatabase(name: request.into, admin: admin)
                if let warning = try await replaced.giveWay(to: database.name) { work.meter.warn(warning) }
            } else {
                try await database.publish()
            }
            return work
        } catch {
            // There is nothing to go on with; a server that was asked and not heard may have made it all the same.
            guard isMade else {
                try? await Task { try await database.drop() }.value
                throw error
            }
            // Whoever wants to go on with it does not want to begin again; without its journal nobody could.
            if (error as? Failure)?.code == .restoreResumeRows { throw error }
            guard !request.resumes || isComplete else {
                throw resumable(Self.failure(of: error), in: database.name)
            }
            throw await dropped(database, because: error, isResumable: !isComplete)
        }
    }

    /// What stands in the way of the change of names is better found while the journal is still there.
    private func waitForPlace(over admin: Connection) async throws {
        guard request.replaces else { return }
        let replaced = ReplacedDatabase(name: request.into, admin: admin)
        try await RetryPolicy(attempts: 20).run(
            isRetryable: { ($0 as? Failure)?.code == .restoreTargetInUse },
            { try await replaced.refuseSessions() })
    }

    /// Drops the database in a task of its own: the caller's may be cancelled.
    private func dropped(_ database: TemporaryDatabase, because error: any Error, isResumable: Bool) async -> any Error
    {
        do {
            try await Task { try await database.drop() }.value
            return error
        } catch let trouble {
            var failure = Self.failure(of: error)
            failure.add(
                detail:
                    "\(database.name) could not be dropped (\(trouble)); the next restore without --resume does that.")
            return isResumable ? resumable(failure, in: database.name) : failure
        }
    }

    private func restoreIntoExisting(_ subject: Subject) async throws -> RestoreWork {
        let target = server.setting("dbname", request.into)
        // What is left of the interrupted run may still be about to go.
        let lock = try await JobLock.acquire(
            "restore", on: target, settings: settings(encoding: "UTF8"),
            wait: request.resumes ? max(wait, TemporaryDatabase.vanishing) : wait)
        let work: RestoreWork
        do {
            if try await unfinished(in: request.into, subject.purpose, isLockHeld: true) == nil {
                try await checkEmpty(target)
            }
            let (journal, done) = try await journal(
                subject.purpose, on: target, hasJournal: subject.folder.isHalfRestored)
            let warnings = try await checkJournal(done, subject, on: target)
            work = self.work(subject, journal, done)
            warnings.forEach(work.meter.warn)
        } catch {
            await lock.release()
            throw error
        }
        do {
            try await work.perform(on: target, settings: settings(encoding:))
        } catch {
            await lock.release()
            throw leavingBehind(error, isResumable: work.journal != nil)
        }
        await lock.release()
        return work
    }

    /// A database that was there before is not ours to drop.
    private func leavingBehind(_ error: any Error, isResumable: Bool) -> any Error {
        var failure = Self.failure(of: error)
        failure.add(detail: "The database \(request.into) holds a part of the archive now.")
        let next =
            isResumable
            ? "run the same command with --resume: it goes on; to begin again, drop and create it first"
            : "drop and create it again before the next try, or use --create"
        let own = failure.category == .interrupted ? nil : failure.hint
        failure.hint = [own, next]
            .compactMap { $0 }.joined(separator: "\n")
        return failure
    }

    private static func failure(of error: any Error) -> Failure {
        // Whichever worker was the first to notice, and whatever its server said: somebody has stopped it.
        guard !Task.isCancelled else { return Failure(.runInterrupted, "stopped before it was done") }
        return switch error {
        case let failure as Failure: failure
        case let server as PostgresError: Failure(server)
        default: Failure(.runInterrupted, "stopped before it was done")
        }
    }
}
