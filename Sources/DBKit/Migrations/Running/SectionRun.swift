import Operations
import Postgres

/// Runs one section of one migration: segment after segment, each recorded in the history together with its work, so
/// that wherever it is killed the next run knows exactly what is done.
struct SectionRun: Sendable {
    enum Direction: Sendable {
        case up, down
    }

    let request: MigrationRequest
    let connection: Connection
    let migration: Migration
    let section: SegmentedSection
    let direction: Direction
    /// Run before the section, in its first transaction.
    var hook: SegmentedSection?
    var foreignLocks: [ForeignLock] = []
    /// Where an earlier run had come to, as a place among the statements; nil for a first run.
    var start: Int?
    /// What is known of the statement at `start`.
    var inFlight = InFlight.no

    /// Whether a statement that runs in no transaction was begun by a run that never said what became of it.
    enum InFlight: Sendable, Hashable {
        case no
        case yes
        /// It was, and its text is another one now.
        case changed
    }

    /// - Returns: How often a transaction had to be run again.
    func run() async throws -> Int {
        let begun = ContinuousClock.now
        request.onEvent(
            .started(
                migration: migration.label, isUndo: direction == .down, statements: section.section.statements.count,
                resumingAt: start.map { $0 + 1 }))
        var repeated = 0
        let segments = remaining()
        if segments.isEmpty {
            try await connection.run { [self] session in
                try session.transaction { session in try record(nil, .zero, in: session) }
            }
        }
        for (place, segment) in segments.enumerated() {
            let next = place + 1 < segments.count ? segments[place + 1].statements.lowerBound : nil
            let isFirst = place == 0 && start == nil
            do {
                switch segment.kind {
                case .transaction:
                    repeated += try await runTransaction(segment, next: next, hook: isFirst ? hook : nil)
                case .alone(let reason):
                    if isFirst { try await runHookAlone() }
                    let lone = LoneStatement(
                        run: self, place: segment.statements.lowerBound, reason: reason,
                        inFlight: place == 0 ? inFlight : .no)
                    do {
                        try await lone.run(next: next)
                    } catch {
                        guard lone.isUnsent(error), var busy = error as? Failure else { throw error }
                        if isFirst { await forgetBeginning() } else { busy.category = .partial }
                        throw busy
                    }
                }
            } catch let failure as StatementFailure {
                // What is not known to be undone counts as done.
                let isUntouched = start == nil && place == 0 && failure.code != .migrationOutcomeUnknown
                if isUntouched, !segment.isTransaction { await forgetBeginning() }
                throw describe(failure, segment, isUntouched: isUntouched)
            }
        }
        request.onEvent(
            .finished(migration: migration.label, isUndo: direction == .down, duration: ContinuousClock.now - begun))
        return repeated
    }

    /// What an earlier run has not done.
    private func remaining() -> [Segment] {
        guard let start else { return section.segments }
        return section.segments.filter { $0.statements.upperBound > start }
    }

    // Transactions

    private func runTransaction(_ segment: Segment, next: Int?, hook: SegmentedSection?) async throws -> Int {
        let lockTimeout = section.section.directives.lockTimeout ?? request.lockTimeout
        return try await LockRace(request, migration, on: connection, lockTimeout: lockTimeout).run { [self] in
            try await connection.run { [self] session in
                try transact(segment, next: next, hook: hook, in: session)
            }
        }
    }

    private func transact(_ segment: Segment, next: Int?, hook: SegmentedSection?, in session: Session) throws {
        let begun = ContinuousClock.now
        var changesSession = false
        var last = StatementPlace(section: section.section, place: segment.statements.lowerBound)
        do {
            try session.transaction { session in
                try ForeignLock.take(foreignLocks, wait: request.wait, in: session)
                var budget = LockBudget(
                    limit: section.section.directives.lockTimeout ?? request.lockTimeout,
                    inForce: request.lockTimeout)
                if let timeout = section.section.directives.statementTimeout {
                    try session.limit(.statement, to: timeout, isLocal: true)
                }
                for (part, places) in parts(of: segment, hook) {
                    for place in places {
                        last = StatementPlace(section: part.section, place: place)
                        try run(part, place, &budget, in: session)
                        changesSession = changesSession || part.kinds[place].mayChangeSession
                    }
                }
                if changesSession { try session.resetForCommit() }
                try record(next, ContinuousClock.now - begun, in: session)
            }
        } catch let error as PostgresError {
            throw StatementFailure(place: last, error: error)
        }
        if changesSession { try session.reset() }
    }

