import Operations
import Postgres

/// A statement that the server takes in no transaction. Its end cannot be recorded together with it, so its beginning
/// is recorded before, and what an interrupted one left is looked for first.
struct LoneStatement: Sendable {
    let run: SectionRun
    let place: Int
    let reason: String
    /// Whether an earlier run had begun it and never said how it ended.
    let inFlight: SectionRun.InFlight

    /// It may be done already.
    var wasInFlight: Bool { inFlight == .yes }

    private var kind: StatementKind { run.section.kinds[place] }
    private var section: MigrationSection { run.section.section }
    /// See ``SegmentedSection/settings(before:)``.
    private var settings: [Int] { run.section.settings(before: place) }
    private var request: MigrationRequest { run.request }

    func run(next: Int?) async throws {
        let begun = ContinuousClock.now
        if inFlight != .no, kind.mayCommit { throw outcomeUnknown() }
        try await run.connection.run { session in try run.record(place, .zero, isInFlight: true, in: session) }
        do {
            try await failing {
                try await run.connection.run { session in
                    for earlier in settings { try section.send(earlier, in: session) }
                }
                try await perform()
            }
        } catch {
            let failure = (error as? StatementFailure).map(keptWhatItCommitted)
            // The server said no: nothing of it is done, and nobody needs to ask what became of it.
            let isRefused = failure?.error.kind == .server && failure?.code != .migrationOutcomeUnknown
            _ = try? await run.connection.run { session in
                try reset(session)
                if isRefused || isUnsent(error) { try run.record(place, .zero, in: session) }
            }
            throw failure ?? error
        }
        try await run.connection.run { session in
            try reset(session)
            try run.record(next, ContinuousClock.now - begun, in: session)
        }
    }

    /// Somebody else is building an index of that name: this run has begun nothing of its own.
    func isUnsent(_ error: any Error) -> Bool {
        inFlight == .no && (error as? Failure)?.code == .lockHeld
    }

    /// DO and CALL may have committed before they failed: what they did until then stays, and only a person can tell how
    /// far it came.
    private var mayHaveCommitted: Bool {
        guard kind.mayCommit else { return false }
        let text = section.text(section.statements[place]).lowercased()
        // A block that neither commits nor calls what may is undone as a whole.
        return text.contains("commit") || text.contains("call")
    }

    private func keptWhatItCommitted(_ failure: StatementFailure) -> StatementFailure {
        guard mayHaveCommitted, failure.error.kind == .server, failure.code == nil else { return failure }
        var kept = failure
        kept.code = .migrationOutcomeUnknown
        kept.detail = [failure.detail, "What it committed before it failed stays."].compactMap { $0 }
            .joined(separator: "\n")
        kept.error.hint = outcomeUnknown().error.hint
        return kept
    }

    private func reset(_ session: Session) throws {
        if kind.mayChangeSession || !settings.isEmpty { try session.reset() }
    }

    private func perform() async throws {
        let words = section.statements[place].words(in: section.script)
        if let index = ConcurrentIndex(words: words) {
            try await ConcurrentIndexBuild(statement: self, index: index).run()
        } else if let detach = ConcurrentDetach(words: words) {
            try await perform(detach)
        } else if wasInFlight, let dropped = ConcurrentDrop(words: words) {
            let isGone = try await run.connection.run { session in try dropped.isDone(in: session) }
            if !isGone { try await execute() }
        } else {
            if case .alone(let name) = kind.boundary, name.hasPrefix("REINDEX") { try await sweepReindex() }
            try await execute()
        }
    }

    /// Sends it with the timeouts that its kind is to have, and tries again where it lost a race for a lock.
    ///
    /// - Parameter refused: Sees to what the server's no left, after each try, and describes it.
    func execute(
        _ instead: Query? = nil, refused: (@Sendable (PostgresError) async throws -> StatementFailure)? = nil
    ) async throws {
        let watch = ConcurrentWatch(
            request: request, statement: section.script.summary(of: section.statements[place], limit: 80))
        let attempt: @Sendable () async throws -> Void = { [self] in
            try await watch.run(isConcurrent: kind.isConcurrent, on: run.connection) {
                try await run.connection.run { session in try send(instead, in: session) }
            }
        }
        // What has committed a part would do that part twice.
        if mayHaveCommitted { return try await attempt() }
        let race = LockRace(request, run.migration, on: run.connection, lockTimeout: lockTimeout)
        _ = try await race.run { [self] in
            guard let refused else { return try await failing(attempt) }
            do {
                try await attempt()
            } catch let error as PostgresError where !error.isConnectionLost && error.kind == .server {
                throw try await refused(error)
            }
        }
    }

    /// A timeout of a CONCURRENTLY form would leave debris, and its waits stall nobody (conventions, Safety 1).
    private var lockTimeout: Duration {
        kind.isConcurrent ? .zero : section.directives.lockTimeout ?? request.lockTimeout
    }

    private func send(_ instead: Query?, in session: Session) throws {
        let statementTimeout = section.directives.statementTimeout ?? request.statementTimeout
        try session.limit(.lock, to: lockTimeout, isLocal: false)
        try session.limit(.statement, to: statementTimeout, isLocal: false)
        defer { restoreTimeouts(in: session) }
        if let instead { try session.execute(instead) } else { try section.send(place, in: session) }
    }

    private func restoreTimeouts(in session: Session) {
        guard session.isUsable else { return }
        try? session.limit(.lock, to: request.lockTimeout, isLocal: false)
        try? session.limit(.statement, to: request.statementTimeout, isLocal: false)
    }

    // What an interrupted one left

    /// A detach that was interrupted is pending, and is finished; one whose end was not recorded is done.
    private func perform(_ detach: ConcurrentDetach) async throws {
        let state = try await run.connection.run { session in try detach.state(in: session) }
        switch state {
        case .attached: try await execute()
        case .pending:
            request.onEvent(.cleaned("the interrupted detach of \(detach.child.name) is finished"))
            try await execute(detach.finalize)
        case .detached where wasInFlight: break
        case .detached: try await execute()
        }
    }

    /// An interrupted REINDEX CONCURRENTLY leaves `…_ccnew` or `…_ccold` behind.
    private func sweepReindex() async throws {
        let dropped = try await run.connection.run { session in
            try InvalidIndex.sweepReindexed(in: session, within: request.maximumWait)
        }
        for name in dropped { request.onEvent(.cleaned("dropped \(name), left by an interrupted REINDEX")) }
    }

    /// Nobody but a person can tell.
    func outcomeUnknown() -> StatementFailure {
        let key = run.migration.key
        var failure = StatementFailure(
            place: StatementPlace(section: section, place: place),
            error: PostgresError(
                .server, "it was under way when an earlier run ended, and nothing tells whether it is done",
                hint:
                    "look at what it does; then dbctl migrate repair --done \(key) when it is done, or --again \(key) when it is not"
            ))
        failure.code = .migrationOutcomeUnknown
        return failure
    }

    private func failing(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as PostgresError {
            throw StatementFailure(place: StatementPlace(section: section, place: place), error: error)
        }
    }
}
