import Operations
import Postgres

/// Where a key of numbers has come to: what the calendar is to the others.
struct LargestKey: Sendable {
    let value: PartitionValue
    /// A value in the default partition that lies so far ahead of everything else that it is taken for a mistake.
    var outlier: Int64?

    /// The larger of what the rows say and what the sequence has given out; zero for a table that never had a row.
    static func find(in table: PartitionedTable, _ step: PartitionStep, session: Session) throws -> LargestKey {
        try requireReadable(table, in: session)
        var largest: Int64 = 0
        if let sequence = table.key.sequence {
            let query = Query(embedded: PackageResources.partition_sequence_sql, binds: [sequence])
            largest = try session.row(query).value("last_value", as: Int64?.self) ?? 0
        }
        largest = max(largest, try ofPartitions(table, session) ?? 0)
        guard let fallback = table.fallback, let beyond = try maximum(of: fallback, table, session) else {
            return LargestKey(value: .number(largest))
        }
        guard largest > 0, case .rows(let count) = step else {
            return LargestKey(value: .number(max(largest, beyond)))
        }
        // As far as one run would make partitions.
        let (reach, isEndless) = count.multipliedReportingOverflow(by: Int64(PartitionSetPlan.most))
        let (limit, isAbove) = largest.addingReportingOverflow(reach)
        guard !isEndless, !isAbove, beyond > limit else { return LargestKey(value: .number(max(largest, beyond))) }
        let near = try maximum(of: fallback, table, session, through: limit)
        return LargestKey(value: .number(max(largest, near ?? largest)), outlier: beyond)
    }

    /// - Throws: `partition.unreadable`
    static func requireReadable(_ table: PartitionedTable, in session: Session) throws {
        try ReadableTable.require(
            table.oid, "\(table.label), whose largest key says where it has come to", table.typed, in: session)
    }

    /// What a row of a partition has. Neither what a sequence has given out nor what lies in a default partition says how
    /// old rows are.
    static func ofPartitions(_ table: PartitionedTable, _ session: Session) throws -> Int64? {
        // From the top: the first that has rows has the largest, and its maximum comes from an index, where there is one.
        for partition in table.partitions.reversed() where partition.bounds.range != nil {
            if let found = try maximum(of: partition, table, session) { return found }
        }
        return nil
    }

    private static func maximum(
        of partition: Partition, _ table: PartitionedTable, _ session: Session, through limit: Int64 = .max
    ) throws -> Int64? {
        // Through the parent, whose rights count: only the one partition is looked into.
        let column = try identifier(table.key.column)
        if partition.bounds == .fallback {
            try ReadableTable.require(
                partition.oid, "\(partition.label), in which larger keys may lie", partition.typed, in: session)
        }
        var condition: SQLFragment = "true"
        if let range = partition.bounds.range { condition = try RangeCheck(key: table.key, range: range).inside }
        let source: SQLFragment = try partition.bounds == .fallback ? partition.sql() : table.sql()
        return try session.row(
            "SELECT max(\(column))::bigint AS largest FROM \(source) WHERE \(condition) AND \(column) <= \(limit)::bigint"
        ).value("largest")
    }
}
