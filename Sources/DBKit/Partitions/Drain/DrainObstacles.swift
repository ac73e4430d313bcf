import Operations
import Postgres

extension DrainColumns {
    /// What is copied, if nothing would notice that rows move, or could not follow.
    ///
    /// - Throws: `partition.drain_refused`
    static func read(_ table: PartitionedTable, _ fallback: Partition, in session: Session) throws -> DrainColumns {
        func refuse(_ why: String, _ hint: String) -> Failure {
            Failure(
                .partitionDrainRefused, "the rows of \(fallback.label) cannot be moved unnoticed: \(why)",
                detail: "None of them was moved.", hint: hint)
        }
        guard fallback.kind == .table else {
            throw refuse(
                "it has partitions of its own, or lies on another server",
                "move them by hand: detach it, create the partition, and insert its rows into \(table.typed)")
        }
        let row = try session.row(
            Query(embedded: PackageResources.drain_obstacles_sql, binds: [table.oid, fallback.oid]))
        let referring: [String] = try row.value("referring")
        guard referring.isEmpty else {
            throw refuse(
                "foreign keys of \(referring.joined(separator: ", ")) refer to them",
                "drop those foreign keys for as long as it takes, or move the rows by hand in a quiet moment")
        }
        let publications: [String] = try row.value("publications")
        guard publications.isEmpty else {
            throw refuse(
                "they are published (\(publications.joined(separator: ", "))): a subscriber would see them go and never come",
                "take \(table.typed) out of the publication, drain, and copy the table anew on the subscriber")
        }
        let (columns, key): ([String], [String]) = (try row.value("columns"), try row.value("key"))
        return DrainColumns(
            columns: try columns.map { try identifier($0) }, key: try key.map { try identifier($0) })
    }
}
