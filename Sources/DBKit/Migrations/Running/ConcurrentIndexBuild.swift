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
        do {
            try await statement.execute()
        } catch let error as PostgresError where !error.isConnectionLost && error.kind == .server {
            // First what the index says about its keys, then it goes.
            throw try await connection.run { session in try failure(error, in: session) }
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
        let left = try await connection.run { session in try InvalidIndex.unnamed(on: index.table, in: session) }
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

    private func failure(_ error: PostgresError, in session: Session) throws -> StatementFailure {
        var failure = StatementFailure(
            place: StatementPlace(section: statement.run.section.section, place: statement.place), error: error)
        guard let left = try? InvalidIndex.find(index, in: session), !left.isValid, !left.isBeingBuilt else {
            return failure
        }
        if error.sqlState == .uniqueViolation {
            failure.code = .migrationDuplicates
            failure.error.message = "unique index \(left.name): \(index.table.name) has rows with the same key"
            failure.detail = samples(left, in: session)
            failure.error.hint =
                "find them all with SELECT \(left.keys), count(*) FROM \(index.table.name) GROUP BY \(left.keys) HAVING count(*) > 1; mend them, and run the same command again"
        }
        do {
            try left.drop(in: session, within: request.maximumWait)
        } catch {
            failure.detail = [failure.detail, "\(left.label) was left INVALID; the next run drops it."].compactMap {
                $0
            }
            .joined(separator: "\n")
        }
        return failure
    }

    /// Up to five keys that occur more than once; looking for them takes a scan, and no more than ten seconds.
    private func samples(_ index: InvalidIndex, in session: Session) -> String? {
        let keys = ServerText(catalog: index.keys)
        let filter: SQLFragment = index.predicate.map { "WHERE \(ServerText(catalog: $0))" } ?? ""
        let lines = try? session.transaction(.readOnly) { session in
            try session.execute("SET LOCAL statement_timeout = '10s'")
            let query: Query = """
                SELECT ROW(\(keys))::text AS key, count(*) AS times FROM \(try self.index.table.sql()) \(filter)
                GROUP BY \(keys) HAVING count(*) > 1 ORDER BY count(*) DESC LIMIT 5
                """
            return try session.rows(query).map { row -> String in
                let (key, times): (String, Int) = (try row.value("key"), try row.value("times"))
                return "\(key) \(times) times"
            }
        }
        guard let lines, !lines.isEmpty else { return nil }
        return "\(index.keys): \(lines.joined(separator: ", "))"
    }
}
