import Operations
import Postgres

/// `dbctl refresh undo`: puts back what a run changed, row by row, where nobody has changed it since.
///
/// A row is as the run left it while its `xmin` is the run's transaction; whatever anybody did to it since has another.
public struct RefreshUndo: Sendable {
    public var request: RefreshRequest
    /// A run id or its beginning.
    public var runPrefix: String
    /// Rows that the run inserted are deleted.
    public var removesInserted: Bool

    public init(_ request: RefreshRequest, runPrefix: String, removesInserted: Bool) {
        self.request = request
        self.runPrefix = runPrefix
        self.removesInserted = removesInserted
    }

    /// What ``run()`` would do; writes nothing.
    public func plan() async throws -> RefreshUndoReport {
        try await Connection.with(request.server, settings: request.settings) { connection in
            try await connection.run { session in
                try session.transaction(.readOnly) { session in
                    let run = try find(in: session)
                    var report = RefreshUndoReport(run, isDryRun: true)
                    for batch in try UndoBatch.all(of: run, in: session) {
                        report += try batch.plan(removesInserted: removesInserted, in: session)
                    }
                    report.warn(triggers: try run.updateTriggers(in: session))
                    return report
                }
            }
        }
    }

    public func run() async throws -> RefreshUndoReport {
        let run = try await Connection.with(request.server, settings: request.settings) { connection in
            try await connection.run { session in
                try session.refuseStandby()
                return try find(in: session)
            }
        }
        guard let table = run.place.place else { throw run.gone }
        return try await RefreshSite.with(request, table: table, key: nil) { site in
            // Again: while this waited, somebody else may have undone it.
            let (run, batches, triggers) = try await site.connection.run { session in
                let run = try find(in: session)
                return (run, try UndoBatch.all(of: run, in: session), try run.updateTriggers(in: session))
            }
            var report = RefreshUndoReport(run, isDryRun: false)
            let retry = BusyRetry(request, table: run.record.table)
            for (place, batch) in batches.enumerated() {
                do {
                    try await site.lock.check()
                    var retries = 0
                    let part = try await retry.run(counting: &retries) {
                        try await site.connection.run { session in
                            try session.transaction { session in
                                let part = try batch.write(removesInserted: removesInserted, in: session)
                                try record(run, in: session)
                                return part
                            }
                        }
                    }
                    report += part
                    report.retries += retries
                } catch {
                    throw place > 0 ? Self.stopped(error, report) : error
                }
            }
            report.warn(triggers: triggers)
            await site.count([
                "restored": report.restored, "removed": report.removed, "kept": report.kept, "edited": report.edited,
                "referenced": report.referenced, "suppressed": report.suppressed,
            ])
            return report
        }
    }

    /// - Throws: `refresh.not_undoable`, `refresh.run_not_found`.
    private func find(in session: Session) throws -> RecordedRun {
        let run = try RecordedRun.find(runPrefix, in: session)
        let id = run.record.runID
        guard run.record.inserted + run.record.updated > 0 else {
            throw Failure(
                .refreshNotUndoable, "run \(id) changed nothing: there is nothing to put back",
                hint: "dbctl refresh history lists the runs with what they wrote")
        }
        guard run.changes != nil else {
            throw Failure(
                .refreshNotUndoable, "the pre-images of run \(id) are kept no longer (undo_keep)",
                detail: run.record.backupSet.map { "A backup set was taken before it: \($0)." },
                hint: "dbctl backup list shows what can be restored in its place")
        }
        guard run.place.place != nil else { throw run.gone }
        guard run.place.isWithinReach else { throw run.replaced }
        let batches = try UndoBatch.all(of: run, in: session)
        // What it inserted may still be wanted away after its updates were put back.
        guard batches.contains(where: { $0.updated > 0 || removesInserted && $0.inserted > 0 }) || run.isUntouched
        else {
            throw Failure(
                .refreshNotUndoable, "run \(id) was undone already, by run \(run.record.undoneBy ?? "")",
                hint: batches.isEmpty ? nil : "rows that it inserted stay unless they are asked for: --remove-inserted")
        }
        return run
    }

