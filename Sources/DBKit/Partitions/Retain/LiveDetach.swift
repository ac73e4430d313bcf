import Operations
import Postgres

/// A DETACH that somebody is at: half done in the catalog, and not interrupted. To finish it for him would make his fail.
enum LiveDetach {
    /// - Throws: `partition.locked`
    static func refuse(_ partition: Partition, of table: PartitionedTable, in session: Session) throws {
        let query = Query(embedded: PackageResources.retain_detaching_sql, binds: [partition.name])
        guard let row = try session.rows(query).first else { return }
        let (pid, who): (Int32, String) = (try row.value("pid"), try row.value("who"))
        throw Failure(
            .partitionLocked,
            "\(partition.label) is being detached from \(table.label) at this moment, by pid \(pid) (\(who))",
            detail: "Nothing of \(table.label) was changed: no other partition of it can be detached meanwhile.",
            hint:
                "let it come to its end, then run the same command again; or end it: `dbctl pool kill --pid \(pid) --yes`"
        )
    }
}