    /// What runs in a transaction: the hook, the settings that it was written for, its statements.
    private func parts(of segment: Segment, _ hook: SegmentedSection?) -> [(SegmentedSection, [Int])] {
        let own = (section, section.settings(before: segment.statements.lowerBound) + Array(segment.statements))
        return hook.map { [($0, Array($0.kinds.indices)), own] } ?? [own]
    }

    private func run(
        _ part: SegmentedSection, _ place: Int, _ budget: inout LockBudget, in session: Session
    ) throws {
        try budget.apply(in: session)
        let begun = ContinuousClock.now
        try part.section.send(place, in: session)
        budget.didRun(part.kinds[place], for: ContinuousClock.now - begun)
    }

    /// In front of a statement that stands alone, the hook is a transaction of its own.
    private func runHookAlone() async throws {
        guard let hook, !hook.kinds.isEmpty else { return }
        try await connection.run { session in
            do {
                try session.transaction { session in
                    for place in hook.kinds.indices { try hook.section.send(place, in: session) }
                    try session.resetForCommit()
                }
            } catch let error as PostgresError {
                throw StatementFailure(place: StatementPlace(section: hook.section, place: 0), error: error)
            }
            try session.reset()
        }
    }

    // The history

    /// - Parameters:
    ///   - next: The place at which a run goes on; nil when all is done.
    ///   - isInFlight: It is about to be begun.
    func record(_ next: Int?, _ duration: Duration, isInFlight: Bool = false, in session: Session) throws {
        do {
            try write(next, duration, isInFlight, in: session)
        } catch let error as PostgresError {
            guard error.kind == .server, !error.isRetryable else { throw error }
            throw Failure(error, while: "writing the history of migrations (dbctl.migrations)")
        }
    }

    private func write(_ next: Int?, _ duration: Duration, _ isInFlight: Bool, in session: Session) throws {
        switch (direction, next) {
        case (.up, let next):
            let progress = MigrationHistory.Progress(
                state: next == nil ? .applied : .partial, resumeAt: next.map { $0 + 1 },
                isInFlight: isInFlight, duration: duration)
            try MigrationHistory.record(migration, progress, run: request.run.id, in: session)
        case (.down, let next?):
            try MigrationHistory.record(undoing: migration, at: next + 1, isInFlight: isInFlight, in: session)
        case (.down, nil): try MigrationHistory.forget(migration.key, in: session)
        }
    }

    /// The first statement was a lone one, failed, and left nothing: then nothing was begun.
    private func forgetBeginning() async {
        try? await connection.run { [self] session in
            switch direction {
            case .up: try MigrationHistory.forget(migration.key, in: session)
            case .down: try MigrationHistory.record(undoing: migration, at: nil, in: session)
            }
        }
    }

    private func describe(_ failure: StatementFailure, _ segment: Segment, isUntouched: Bool) -> Failure {
        var described = failure.described(migration: migration, isUntouched: isUntouched)
        let place = failure.place.place + 1
        if described.category == .interrupted {
            guard !segment.isTransaction else { return described }
            described.detail = "\(migration.label): statement \(place) was under way, outside of a transaction."
            described.hint =
                "run the same command again: it goes on there, and first removes what the statement left (an INVALID index)"
            return described
        }
        guard !isUntouched else { return described }
        let done = segment.statements.lowerBound
        let isUnknown = failure.code == .migrationOutcomeUnknown
        described.code = isUnknown ? .migrationOutcomeUnknown : .migrationPartial
        described.category = .partial
        if done > 0 { described.add(detail: "What stands before statement \(done + 1) is done and recorded.") }
        guard !isUnknown else { return described }
        let again = "run the same command again: it goes on at statement \(done + 1)"
        let error = failure.error
        let isOfTheFile = error.kind == .server && !error.isRetryable && !error.isConnectionLost
        if failure.code == .migrationDuplicates {
            described.hint = [described.hint, again].compactMap { $0 }.joined(separator: "; ")
        } else {
            let first =
                isOfTheFile
                ? "mend statement \(place) in \(failure.place.section.path)"
                : failure.blockers.isEmpty ? nil : failure.blockers.remedy
            described.hint = [first, again].compactMap { $0 }.joined(separator: ", and ")
        }
        return described
    }
}
