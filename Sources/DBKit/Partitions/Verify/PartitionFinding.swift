public import Operations

/// Something that is not as it should be, with what mends it.
public struct PartitionFinding: Sendable, Hashable, Codable {
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// The set itself cannot be looked at.
        case set
        /// Fewer partitions lie ahead than are wanted.
        case future
        /// A range between two partitions has none.
        case gap
        /// A free piece that is no whole range of the step.
        case piece
        /// Bounds that no step of the scheme has.
        case bounds
        /// Another name than the scheme gives.
        case name
        /// Rows in the default partition.
        case stray
        /// Half detached.
        case detaching
        /// What an interrupted run left.
        case leftover
        /// A partition on another server.
        case foreign
        // What a partition should have like its parent.
        case owner, persistence, column
        case notNull = "not_null"
        case `default`
        case statisticsTarget = "statistics_target"
        case columnStorage = "column_storage"
        case check, index
        case foreignKey = "foreign_key"
        case extendedStatistics = "extended_statistics"
        case storageParameter = "storage_parameter"
        case replicaIdentity = "replica_identity"
        case grant
        case rowSecurity = "row_security"
        case policy, trigger, comment, publication
    }

    public var code: Code
    public var table: String
    public var partition: String?
    public var message: String
    /// What to type, as a command or as SQL; one a line.
    public var command: String
}

public struct PartitionVerifyReport: Sendable, Hashable, Codable {
    public var findings: [PartitionFinding]
    /// How many partitions were compared with their parents.
    public var compared: Int
    /// What may not be looked at; the other sets were gone on with.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case findings, compared
    }

    init(findings: [PartitionFinding], compared: Int) {
        (self.findings, self.compared) = (findings, compared)
    }
}
