public import Foundation
import Operations

/// What `dbctl partition convert` is asked for.
public struct ConvertSpecification: Sendable, Hashable {
    public enum Strategy: String, Sendable, Codable, CaseIterable {
        /// A partitioned table is filled beside the table, and takes its place.
        case copy
        /// The table becomes one partition of a partitioned table, as it is.
        case attach
    }

    /// As it is written, with a schema or without.
    public var table: String
    /// The column.
    public var key: String
    public var step: PartitionStep
    public var strategy: Strategy = .copy
    public var zone: TimeZone = .gmt
    /// How many partitions lie wholly in the future.
    public var ahead = 3
    public var name: PartitionName?
    /// Rows of one transaction, at most.
    public var batch = 10_000
    /// Rows a second, at most; nil for as many as come.
    public var maximumRate: Int?
    /// How far standbys may be behind before the copy waits for them.
    public var maximumLag: Duration = .seconds(30)
    /// How long the building of an index may wait for others' transactions.
    public var maximumWait: Duration = .seconds(600)
    /// How long the swap may block a write, from its first wish for a lock to its last statement.
    public var maximumStall = ConvertSpecification.standardStall
    /// How long the swap is tried again where --wait asks for less.
    public var patience: Duration = .seconds(30)
    public static let standardStall = Duration.milliseconds(250)

    public init(table: String, key: String, step: PartitionStep) {
        self.table = table
        self.key = key
        self.step = step
    }

    /// - Throws: `partition.scheme`
    func scheme(_ type: PartitionKeyType) throws(Failure) -> PartitionScheme {
        do throws(SpellingProblem) {
            return try PartitionScheme(key: type, step: step, zone: zone, name: name)
        } catch {
            throw Failure(
                .partitionScheme, "\(table) by \(key) every \(step): \(error)", detail: "Nothing was changed.",
                hint: "change --every, --timezone or --name")
        }
    }
}
