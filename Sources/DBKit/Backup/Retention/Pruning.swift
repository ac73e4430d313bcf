import Operations
import Storage

/// `backup prune`: looks at every set, decides, deletes.
public struct Pruning: Sendable {
    private let request: PruneRequest

    public init(_ request: PruneRequest) {
        self.request = request
    }

    /// What ``run(only:)`` would do. Sets that nobody has verified are read for it, and nothing is written.
    public func preview() async throws -> PruneReport {
        try request.policy.check(allowsLast: request.allowsLast)
        var report = PruneReport(dryRun: true)
        report.warnings = try noSets()
        for database in try databases() {
            report.sets += try await decisions(of: database, notes: false, &report.warnings)
        }
        return report
    }

    /// Deletes. A database that fails does not keep the others from being dealt with.
    ///
    /// - Parameter only: The sets to which somebody consented; nil for all.
    public func run(only: Set<String>? = nil) async throws -> PruneReport {
        try request.policy.check(allowsLast: request.allowsLast)
        var report = PruneReport(dryRun: false)
        report.warnings = try noSets()
        for database in try databases() {
            do {
                let lock = try await DatabaseLock.hold(
                    database, in: request.repository, note: request.applicationName, wait: request.wait,
                    clock: request.clock)
                defer { lock.release() }
                report.add(try await runLocked(database, only: only))
            } catch let failure as Failure where failure.category != .interrupted {
                report.add(failure, of: database)
            }
        }
        return report
    }

    /// Deletes sets of one database, whose lock the caller holds.
    func runLocked(_ database: String, only: Set<String>? = nil) async throws -> PruneReport {
        try request.policy.check(allowsLast: request.allowsLast)
        var report = PruneReport(dryRun: false)
        report.swept = try request.repository.sweep(DatabaseFolder.name(for: database))
        report.sets = try await decisions(of: database, notes: true, &report.warnings)
        // The oldest first: whenever this is cut short, the newer sets are there.
        for index in report.sets.indices.reversed() where report.sets[index].action == .delete {
            try Task.checkCancellation()
            if let only, !only.contains(report.sets[index].path) {
                report.sets[index].action = .keep
                report.sets[index].why = "not among those that were confirmed"
                continue
            }
            do throws(Failure) {
                guard try !delete(report.sets[index]) else { continue }
                report.sets[index].why = "pinned"
            } catch {
                report.sets[index].why = "it could not be deleted: \(error.message)"
                report.add(error, of: database)
            }
            report.sets[index].action = .keep
        }
        return report
    }

    /// False when it was pinned since the decision.
    private func delete(_ entry: PruneReport.Entry) throws(Failure) -> Bool {
        guard let name = SetName(entry.set) else { return false }
        let set = SetPath(database: entry.database, name: name)
        try PastDrill.keep(try SetState.read(set, in: request.repository).drilled, of: set, in: request.repository)
        return try request.repository.remove(set.folder) { () throws(Failure) in
            try SetState.read(set, in: request.repository).pinned ?? false
        }
    }

    /// Nothing to delete is no failure, but a mistyped path must not look like work done.
    private func noSets() throws(Failure) -> [String] {
        let isEmpty = try SetCatalog(request.repository).sets().isEmpty
        return isEmpty ? [RepositoryContents(request.repository).noSetsSentence()] : []
    }

    private func databases() throws(Failure) -> [String] {
        let known = Set(try SetCatalog(request.repository).sets().map(\.database)).sorted()
        guard let database = request.database else { return known }
        guard known.contains(database) else {
            throw Failure(
                .backupSetNotFound, "\(request.repository.location) has no backup set of \(database)",
                detail: known.isEmpty ? nil : "It has sets of: \(known.joined(separator: ", "))")
        }
        return [database]
    }

    private func decisions(
        of database: String, notes: Bool, _ warnings: inout [String]
    ) async throws -> [PruneReport.Entry] {
        var observed: [RetainedSet] = []
        var sizes: [SetPath: Int64] = [:]
        for path in try SetCatalog(request.repository).sets(of: database) {
            let set = FoundSet(repository: request.repository, path: path)
            let state: SetState
            do throws(Failure) {
                state = try SetState.read(path, in: request.repository)
            } catch {
                observed.append(RetainedSet(path, .unknown("\(error.message); a pin may be in it")))
                continue
            }
            sizes[path] = state.created?.bytes
            let condition = try await condition(of: set, state, notes: notes, &warnings)
            observed.append(RetainedSet(path, condition, isPinned: state.pinned ?? false))
        }
        let decisions = RetentionPlan.decide(
            observed, request.policy, now: request.clock.now, allowsLast: request.allowsLast)
        return decisions.map { decision in
            PruneReport.Entry(
                set: decision.path.name.text, database: database, path: request.repository.url(decision.path.folder),
                time: decision.path.name.time, action: decision.isKept ? .keep : .delete,
                why: decision.why(request.policy), sizeBytes: sizes[decision.path])
        }
    }

    /// What was found good stays so while its manifest is whole. One that failed its drill neither counts nor goes until
    /// another says more. All else is read again, byte by byte: a set neither counts nor goes on the word of an old
    /// failure.
    private func condition(
        of set: FoundSet, _ state: SetState, notes: Bool, _ warnings: inout [String]
    ) async throws -> RetainedSet.Condition {
        let hasManifest = (try? SetVerification(folder: set.folder).manifest()) != nil
        if state.standing == .good, hasManifest { return .good }
        // Whole or not: reading it cannot tell.
        if state.standing == .failedDrill, hasManifest { return .unknown(SetStanding.drillAgain) }
        let report: VerifyReport
        do {
            report = try await VerifyReports.verify(set, jobs: request.jobs, progress: request.progress)
        } catch let failure as Failure where failure.category != .interrupted {
            return .unknown(failure.message)
        }
        guard notes else { return report.ok ? .good : .damaged }
        do throws(Failure) {
            try VerifyReports.note(report, on: set, run: request.run, clock: request.clock)
        } catch {
            warnings.append("what verifying \(set.path) found could not be noted beside it: \(error.message)")
        }
        return report.ok ? .good : .damaged
    }
}
