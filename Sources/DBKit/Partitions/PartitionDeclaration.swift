public import Foundation
public import Operations

/// One entry under `partitions:`: what somebody wants of a partitioned table.
public struct PartitionDeclaration: Sendable, Hashable {
    public enum Expiry: String, Sendable, Codable, CaseIterable {
        case detach, drop, archive
    }

    /// How much of the past is kept.
    public enum Keep: Sendable, Hashable {
        case calendar(CalendarStep)
        /// So many values of an integer key behind the largest one.
        case rows(Int64)
    }

    /// As it is written, with a schema or without.
    public var table: String
    /// The column.
    public var key: String
    public var step: PartitionStep
    public var zone: TimeZone = .gmt
    /// How many partitions lie wholly in the future.
    public var ahead = 3
    public var keep: Keep?
    public var onExpire: Expiry = .detach
    public var name: PartitionName?
    /// Where it was declared, `dbctl.yaml:12`.
    public var origin: String?

    public init(table: String, key: String, step: PartitionStep) {
        self.table = table
        self.key = key
        self.step = step
    }

    /// How this table is cut, now that the type of its key is known.
    ///
    /// - Throws: `partition.scheme`
    public func scheme(_ type: PartitionKeyType) throws(Failure) -> PartitionScheme {
        do throws(SpellingProblem) {
            return try PartitionScheme(key: type, step: step, zone: zone, name: name)
        } catch {
            throw Failure(
                .partitionScheme, "\(origin.map { "\($0): " } ?? "")\(table) by \(key) every \(step): \(error)",
                detail: "Nothing was changed.", hint: "correct its entry under partitions: of dbctl.yaml")
        }
    }
}