    /// Notes how far the run is undone by now.
    private func record(_ run: RecordedRun, in session: Session) throws {
        guard let changes = try UndoChanges(run, in: session) else { return }
        try session.execute(
            """
            UPDATE dbctl.refresh_runs AS r
            SET state = CASE WHEN NOT k.has_updates THEN 'undone' WHEN k.has_undone THEN 'partly_undone' ELSE r.state END,
                undone_by = CASE WHEN k.has_undone OR NOT k.has_updates
                                 THEN coalesce(r.undone_by, \(request.run.id.description)) ELSE r.undone_by END
            FROM (SELECT coalesce(bool_or(c.kind = 'u'), false) AS has_updates,
                         coalesce(bool_or(c.kind IN ('r', 'd')), false) AS has_undone
                  FROM \(changes.table) AS c WHERE c.run_id = \(changes.runID)) AS k
            WHERE r.run_id = \(changes.runID)
            """)
    }

    /// What stopped an undo after its first transaction.
    private static func stopped(_ error: any Error, _ report: RefreshUndoReport) -> Failure {
        var failure = Failure(describing: error)
        if failure.category != .interrupted && failure.category != .terminated {
            failure.message = "a part is put back, then it stopped: \(failure.code.name): \(failure.message)"
            failure.code = .refreshPartial
            // 75 says that nothing was changed.
            failure.category = .partial
        }
        failure.add(detail: "\(report.restored) rows are put back, \(report.removed) inserted rows deleted.")
        failure.hint = "run the same command again: it goes on"
        return failure
    }
}

extension RecordedRun {
    /// Nobody has undone any of it.
    fileprivate var isUntouched: Bool { record.state == .applied || record.state == .partial }
}

extension RefreshUndoReport {
    /// So many keys of edited rows are listed.
    static let keysShown = 100

    /// What became of one batch.
    struct Part: Sendable {
        var restored: Int64 = 0
        var removed: Int64 = 0
        var kept: Int64 = 0
        var referenced: Int64 = 0
        var suppressed: Int64 = 0
        var edited: Int64 = 0
        /// Of the edited, those that the run had inserted.
        var editedInserts: Int64 = 0
        var editedKeys: [[String]] = []
    }

    init(_ run: RecordedRun, isDryRun: Bool) {
        self.init(
            undoneRunID: run.record.runID, table: run.record.table, tableNow: run.place.movedTo, isDryRun: isDryRun,
            restored: 0, removed: 0,
            kept: 0,
            referenced: 0, suppressed: 0, edited: 0, editedKeys: [], keyColumns: run.keyColumns, warnings: [],
            retries: 0)
    }

    /// What somebody has to know who counts on rows being as they were.
    ///
    /// - Parameter triggers: What rows pass before they are updated.
    mutating func warn(triggers: [String]) {
        if restored > 0, !triggers.isEmpty {
            warnings.append(
                "rows that are put back pass the table's own UPDATE triggers (\(triggers.joined(separator: ", "))): columns that these write are as they write them now, not as they were"
            )
        }
        if edited > 0, restored + removed + suppressed + referenced == 0 {
            warnings.append(
                "nobody edited them? What writes a table anew, as ALTER TABLE … TYPE or a restore, makes every row another one; dbctl refresh show \(undoneRunID) has what stood there before"
            )
        }
    }

    static func += (report: inout RefreshUndoReport, part: Part) {
        report.restored += part.restored
        report.removed += part.removed
        report.kept += part.kept
        report.referenced += part.referenced
        report.suppressed += part.suppressed
        report.edited += part.edited
        report.editedKeys = Array((report.editedKeys + part.editedKeys).prefix(keysShown))
    }
}
