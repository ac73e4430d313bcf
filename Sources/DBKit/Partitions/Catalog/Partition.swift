import Postgres

/// A table that is part of a partitioned one.
public struct Partition: Sendable, Hashable {
    public enum Kind: String, Sendable, Codable {
        case table = "r"
        /// It has partitions of its own.
        case partitioned = "p"
        /// Its rows lie on another server.
        case foreign = "f"
    }

    public var oid: Int64
    public var schema: String
    public var name: String
    public var kind: Kind
    public var bounds: PartitionBounds
    /// As the server writes them.
    public var boundsText: String
    /// Between the two halves of an interrupted DETACH CONCURRENTLY: new rows do not get in any more.
    public var isDetachPending: Bool
    /// Of the last ANALYZE or VACUUM; nil before the first.
    public var rowEstimate: Double?

    public var label: String { "\(schema).\(name)" }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }
}

extension Partition {
    init(_ row: Row, key: PartitionKeyType?) throws {
        let text: String = try row.value("bounds")
        let estimate: Double = try row.value("row_estimate")
        self.init(
            oid: try row.value("oid"), schema: try row.value("schema"), name: try row.value("name"),
            kind: Kind(rawValue: try row.value("kind")) ?? .foreign, bounds: PartitionBounds(text, key: key),
            boundsText: text, isDetachPending: try row.value("is_detach_pending"),
            rowEstimate: estimate < 0 ? nil : estimate)
    }
}
