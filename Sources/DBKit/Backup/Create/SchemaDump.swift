import Operations
import Postgres
import Storage

/// Brings a snapshot with all its locks and the schema of exactly that snapshot together.
///
/// `pg_dump` takes its own locks on tables that the holder has locked already. Somebody who queued for ACCESS EXCLUSIVE
/// in between stands before it, and waits for the holder: `pg_dump` would wait for ever. It has a limit for that; then
/// the holder lets go, the other gets its turn, and everything begins again, as often as `--lock-wait` allows.
struct SchemaDump: Sendable {
    private let request: BackupRequest

    init(_ request: BackupRequest) {
        self.request = request
    }

    func run(into folder: String) async throws -> (SnapshotHolder, ArchiveTOC) {
        let deadline = ContinuousClock.now + request.lockWait
        while true {
            let holder = try await SnapshotHolder.open(
                request.server, applicationName: request.applicationName, lockWait: request.lockWait, deadline: deadline
            )
            do {
                let (outcome, toc) = try await dump(holder, into: folder, deadline: deadline)
                if let toc { return (holder, toc) }
                let locked = holder.relations.filter(\.isLockable).map(\.oid)
                let contention = try await holder.connection.run { try LockContention.find($0, locked) }
                guard let contention else { throw try failure(outcome) }
                guard ContinuousClock.now < deadline else { throw contention }
            } catch {
                await holder.close()
                throw error
            }
            await holder.close()
            try Folder.remove(folder)
        }
    }

    func globals(serverMajor: Int) async throws -> String {
        let tools = try await ClientTools.find(serverMajor: serverMajor, request.tools)
        return try await tools.dumpGlobals(of: try connection(), withPasswords: request.includesRolePasswords)
    }

    /// A full disk is one, whichever program met it first (B2).
    private func failure(_ outcome: ToolOutcome) throws -> Failure {
        let failure = outcome.failure("pg_dump --schema-only")
        guard let free = try request.repository.freeBytes(), free < 1 << 16 else { return failure }
        return Failure(
            .diskFull, "\(request.repository.location) is full: \(free) bytes are free", detail: failure.detail,
            hint: "free space there, or choose another repository with --repo")
    }

    private func dump(
        _ holder: SnapshotHolder, into folder: String, deadline: ContinuousClock.Instant
    ) async throws -> (ToolOutcome, ArchiveTOC?) {
        let tools = try await ClientTools.find(serverMajor: holder.server.major, request.tools)
        let left = max(.milliseconds(500), deadline - .now)
        let outcome = try await tools.dumpSchema(
            into: folder, of: try connection(), snapshot: holder.snapshot, encoding: holder.server.encoding,
            lockWait: min(.seconds(5), left))
        guard outcome.isSuccess else { return (outcome, nil) }
        let bytes = try InputFile(opening: "\(folder)/toc.dat").readAll()
        return (outcome, try ArchiveTOC(parsing: bytes))
    }

    private func connection() throws -> ToolConnection {
        try ToolConnection(request.server, applicationName: request.applicationName)
    }
}
