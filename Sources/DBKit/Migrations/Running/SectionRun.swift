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

    /// - Returns: How often a transaction had to be run again.
    func run() async throws -> Int {
        let begun = ContinuousClock.now
        request.onEvent(
            .started(
                migration: migration.label, statements: section.section.statements.count,
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
                    try await LoneStatement(
                        run: self, place: segment.statements.lowerBound, reason: reason,
                        wasInFlight: place == 0 && start != nil
                    ).run(next: next)
                }
            } catch let failure as StatementFailure {
                let isUntouched = start == nil && place == 0
                if isUntouched, !segment.isTransaction { await forgetBeginning() }
                throw describe(failure, isUntouched: isUntouched)
            }
        }
        request.onEvent(.finished(migration: migration.label, duration: ContinuousClock.now - begun))
        return repeated
    }

    /// What an earlier run has not done.
    private func remaining() -> [Segment] {
        guard let start else { return section.segments }
        return section.segments.filter { $0.statements.upperBound > start }
    }

    // Transactions

    private func runTransaction(_ segment: Segment, next: Int?, hook: SegmentedSection?) async throws -> Int {
        try await request.repeating(migration) {
            try await connection.run { [self] session in
                try transact(segment, next: next, hook: hook, in: session)
            }
        }
    }

    private func transact(_ segment: Segment, next: Int?, hook: SegmentedSection?, in session: Session) throws {
        let begun = ContinuousClock.now
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
                var mayHaveChangedSession = false
                for (part, places) in [(hook, hook.map { 0..<$0.kinds.count } ?? 0..<0), (section, segment.statements)]
                {
                    guard let part else { continue }
                    for place in places {
                        last = StatementPlace(section: part.section, place: place)
                        try run(part, place, &budget, in: session)
                        mayHaveChangedSession = mayHaveChangedSession || part.kinds[place].mayChangeSession
                    }
                }
                if mayHaveChangedSession { try session.resetForCommit() }
                try record(next, ContinuousClock.now - begun, in: session)
            }
        } catch let error as PostgresError {
            throw StatementFailure(place: last, error: error)
        }
        if needsReset(segment) || hook != nil { try session.reset() }
    }

    private func needsReset(_ segment: Segment) -> Bool {
        section.kinds[segment.statements].contains(where: \.mayChangeSession)
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

    /// - Parameter next: The place at which a run goes on; nil when all is done.
    func record(_ next: Int?, _ duration: Duration, in session: Session) throws {
        switch (direction, next) {
        case (.up, let next):
            let progress = MigrationHistory.Progress(
                state: next == nil ? .applied : .partial, resumeAt: next.map { $0 + 1 }, duration: duration)
            try MigrationHistory.record(migration, progress, run: request.run.id, in: session)
        case (.down, let next?):
            try MigrationHistory.record(undoing: migration, at: next + 1, in: session)
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

    private func describe(_ failure: StatementFailure, isUntouched: Bool) -> Failure {
        var described = failure.described(migration: migration, isUntouched: isUntouched)
        guard isUntouched || described.category == .interrupted else {
            described.code = .migrationPartial
            described.category = .partial
            let done = failure.place.place
            described.detail = [
                described.detail.flatMap { $0.isEmpty ? nil : $0 },
                done > 0 ? "\(done == 1 ? "Statement 1 is" : "Statements 1 to \(done) are") done and recorded." : nil,
            ].compactMap { $0 }.joined(separator: "\n")
            described.hint =
                "mend statement \(done + 1) in \(failure.place.section.path), and run the same command again: it goes on there"
            return described
        }
        return described
    }
}
