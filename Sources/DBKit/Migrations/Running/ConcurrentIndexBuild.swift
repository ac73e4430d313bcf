import Operations
import Postgres

/// CREATE INDEX CONCURRENTLY that ends with a valid index or with none.
struct ConcurrentIndexBuild: Sendable {
    let statement: LoneStatement
    let index: ConcurrentIndex

    private var connection: Connection { statement.run.connection }
    private var request: MigrationRequest { statement.run.request }

    func run() async throws {
        if try await clearTheWay() { return }
        let earlier = try await connection.run { session in try unnamed(in: session).map(\.oid) }
        // Before another try, too: each that fails leaves an index of its own.
        try await statement.execute { error in
            try await connection.run { session in try failure(error, beside: earlier, in: session) }
        }
        try await check()
    }

    /// Removes what an interrupted build left.
    ///
    /// - Returns: True when the index is there already, built by the run that could not record it.
    private func clearTheWay() async throws -> Bool {
        let deadline = ContinuousClock.now + request.wait
        if index.name == nil { return try await clearUnnamed() }
        while let found = try await connection.run({ session in try InvalidIndex.find(index, in: session) }) {
            if found.isValid { return statement.wasInFlight }
            guard let build = found.build else {
                try await connection.run { [request] session in
                    try found.drop(in: session, within: request.maximumWait)
                }
                request.onEvent(.cleaned("dropped \(found.label), INVALID since a build of it was interrupted"))
                return false
            }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    .lockHeld, "\(build.who) is building \(found.label) at this moment",
                    detail: "Its phase: \(build.phase ?? "not visible to this role")\nNothing was changed.",
                    hint:
                        "should it be stuck, `dbctl pool doctor` says what it waits for, and `dbctl pool kill --pid \(build.pid) --yes` ends it; run the same command again when it is done, or wait longer with --wait 10m"
                )
            }
            try await Task.sleep(for: .milliseconds(250))
        }
        return false
    }

    /// The server chose the name of the one that was interrupted. An INVALID index that looks like it is removed; when
    /// there is none, the build may have ended well after its client died, and a second one would be one too many.
    private func clearUnnamed() async throws -> Bool {
        guard statement.inFlight != .no else { return false }
        let left = try await connection.run { session in try unnamed(in: session).filter { !$0.isBeingBuilt } }
        guard !left.isEmpty else { throw statement.outcomeUnknown() }
        for found in left {
            try await connection.run { [request] session in try found.drop(in: session, within: request.maximumWait) }
            request.onEvent(.cleaned("dropped \(found.label), INVALID since a build of it was interrupted"))
        }
        return false
    }

    /// `IF NOT EXISTS` says yes to an INVALID index; we do not.
    private func check() async throws {
        let found = try await connection.run { session in try InvalidIndex.find(index, in: session) }
        guard let name = index.name, found?.isValid != true else { return }
        let why =
            found.map { "\($0.label) exists and is INVALID: no query can use it" }
            ?? "\(name) exists, but not on \(index.table.name): nothing was built"
        throw StatementFailure(
            place: StatementPlace(section: statement.run.section.section, place: statement.place),
            error: PostgresError(.server, why, hint: "rename or drop the one that is in the way"))
    }

    /// Those that an index without a name may be; none where the statement names it.
    private func unnamed(in session: Session) throws -> [InvalidIndex] {
        index.name == nil ? try InvalidIndex.unnamed(on: index.table, in: session) : []
    }

    /// What the build that just failed left: of this name, or the newest that the server named since. A build holds its
    /// table against all others.
    private func leftover(beside earlier: [Int64], in session: Session) throws -> InvalidIndex? {
        let newest = try unnamed(in: session).first { !earlier.contains($0.oid) }
        guard let found = try newest ?? InvalidIndex.find(index, in: session), !found.isValid, !found.isBeingBuilt
        else { return nil }
        return found
    }

    /// First what the index says about its keys, then it goes.
    private func failure(
        _ error: PostgresError, beside earlier: [Int64], in session: Session
    ) throws -> StatementFailure {
        var failure = StatementFailure(
            place: StatementPlace(section: statement.run.section.section, place: statement.place), error: error)
        guard let left = try? leftover(beside: earlier, in: session) else { return failure }
        if error.sqlState == .uniqueViolation, let rows = try? DuplicateRows(under: left, in: session) {
            failure.code = .migrationDuplicates
            failure.error.message = "unique index \(left.name): \(rows.table) has rows with the same key"
            failure.detail = rows.samples(in: session)
            failure.error.hint = "find them all with \(rows.query); mend them"
        }
        do {
            try left.drop(in: session, within: request.maximumWait)
        } catch {
            let remedy =
                index.name == nil
                ? "DROP INDEX CONCURRENTLY \(try identifier(left.schema, left.name).typed) ends that"
                : "the next run drops it"
            failure.detail = [failure.detail, "\(left.label) was left INVALID; \(remedy)."].compactMap { $0 }
                .joined(separator: "\n")
        }
        return failure
    }
}
