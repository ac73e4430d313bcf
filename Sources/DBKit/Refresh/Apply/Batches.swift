import Foundation
import Operations
import Postgres

/// Applies a delta, batch by batch: each a transaction that is done whole, or not at all.
struct Batches: Sendable {
    let request: RefreshRequest
    let definition: FeedDefinition
    let connection: Connection
    let lock: JobLock
    let delta: Delta
    let changes: ChangesTable
    let entry: RunsTable.Entry

    /// - Parameter report: Counts what is written, as it is.
    /// - Throws: With the counts in the report, after which nothing of the batch in question is left.
    func apply(_ report: inout RefreshReport) async throws {
        let retry = BusyRetry(request, table: entry.target.qualifiedName)
        // A feed without a change is a run, too: its assets count, and so does that it ran.
        let batches = max(1, delta.batches.count)
        var isHinted = false
        for batch in 0..<batches {
            // The file was read, and a backup perhaps taken, since it was taken.
            try await lock.check()
            let begun = report
            let counts = try await retry.run(counting: &report.retries) { [report] in
                do {
                    return try await attempt(batch, of: batches, report, minding: false)
                } catch is Application.KeyTaken {
                    return try await attempt(batch, of: batches, report, minding: true)
                }
            }
            report.inserted += counts.outcome.inserted
            report.updated += counts.outcome.updated
            report.suppressed += counts.outcome.suppressed
            report.unchanged += counts.outcome.unchanged
            report.walBytes += counts.walBytes
            if counts.outcome.suppressed > 0, begun.suppressed == 0 {
                report.warnings.append(
                    "triggers of \(entry.target.qualifiedName) dropped rows of the feed: the table does not say what the feed says"
                )
            }
            if let hint = counts.hint, !isHinted {
                isHinted = true
                report.warnings.append(hint)
            }
            if delta.rows > 0 {
                report.batches += 1
                request.onEvent(
                    .applied(
                        batch: batch + 1, inserted: report.inserted - begun.inserted,
                        updated: report.updated - begun.updated))
            }
            request.progress.report(
                Progress(
                    phase: "apply", done: report.inserted + report.updated, total: delta.rows, unit: .items))
        }
    }

    /// - Parameter minding: Somebody was faster with a key, though the table was empty.
    private func attempt(
        _ batch: Int, of batches: Int, _ report: RefreshReport, minding: Bool
    ) async throws -> Counts {
        try await connection.run { session in
            do {
                return try session.transaction { session in
                    try write(batch, of: batches, report, minding: minding, session)
                }
            } catch let error as PostgresError {
                throw MissingPartitions.failure(error, delta.area.target) ?? error
            }
        }
    }

    private struct Counts: Sendable {
        var outcome: Application.Outcome
        var walBytes: Int64
        var hint: String?
    }

    private func write(
        _ batch: Int, of batches: Int, _ report: RefreshReport, minding: Bool, _ session: Session
    ) throws -> Counts {
        let isLast = batch == batches - 1
        let start: String = try session.row("SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS lsn").value("lsn")
        var application = Application(delta, batch: batch, minding: minding, in: session)
        var hint: String?
        if application.expected > 0 {
            try application.write()
            let row = try session.row(
                Query(embedded: PackageResources.target_hot_sql, binds: [delta.area.target.oid]))
            hint = try UpdateCost(updated: row.value("updated"), hot: row.value("hot"))
                .hint(delta.area.target, changed: Set(delta.area.written.map(\.name)))
            try application.keepPreImages(in: changes.table, run: entry.id)
        }
        var counts = report
        counts.inserted = application.outcome.inserted
        counts.updated = application.outcome.updated
        counts.suppressed = application.outcome.suppressed
        counts.unchanged = report.unchanged + application.outcome.unchanged
        counts.batches = application.expected > 0 ? 1 : 0
        counts.pending = delta.batches.dropFirst(batch + 1).reduce(0, +)
        try RunsTable.record(
            entry, counts, state: isLast ? .applied : .partial, changes: delta.rows > 0 ? changes : nil, in: session)
        if isLast { try FeedAssets(area: delta.area, definition: definition).remember(in: session) }
        let wal: Int64 = try session.row(
            "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), \(start)::pg_lsn)::bigint AS n"
        ).value("n")
        return Counts(outcome: application.outcome, walBytes: wal, hint: hint)
    }
}
