public import Foundation
public import Postgres

/// A table that was a partition and whose rows are to be kept somewhere else before it is dropped.
public struct RetiredTable: Sendable, Hashable {
    public struct Leaf: Sendable, Hashable {
        public var schema: String
        public var name: String

        public init(schema: String, name: String) {
            self.schema = schema
            self.name = name
        }
    }

    public var label: String
    /// What holds its rows: itself, or the partitions below it.
    public var leaves: [Leaf]
    /// When its retirement began.
    public var since: Date
    /// An earlier run retired it, and may have archived it.
    public var isResumed: Bool
    /// Where that run noted that the rows are.
    public var set: String?
}

/// Where the rows of a retired table are now, proven.
public struct ArchivedTable: Sendable {
    /// As `dbctl restore` takes it.
    public var set: String
    public var rows: Int64
    public var sizeBytes: Int64
    /// `xxh64-sum:…`
    public var checksum: String
    /// How the live rows differ from the archived ones; nil when every row is there. Asked under the lock of the DROP.
    public var difference: @Sendable (Session) throws -> String?

    public init(
        set: String, rows: Int64, sizeBytes: Int64, checksum: String,
        difference: @escaping @Sendable (Session) throws -> String?
    ) {
        (self.set, self.rows, self.sizeBytes, self.checksum) = (set, rows, sizeBytes, checksum)
        self.difference = difference
    }
}

/// Keeps rows elsewhere and proves it: written, every byte read back, restored, and compared by count and checksum.
public protocol PartitionArchiving: Sendable {
    /// What it will do, for somebody who is asked to consent.
    var sentence: String { get }

    /// Whether it has what it needs for these: a place with room, the right to read, programs. Asked before any of them is
    /// detached, and by a dry run.
    ///
    /// - Throws: What would keep it from archiving them.
    func check(_ tables: [RetiredTable]) async throws

    /// - Throws: Whatever is not proven.
    func archive(_ table: RetiredTable) async throws -> ArchivedTable
}
