import Foundation
import Operations
import Postgres

/// A run of the history with all that undoing it needs.
struct RecordedRun: Sendable {
    var record: RefreshRunRecord
    var place: RunTarget
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
        let accounted = try ["inserted", "updated", "unchanged", "rejected", "collapsed", "suppressed"]
            .reduce(Int64(0)) { try $0 + row.value($1, as: Int64.self) }
        place = try RunTarget(
            name: row.value("target_name"), place: row.value("place", as: String?.self),
            nameNow: row.value("name_now", as: String?.self), replacement: row.value("replacement", as: String?.self))
        record = try RefreshRunRecord(
            runID: row.value("run_id"), feed: row.value("feed", as: String?.self), table: place.name,
            tableNow: place.movedTo,
            files: row.value("files"), state: state, startedAt: row.value("started_at"),
            finishedAt: row.value("finished_at", as: Date?.self), read: row.value("records"),
            inserted: row.value("inserted"), updated: row.value("updated"), unchanged: row.value("unchanged"),
            rejected: row.value("rejected"), collapsed: row.value("collapsed"), suppressed: row.value("suppressed"),
            pending: max(0, row.value("records", as: Int64.self) - accounted), batches: row.value("batches"),
            undoneBy: row.value("undone_by", as: String?.self),
            isUndoable: changes != nil && wrote && state != .undone && place.isWithinReach,
            undoableUntil: changes == nil ? nil : row.value("undo_until", as: Date?.self),
            backupSet: row.value("backup_set", as: String?.self))
        target = try row.value("target")
        keyColumns = try row.value("key_columns")
        columns = try row.value("columns")
        self.changes = changes
        moves = try JSONDecoder().decode([PriceMove].self, from: Data(row.value("moves", as: String.self).utf8))
    }

    /// Notes where the table is not, where the pre-images are of another database.
    private mutating func check(in session: Session) throws {
        guard place.place != nil else { return }
        if let changes {
            guard try !RunChanges.areOwn(changes, run: record.runID, in: session) else { return }
        } else if place.isInPlace {
            return
        }
        place.loseOid()
        record.isUndoable = false
        record.tableNow = nil
    }

    /// - Parameter table: Of that oid, or of one of the names when it ran.
    static func list(
        prefix: String?, feed: String?, table: (oid: Int64?, names: [String])?, limit: Int, in session: Session
    ) throws -> [RecordedRun] {
        guard try RunsTable.isThere(in: session) else { return [] }
        // Once a statement was refused, a transaction answers nothing.
        let role = try RunsTable.role(in: session)
        do {
            var runs = try session.rows(
                Query(
                    embedded: PackageResources.refresh_list_sql, binds: [prefix, feed, limit, table?.oid, table?.names])
            ).map(RecordedRun.init)
            for place in runs.indices where prefix != nil || !runs[place].place.isInPlace {
                try runs[place].check(in: session)
            }
            return runs
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
        let found = try list(prefix: prefix, feed: nil, table: nil, limit: 2, in: session)
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
