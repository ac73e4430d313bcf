import Foundation
import Operations
import Postgres

/// `dbctl.refresh_runs` and what stands beside it.
enum RunsTable {
    static func isThere(in session: Session) throws -> Bool {
        try session.row(Query(embedded: PackageResources.refresh_exist_sql)).value("is_there")
    }

    static func isReadable(in session: Session) throws -> Bool {
        try session.row(Query(embedded: PackageResources.refresh_exist_sql)).value("is_readable")
    }

    /// Who this is, as a GRANT names it.
    static func role(in session: Session) throws -> String {
        try session.row("SELECT pg_catalog.quote_ident(current_user) AS role").value("role")
    }

    /// Creates what is missing.
    ///
    /// - Throws: `refresh.not_writable` with the statements to run.
    static func prepare(in session: Session) throws {
        if let failure = try OperationLog().prepare(in: session) {
            throw try notWritable(failure.message, in: session)
        }
        let state = try session.row(Query(embedded: PackageResources.refresh_exist_sql))
        guard try !state.value("is_there", as: Bool.self) else {
            guard try state.value("is_writable") else { throw try notWritable(nil, in: session) }
            return
        }
        guard try RecordRights.read(in: session).mayCreate else { throw try notWritable(nil, in: session) }
        // Two feeds' first runs at once: CREATE … IF NOT EXISTS of both would meet in 23505.
        try session.transaction { session in
            try JobLock.take("refresh-schema", in: session, wait: .seconds(10))
            try session.script(ServerText(embedded: PackageResources.refresh_create_sql))
        }
    }

    /// What to type, and as whom, so that this role can record its refreshes.
    private static func notWritable(_ detail: String?, in session: Session) throws -> Failure {
        let isComplete: Bool = try session.row(Query(embedded: PackageResources.refresh_exist_sql)).value("is_complete")
        let creation = ServerText(embedded: PackageResources.refresh_create_sql).sql
        return Failure(
            .refreshNotWritable,
            "the role may not write where refreshes are recorded (schema dbctl), and without its pre-images none is made",
            detail: detail,
            hint: try RecordRights.read(in: session).remedy(.ownTables, creating: isComplete ? [] : [creation]))
    }

    /// What is written of a run.
    struct Entry {
        var id: String
        var feed: String?
        var target: TargetTable
        var files: [String]
        var digest: String
        var startedAt: Date
        var keyColumns: [String]
        var columns: [String]
        var undoUntil: Date
        var backupSet: String?
        var moves: [PriceMove] = []
    }

    /// - Parameter counts: Of this batch; records, rejected and collapsed of the whole feed.
    static func record(
        _ entry: Entry, _ counts: RefreshReport, state: RefreshRunRecord.State, changes: ChangesTable?,
        in session: Session
    ) throws {
        let moves = String(decoding: try JSONEncoder().encode(entry.moves), as: UTF8.self)
        try session.execute(
            Query(
                embedded: PackageResources.refresh_record_sql,
                binds: [
                    entry.id, entry.feed, entry.target.oid, entry.target.qualifiedName, entry.files, entry.digest,
                    state.rawValue, entry.startedAt, entry.keyColumns, entry.columns, changes?.name,
                    counts.read, counts.inserted, counts.updated, counts.unchanged, counts.rejected, counts.collapsed,
                    counts.suppressed, counts.batches, entry.undoUntil, entry.backupSet, moves,
                    counts.pending,
                ]))
    }

    /// Removes what interrupted runs have left, of targets at which nobody is at work.
    ///
    /// - Parameter own: The target whose lock the caller holds.
    static func sweep(own: Int64, in session: Session, _ note: (String) -> Void) throws {
        for row in try session.rows(Query(embedded: PackageResources.refresh_leftovers_sql)) {
            // Another role's goes with that role's next run.
            guard try row.value("is_ours") else { continue }
            let name: String = try row.value("name")
            let target: Int64 = try row.value("target")
            let isGone = try session.transaction { session in
                guard try target == own || isFree(target, in: session) else { return false }
                try session.execute("DROP TABLE IF EXISTS \(try identifier("dbctl", name))")
                return true
            }
            if isGone { note("removed dbctl.\(name), left by an interrupted run") }
        }
    }

    /// Nobody is at work at a target; nobody will be until the transaction ends.
    static func isFree(_ target: Int64, in session: Session) throws -> Bool {
        try session.row(
            "SELECT pg_catalog.pg_try_advisory_xact_lock(\(JobLock.key(of: jobName(target)))) AS taken"
        ).value("taken")
    }

    /// Only one refresh at a time works at a table.
    static func jobName(_ target: Int64) -> String { "refresh:\(target)" }
}
