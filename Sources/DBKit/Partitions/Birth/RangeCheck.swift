import Postgres

/// A range as a CHECK, so that the server sees without a scan that a table holds nothing else. The constants are unknown
/// literals, which become the key's own type: with any other (`id >= 100` on a bigint) the server does not recognise it
/// (`PartitionBirthTests`).
struct RangeCheck: Sendable {
    let key: PartitionedTable.Key
    let range: PartitionRange

    /// The helper constraint, and with its comment the sign that a table is ours and unattached. It goes in the
    /// transaction that attaches.
    static let constraint = "dbctl_partition_bounds"

    /// How the comment of everything begins that is left of a table's partitions.
    static func mark(of table: PartitionedTable) throws(PostgresError) -> String {
        "dbctl, partition of \(try identifier(table.schema, table.name).sql): "
    }

    /// What the comment says of one.
    func mark(of table: PartitionedTable) throws(PostgresError) -> String {
        "\(try Self.mark(of: table))\(text)"
    }

    /// `FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`
    var values: SQLFragment {
        get throws(PostgresError) { "FOR VALUES FROM (\(try constant(range.lower))) TO (\(try constant(range.upper)))" }
    }

    /// `2026-01-01 to 2026-02-01`, for people.
    var text: String { range.text(key.type) }

    /// Only rows of the range.
    var inside: SQLFragment { get throws(PostgresError) { try inside(of: nil) } }

    /// - Parameter row: What stands before the column, as `NEW`.
    func inside(of row: SQLFragment?) throws(PostgresError) -> SQLFragment {
        let prefix: SQLFragment = row.map { "\($0)." } ?? ""
        var parts: [SQLFragment] = ["\(prefix)\(try identifier(key.column)) IS NOT NULL"]
        if case .value = range.lower { parts.append("\(prefix)\(try compared) >= \(try constant(range.lower))") }
        if case .value = range.upper { parts.append("\(prefix)\(try compared) < \(try constant(range.upper))") }
        return parts.joined(separator: " AND ")
    }

    /// No row of the range: as the server turns it around for the default partition.
    var outside: SQLFragment {
        get throws(PostgresError) {
            var parts: [SQLFragment] = ["\(try identifier(key.column)) IS NULL"]
            if case .value = range.lower { parts.append("\(try compared) < \(try constant(range.lower))") }
            if case .value = range.upper { parts.append("\(try compared) >= \(try constant(range.upper))") }
            return parts.joined(separator: " OR ")
        }
    }

    private var compared: SQLFragment {
        get throws(PostgresError) {
            let column = try identifier(key.column)
            guard let collation = key.collation else { return "\(column)" }
            return "\(column) COLLATE \(ServerText(catalog: collation))"
        }
    }

    private func constant(_ bound: PartitionBound) throws(PostgresError) -> SQLFragment {
        switch bound {
        case .minimum: "MINVALUE"
        case .maximum: "MAXVALUE"
        case .value(let value): "\(try literal(value.text(for: key.type)))"
        }
    }
}

extension PartitionRange {
    /// `2026-01-01 to 2026-02-01`
    public func text(_ key: PartitionKeyType) -> String { "\(lower.text(key)) to \(upper.text(key))" }
}

extension PartitionBound {
    public func text(_ key: PartitionKeyType) -> String {
        switch self {
        case .minimum: "MINVALUE"
        case .maximum: "MAXVALUE"
        case .value(let value): value.text(for: key)
        }
    }

    /// As reports have it, see `PartitionValue.stamp(for:)`.
    func stamp(_ key: PartitionKeyType) -> String {
        guard case .value(let value) = self else { return text(key) }
        return value.stamp(for: key)
    }
}
