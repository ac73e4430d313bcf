import Foundation
import Postgres

/// Deletes the pre-images of runs that are kept no longer (`undo_keep`); the runs themselves stay in the history.
enum Pruning {
    static func run(now: Date, in session: Session) throws {
        let old = try session.rows(Query(embedded: PackageResources.refresh_prune_sql, binds: [now])).map {
            (id: try $0.value("run_id", as: String.self), changes: try $0.value("changes", as: String.self))
        }
        for run in old {
            try session.transaction { session in
                let table = try identifier("dbctl", run.changes)
                try session.execute("DELETE FROM \(table) WHERE run_id = \(run.id)")
                try session.execute("UPDATE dbctl.refresh_runs SET changes = NULL WHERE run_id = \(run.id)")
                let isUsed: Bool = try session.row(
                    "SELECT EXISTS (SELECT FROM dbctl.refresh_runs WHERE changes = \(run.changes)) AS used"
                ).value("used")
                if !isUsed { try session.execute("DROP TABLE \(table)") }
            }
        }
    }
}
