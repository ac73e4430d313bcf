import Operations
import Postgres
import Storage
import Tools

/// The schema of exactly the holder's snapshot, and roles and tablespaces, by PostgreSQL's own programs.
struct SchemaDump: Sendable {
    let request: BackupRequest
    let tools: ClientTools
    let serverMajor: Int

    /// `pg_dump` takes its own locks on tables that the holder has locked already. Somebody who queued for ACCESS
    /// EXCLUSIVE in between stands before it, and waits for the holder: `pg_dump` would wait for ever. It has a limit
    /// for that.
    ///
    /// - Returns: nil when somebody was in the way: the holder must let go, so that the other gets his turn.
    func schema(of holder: SnapshotHolder, into folder: String, deadline: ContinuousClock.Instant) async throws
        -> ArchiveTOC?
    {
        let lockWait = min(.seconds(5), max(.milliseconds(500), deadline - .now))
        let server = try connection()
        let outcome = try await holder.watching {
            try await tools.dumpSchema(
                into: folder, of: server, snapshot: holder.snapshot, encoding: holder.server.encoding,
                lockWait: lockWait)
        }
        guard !outcome.isSuccess else {
            return try ArchiveTOC(parsing: InputFile(opening: "\(folder)/toc.dat").readAll())
        }
        let locked = holder.relations.filter(\.isLockable).map(\.oid)
        guard let contention = try await holder.connection.run({ try LockContention.find($0, locked) }) else {
            throw try failure(outcome, holder)
        }
        guard ContinuousClock.now < deadline else { throw contention }
        return nil
    }

    func globals(of holder: SnapshotHolder) async throws -> String {
        let server = try connection()
        return try await holder.watching {
            try await tools.dumpGlobals(of: server, withPasswords: request.includesRolePasswords)
        }
    }

    /// A full disk is one, whichever program met it first (B2); and so is a full lock table (B19).
    private func failure(_ outcome: ToolOutcome, _ holder: SnapshotHolder) throws -> Failure {
        var failure = outcome.failure("pg_dump --schema-only")
        let tables = holder.relations.count(where: \.isLockable)
        if tables > holder.server.lockCapacity {
            let detail = failure.detail
            failure = TableLocks.full(tables, holder.server)
            failure.detail = detail
        }
        guard let free = try request.repository.freeBytes(), free < 1 << 16 else { return failure }
        return Failure(
            .diskFull, "\(request.repository.location) is full: \(free) bytes are free", detail: failure.detail,
            hint: "free space there, or choose another repository with --repo")
    }

    private func connection() throws -> ToolConnection {
        try ToolConnection(
            request.server, applicationName: request.applicationName, serverMajor: serverMajor)
    }
}
