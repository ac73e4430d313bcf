import Foundation
import Operations
import Postgres

/// `dbctl refresh run` and `plan`.
public struct RefreshRun: Sendable {
    public var request: RefreshRequest
    public var definition: FeedDefinition
    /// `FILE…`, globs, or `-`.
    public var arguments: [String]
    /// Where rejected records go; nil: beside each file, and nowhere for standard input.
    public var rejectedFile: String?
    /// In the names of files beside those of the feed (`FILE.MARK.rejected.csv`), where several runs read the same feed.
    public var mark: String?
    /// Takes a backup of these tables, each a schema and a name, and says where the set lies.
    public typealias Backup = @Sendable ([(schema: String, name: String)]) async throws -> String
    /// Before the first write, where the definition wants it.
    public var backup: Backup?

    public init(_ request: RefreshRequest, definition: FeedDefinition, arguments: [String]) {
        self.request = request
        self.definition = definition
        self.arguments = arguments
    }

    /// - Throws: What was found before anything was read. What the checks and the guards refuse, and what fails after
    ///   some batches are in, stands in the report's ``RefreshReport/failure``.
    public func run() async throws -> RefreshReport {
        let begun = ContinuousClock.now
        let files = try FeedFiles(arguments)
        return try await RefreshSite.with(request, table: definition.table, key: definition.key) { site in
            var prepared = try await site.connection.run { session in
                var preparation = try FeedPreparation(
                    self, files: files, target: site.target, session: session, isPlan: false)
                return try preparation.prepare()
            }
            await site.count(prepared.report)
            if prepared.isRefused {
                if let begun = try await site.connection.run({ [prepared] in try cutOffRun(prepared, in: $0) }) {
                    prepared.report.failure?.add(
                        detail:
                            "\(begun.batches) batches of the same feed are in since run \(begun.id), which was cut off."
                    )
                }
            } else {
                do {
                    try await apply(&prepared, site)
                } catch {
                    prepared.report.failure = try stopped(error, prepared.report)
                }
            }
            prepared.report.durationS = (ContinuousClock.now - begun) / .seconds(1)
            await site.count(prepared.report)
            if let failure = prepared.report.failure { await site.note(failure) }
            return prepared.report
        }
    }

    /// The same up to the first write, and nothing is written: no schema of dbctl's is needed.
    public func plan() async throws -> RefreshReport {
        let begun = ContinuousClock.now
        let files = try FeedFiles(arguments)
        return try await Connection.with(request.server, settings: request.settings) { connection in
            try await connection.run { session in
                try session.refuseStandby()
                var report = try session.transaction { session in
                    try session.undoing { session in
                        let target = try session.patiently(request, table: definition.table) { session in
                            try TargetTable.read(definition.table, in: session)
                        }
                        try target.requireUniqueIndex(on: definition.key)
                        var preparation = try FeedPreparation(
                            self, files: files, target: target, session: session, isPlan: true)
                        return try preparation.prepare().report
                    }
                }
                report.durationS = (ContinuousClock.now - begun) / .seconds(1)
                return report
            }
        }
    }

    private func apply(_ prepared: inout PreparedFeed, _ site: RefreshSite) async throws {
        var report = prepared.report
        let delta = prepared.delta
        let (target, digest) = (site.target, prepared.digest)
        let (changes, partial) = try await site.connection.run { [request, prepared] session in
            if let trouble = Pruning.run(target, now: request.clock.now, in: session) {
                request.onEvent(.cleaned(trouble))
            }
            let changes = try ChangesTable(delta.area)
            if delta.rows > 0 { try session.atomically { try changes.create(in: $0) } }
            return (changes, try cutOffRun(prepared, in: session))
        }
        if let partial { request.onEvent(.resuming(runID: partial.id, batch: partial.batches + 1)) }
        if delta.rows > 0, definition.backupBefore {
            guard let backup else {
                throw Failure(.bugUnexpected, "a backup is wanted before this run, and nobody takes it")
            }
            let tables = try await site.connection.run { session in try target.tablesWithRows(in: session) }
            report.backupSet = try await backup(tables)
        }
        let entry = RunsTable.Entry(
            id: partial?.id ?? request.run.id.description, feed: definition.name, target: target, files: report.files,
            digest: digest, startedAt: request.clock.now, keyColumns: delta.area.keys.map(\.fed.target.name),
            columns: try delta.area.written.map(\.name),
            undoUntil: request.clock.now.addingTimeInterval(definition.undoKeep / .seconds(1)),
            backupSet: report.backupSet, moves: report.moves)
        report.runID = entry.id
        report.inserted = 0
        report.updated = 0
        let batches = Batches(
            request: request, definition: definition, connection: site.connection, lock: site.lock, delta: delta,
            changes: changes, entry: entry)
        do {
            try await batches.apply(&report)
            report.isApplied = true
        } catch {
            report.isApplied = report.batches > 0
            report.pending = report.read - report.accounted
            prepared.report = report
            throw error
        }
        prepared.report = report
        guard report.isBalanced else {
            throw Failure(
                .refreshAccounting,
                "\(report.read) records were read, and \(report.accounted) are accounted for",
                detail: "What was written is recorded: dbctl refresh show \(entry.id).",
                hint: "please report this with the counts of the result")
        }
    }

    /// The run of the same feed that was cut off between its batches.
    private func cutOffRun(_ prepared: PreparedFeed, in session: Session) throws -> (id: String, batches: Int)? {
        let area = prepared.delta.area
        let changes = try ChangesTable(area).name
        let query = Query(
            embedded: PackageResources.refresh_partial_sql,
            binds: [
                area.target.oid, prepared.digest, definition.name, area.keys.map(\.fed.target.name),
                try area.written.map(\.name), changes, request.clock.now, area.target.qualifiedName,
            ])
        guard let row = try session.rows(query).first else { return nil }
        let id: String = try row.value("run_id")
        guard try RunChanges.areOwn(changes, run: id, in: session) else { return nil }
        return (id: id, batches: try row.value("batches"))
    }

    /// What stopped a run between its batches. Before the first of them it is thrown as it is: nothing was changed.
    private func stopped(_ error: any Error, _ report: RefreshReport) throws -> Failure {
        guard report.batches > 0 else { throw error }
        var failure = Failure(describing: error)
        guard failure.category != .bug else { return failure }
        let cause = "\(failure.code.name): \(failure.message)"
        if failure.category != .interrupted && failure.category != .terminated {
            failure.code = .refreshPartial
            // 75 says that nothing was changed.
            failure.category = .partial
            failure.message = "a part of the feed is in, then it stopped: \(cause)"
        }
        failure.add(
            detail:
                "\(report.batches) batches are in and recorded (\(report.inserted) inserted, \(report.updated) updated); \(report.pending) records are not written yet."
        )
        failure.hint =
            "run the same command again: it goes on; or put back what is in: dbctl refresh undo \(report.runID ?? "") --yes"
        return failure
    }
}
