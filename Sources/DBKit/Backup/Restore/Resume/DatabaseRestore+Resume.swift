import Operations
import Postgres

/// How a restore finds what an interrupted one left, and goes on with it (B14).
extension DatabaseRestore {
    /// What was there when the run began.
    struct Beginning {
        var swept = TemporaryDatabase.Swept()
        /// The database to go on with, and what its journal says.
        var unfinished: (database: String, journal: RestoreJournal.Content)?
    }

    /// Sweeps what killed runs left, but for what this one is to go on with.
    ///
    /// - Throws: when that is another's work than this one's; nothing is changed then.
    func beginning(_ purpose: RestorePurpose, over admin: Connection) async throws -> Beginning {
        var beginning = Beginning()
        guard request.makesDatabase else {
            if let journal = try await unfinished(in: request.into, purpose, isLockHeld: false) {
                beginning.unfinished = (request.into, journal)
            }
            return beginning
        }
        guard !request.isDryRun else {
            guard request.resumes else { return beginning }
            let left = try await TemporaryDatabase.left(target: request.into, over: admin)
            beginning.unfinished = try await unfinished(among: left, purpose)
            return beginning
        }
        beginning.swept = try await TemporaryDatabase.sweep(
            target: request.into, over: admin, removal: removal, wait: wait, keepsOwn: request.resumes,
            isUnfinished: isUnfinished(in:))
        beginning.swept.warnings += beginning.swept.others.map {
            "the database \($0) is what a killed restore into another name left, and takes its space; "
                + "that restore goes on with --resume, or drop the database"
        }
        let left = beginning.swept.kept.sorted(by: >)
        beginning.unfinished = try await unfinished(among: left, purpose)
        for name in left where name != beginning.unfinished?.database {
            try await TemporaryDatabase.sweep(name, over: admin, removal, &beginning.swept)
        }
        return beginning
    }

    /// The first that has a journal: one without was killed before its work began, or after it was done.
    private func unfinished(
        among names: [String], _ purpose: RestorePurpose
    ) async throws -> (database: String, journal: RestoreJournal.Content)? {
        for name in names {
            do {
                guard let journal = try await journal(in: name) else { continue }
                try purpose.refuse(journal.purpose, in: name, isTemporary: true)
                return (name, journal)
            } catch let error as PostgresError where error.sqlState == .invalidCatalogName {
                throw TemporaryDatabase.takenOver(request.into)
            }
        }
        return nil
    }

    /// A database that was there before: with a journal it is not empty, and yet can be gone on with.
    ///
    /// - Parameter isLockHeld: false while another restore may still be at work in it.
    func unfinished(
        in name: String, _ purpose: RestorePurpose, isLockHeld: Bool
    ) async throws -> RestoreJournal.Content? {
        do {
            guard let journal = try await journal(in: name) else { return nil }
            if !isLockHeld { try await refuseRival(in: name) }
            guard request.resumes else { throw unfinished(journal.purpose) }
            try purpose.refuse(journal.purpose, in: name, isTemporary: false)
            return journal
        } catch let error as PostgresError where error.sqlState == .invalidCatalogName {
            throw targetMissing
        }
    }

    /// Who cannot look does not call it finished.
    private func isUnfinished(in name: String) async -> Bool {
        do {
            return try await journal(in: name) != nil
        } catch let error as PostgresError where error.sqlState == .invalidCatalogName {
            return false
        } catch {
            return true
        }
    }

    private func journal(in name: String) async throws -> RestoreJournal.Content? {
        try await Connection.with(server.setting("dbname", name), settings: settings(encoding: "UTF8")) { connection in
            try await connection.run { try RestoreJournal.read(in: $0, of: name, again: again) }
        }
    }

    /// An unfinished journal may be that of a run that is alive: then nobody is told to drop its database.
    private func refuseRival(in name: String) async throws {
        let lock = try await JobLock.acquire(
            "restore", on: server.setting("dbname", name), settings: settings(encoding: "UTF8"),
            wait: max(wait, TemporaryDatabase.vanishing))
        await lock.release()
    }

    private func unfinished(_ purpose: RestorePurpose) -> Failure {
        Failure(
            .restoreTargetNotEmpty,
            "the database \(request.into) holds a part of \(purpose.shownSource), from a restore that was interrupted",
            detail: "Nothing was changed.",
            hint: "run the same command with --resume: it goes on; to begin again, drop and create the database first")
    }

    /// How to begin again where nothing can be gone on with.
    private var again: String {
        request.makesDatabase
            ? "leave out --resume to begin again" : "drop and create the database to begin again"
    }

    /// Begins the journal of a database that is empty, or takes over the one that is there.
    ///
    /// - Parameter hasJournal: the archive is of a half-restored database and brings its journal along.
    func journal(
        _ purpose: RestorePurpose, on target: ConnectionParameters, hasJournal: Bool
    ) async throws -> (RestoreJournal?, RestoreDone) {
        try await Connection.with(target, settings: settings(encoding: "UTF8")) { connection in
            try await connection.run { session in
                let name = request.into
                guard let found = try RestoreJournal.read(in: session, of: name, again: again) else {
                    guard request.isResumable, !hasJournal else { return (nil, RestoreDone()) }
                    return (try RestoreJournal.begin(purpose, run: run, in: session), RestoreDone())
                }
                // Once more, for now nobody else can change it.
                guard request.resumes else { throw unfinished(found.purpose) }
                try purpose.refuse(found.purpose, in: request.into, isTemporary: request.makesDatabase)
                let journal = try RestoreJournal.takeOver(run: run, in: session)
                return (journal, try RestoreJournal.read(in: session, of: name, again: again)?.done ?? found.done)
            }
        }
    }

    /// Says that what is done is kept, and how to go on.
    func resumable(_ failure: Failure, in database: String) -> Failure {
        var failure = failure
        failure.add(detail: "What is restored so far is kept in \(database).")
        // Whoever stopped it is told of one way on, and not of a second one that fits any command.
        let own = failure.category == .interrupted ? nil : failure.hint
        failure.hint = [own, "run the same command with --resume: it goes on"]
            .compactMap { $0 }.joined(separator: "\n")
        return failure
    }
}
