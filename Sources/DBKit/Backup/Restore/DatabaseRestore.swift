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
        var result = try await Connection.with(place, settings: settings(encoding: "UTF8")) {
            try await request.isExcerpt ? restoreExcerpt(folder, over: $0) : restore(folder, over: $0)
        }
        result.durationS = (ContinuousClock.now - begin) / .seconds(1)
        return result
    }

    private func restore(_ folder: ArchiveFolder, over admin: Connection) async throws -> RestoreResult {
        try await refusePooler(admin)
        var swept = TemporaryDatabase.Swept()
        if request.makesDatabase, !request.isDryRun {
            swept = try await TemporaryDatabase.sweep(
                target: request.into, over: admin, removal: removal, wait: wait)
        }
        try await checkTarget(over: admin)
        let roles = try await roles(for: folder, over: admin)
        try await check(folder)
        let totalBytes = folder.toc.entries.reduce(0) { $0 + folder.bytes($1) }
        let work = RestoreWork(
            folder: folder, request: request, statements: statements(folder, roles),
            meter: RestoreMeter(sink: progress, totalBytes: totalBytes))
        var steps: [String]?
        if request.isDryRun {
            steps = try await work.steps + loss(over: admin)
        } else if request.makesDatabase {
            try await restoreIntoNew(work, over: admin)
        } else {
            try await restoreIntoExisting(work)
        }
        var result = result(folder, work.meter.counts, roles, steps: steps)
        result.swept = swept.names
        result.warnings = swept.warnings + result.warnings
        return result
    }

    func result(
        _ folder: ArchiveFolder, _ counts: RestoreMeter.Counts, _ roles: RoleReferences, steps: [String]?
    ) -> RestoreResult {
        RestoreResult(
            database: request.into, created: request.creates, set: folder.manifest?.set, source: folder.path,
            tables: counts.tables,
            rows: counts.rows, bytes: counts.bytes, largeObjects: counts.largeObjects, entries: counts.entries,
            durationS: 0, omittedRoles: roles.absent.map(\.string).sorted(), swept: [],
            warnings: counts.warnings, steps: steps)
    }

    func statements(_ folder: ArchiveFolder, _ roles: RoleReferences) -> EntryStatements {
        EntryStatements(
            roles: roles, skipsOwners: request.skipsOwners,
            entries: Dictionary(
                folder.toc.entries.map { ($0.dumpID, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    private func restoreIntoNew(_ work: RestoreWork, over admin: Connection) async throws {
        let database = TemporaryDatabase(run: run, target: request.into, admin: admin, removal: removal)
        let entry = work.folder.toc.entries.first { $0.kind == .database }
        let about = DatabaseStatements(of: work.folder.toc, statements: work.statements)
        do {
            try await database.create(like: entry, encoding: work.folder.encoding)
            let inside = server.setting("dbname", database.name)
            func apply(_ statements: [ArchiveText]) async throws {
                let settings = settings(encoding: work.folder.encoding)
                try await Connection.with(inside, settings: settings) { connection in
                    try await connection.run { session in
                        try EntryRunner.prepare(session, standardStrings: work.folder.usesStandardStrings)
                        try database.apply(statements, archivedName: about.name, in: session)
                    }
                }
            }
            try await apply(about.before)
            try await work.perform(on: inside, settings: settings(encoding:))
            try await apply(about.after)
            if request.replaces {
                let replaced = ReplacedDatabase(name: request.into, admin: admin)
                if let warning = try await replaced.giveWay(to: database.name) { work.meter.warn(warning) }
            } else {
                try await database.publish()
            }
        } catch {
            throw await Self.dropped(database, because: error)
        }
    }

    /// Drops the database in a task of its own: the caller's may be cancelled.
    private static func dropped(_ database: TemporaryDatabase, because error: any Error) async -> any Error {
        do {
            try await Task { try await database.drop() }.value
            return error
        } catch let trouble {
            var failure = Self.failure(of: error)
            failure.add(
                detail: "The database \(database.name) could not be dropped (\(trouble)); the next restore tries again."
            )
            return failure
        }
    }

    private func restoreIntoExisting(_ work: RestoreWork) async throws {
        let target = server.setting("dbname", request.into)
        let lock = try await JobLock.acquire("restore", on: target, settings: settings(encoding: "UTF8"), wait: wait)
        do {
            try await checkEmpty(target)
        } catch {
            await lock.release()
            throw error
        }
        do {
            try await work.perform(on: target, settings: settings(encoding:))
        } catch {
            await lock.release()
            throw leavingBehind(error)
        }
        await lock.release()
    }

    /// A database that was there before is not ours to drop.
    private func leavingBehind(_ error: any Error) -> any Error {
        var failure = Self.failure(of: error)
        failure.add(detail: "The database \(request.into) holds a part of the archive now.")
        failure.hint = [failure.hint, "Drop and create it again before the next try, or use --create."]
            .compactMap { $0 }.joined(separator: " ")
        return failure
    }

    private static func failure(of error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let server as PostgresError: Failure(server)
        default: Failure(.runInterrupted, "stopped before it was done")
        }
    }
}
