import Postgres

/// DETACH PARTITION in the form that stops nobody where the server has it: what a dry run shows is what is executed.
struct DetachStatements: Sendable {
    let table: PartitionedTable
    let partition: Partition

    /// With a default partition there is no other form than the one that locks the whole table.
    var isConcurrent: Bool { table.fallback == nil }

    var detach: Query {
        get throws {
            let form: SQLFragment = isConcurrent ? " CONCURRENTLY" : ""
            return "ALTER TABLE \(try table.sql()) DETACH PARTITION \(try partition.sql())\(form)"
        }
    }

    /// The second half of an interrupted one.
    var finalize: Query {
        get throws { "ALTER TABLE \(try table.sql()) DETACH PARTITION \(try partition.sql()) FINALIZE" }
    }

    func marking(_ mark: RetainMark?) throws -> Query { try MarkedTable.marking(partition.sql(), mark) }
}
