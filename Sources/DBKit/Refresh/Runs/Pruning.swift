import Foundation
import Operations
import Postgres

/// Deletes the pre-images of a target's runs that are kept no longer (`undo_keep`); the runs themselves stay in the
/// history. The caller holds the target's job lock.
enum Pruning {
    /// - Returns: What went wrong, which is no reason not to refresh.
    static func run(_ target: TargetTable, now: Date, in session: Session) -> String? {
        do {
            try prune(target, now, session)
            return nil
        } catch {
            return "old pre-images were not removed: \(Failure(describing: error).message)"
        }
    }

    private static func prune(_ target: TargetTable, _ now: Date, _ session: Session) throws {
        let query = Query(
            embedded: PackageResources.refresh_prune_sql, binds: [now, target.oid, target.qualifiedName])
        let old = try session.rows(query).map {
            (
                id: try $0.value("run_id", as: String.self), changes: try $0.value("changes", as: String.self),
                isThere: try $0.value("is_there", as: Bool.self), target: try $0.value("target", as: Int64.self)
            )
        }
        for run in old {
            try session.transaction { session in
                guard try run.target == target.oid || RunsTable.isFree(run.target, in: session) else { return }
                let table = try identifier("dbctl", run.changes)
                if run.isThere { try session.execute("DELETE FROM \(table) WHERE run_id = \(run.id)") }
                try session.execute("UPDATE dbctl.refresh_runs SET changes = NULL WHERE run_id = \(run.id)")
                let isUsed: Bool = try session.row(
                    "SELECT EXISTS (SELECT FROM dbctl.refresh_runs WHERE changes = \(run.changes)) AS used"
                ).value("used")
                if run.isThere, !isUsed { try session.execute("DROP TABLE \(table)") }
            }
        }
    }
}
