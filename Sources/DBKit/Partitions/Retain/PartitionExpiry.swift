public import Foundation
import Operations

/// How much of a partitioned table is kept, and what becomes of the partitions that are older.
public struct PartitionExpiry: Sendable, Hashable {
    /// As it is written, with a schema or without.
    public var table: String
    /// The column, where it is declared.
    public var key: String?
    /// Nil keeps everything.
    public var keep: PartitionDeclaration.Keep?
    public var action: PartitionDeclaration.Expiry
    /// By whose calendar the past is counted.
    public var zone: TimeZone
    /// Where it was declared, `dbctl.yaml:12`.
    public var origin: String?

    public init(_ declaration: PartitionDeclaration) {
        table = declaration.table
        key = declaration.key
        keep = declaration.keep
        action = declaration.onExpire
        zone = declaration.zone
        origin = declaration.origin
    }

    /// Of a table that nobody has declared.
    public init(table: String, keep: PartitionDeclaration.Keep, action: PartitionDeclaration.Expiry) {
        self.table = table
        self.keep = keep
        self.action = action
        zone = .gmt
    }
}

extension PartitionDeclaration.Keep {
    var description: String {
        switch self {
        case .calendar(let step): step.description
        case .rows(let rows): "\(rows) rows"
        }
    }

    /// As a step, for a scheme: what cuts a key must be of its kind.
    var step: PartitionStep {
        switch self {
        case .calendar(let step): .calendar(step)
        case .rows(let rows): .rows(rows)
        }
    }
}
