import Foundation
import Operations
import Postgres

/// A run of the history with all that undoing it needs.
struct RecordedRun: Sendable {
    var record: RefreshRunRecord
    /// Schema and name, quoted, as they are by now; nil: the table is gone.
    var targetNow: String?
    var target: Int64
    var keyColumns: [String]
    var columns: [String]
    /// Table of `dbctl` with its pre-images; nil: it wrote nothing, or they are gone.
    var changes: String?
    var moves: [PriceMove]

    fileprivate init(_ row: Row) throws {
        let changes: String? = try row.value("changes", as: String?.self)
        let state = RefreshRunRecord.State(rawValue: try row.value("state")) ?? .applied
        let wrote = try row.value("inserted", as: Int64.self) + row.value("updated", as: Int64.self) > 0
        record = try RefreshRunRecord(
            runID: row.value("run_id"), feed: row.value("feed", as: String?.self), table: row.value("target_name"),
            files: row.value("files"), state: state, startedAt: row.value("started_at"),
            finishedAt: row.value("finished_at", as: Date?.self), read: row.value("records"),
            inserted: row.value("inserted"), updated: row.value("updated"), unchanged: row.value("unchanged"),
            rejected: row.value("rejected"), collapsed: row.value("collapsed"), suppressed: row.value("suppressed"),
            batches: row.value("batches"), undoneBy: row.value("undone_by", as: String?.self),
            isUndoable: changes != nil && wrote && state != .undone,
            undoableUntil: changes == nil ? nil : row.value("undo_until", as: Date?.self),
            backupSet: row.value("backup_set", as: String?.self))
        targetNow = try row.value("target_now", as: String?.self)
        target = try row.value("target")
        keyColumns = try row.value("key_columns")
        columns = try row.value("columns")
        self.changes = changes
        moves = try JSONDecoder().decode([PriceMove].self, from: Data(row.value("moves", as: String.self).utf8))
    }

    static func list(
        prefix: String?, feed: String?, target: Int64?, limit: Int, in session: Session
    ) throws -> [RecordedRun] {
        guard try RunsTable.isThere(in: session) else { return [] }
        // Once a statement was refused, a transaction answers nothing.
        let role = try RunsTable.role(in: session)
        do {
            return try session.rows(
                Query(embedded: PackageResources.refresh_list_sql, binds: [prefix, feed, target, limit])
            ).map(RecordedRun.init)
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            throw Failure(
                .refreshNotWritable, "the role may not read where refreshes are recorded (schema dbctl)",
                detail: error.message,
                hint:
                    "as its owner: GRANT USAGE ON SCHEMA dbctl TO \(role); GRANT SELECT ON ALL TABLES IN SCHEMA dbctl TO \(role)",
                sqlState: error.sqlState?.code)
        } catch {
            throw error
        }
    }

    /// - Parameter prefix: A run id or its beginning.
    /// - Throws: `refresh.run_not_found`, also where several begin so.
    static func find(_ prefix: String, in session: Session) throws -> RecordedRun {
        let found = try list(prefix: prefix, feed: nil, target: nil, limit: 2, in: session)
        if let exact = found.first(where: { $0.record.runID == prefix }) { return exact }
        guard let run = found.first, found.count == 1, !prefix.isEmpty else {
            throw Failure(
                .refreshRunNotFound,
                found.count > 1
                    ? "several runs begin with \(prefix)" : "no refresh of this database is called \(prefix)",
                hint: "dbctl refresh history lists them")
        }
        return run
    }
}
