import Foundation
import Operations

/// Up to where the past is let go: the keep of a set, counted back from now. Pure.
struct RetainCut: Sendable, Hashable {
    /// What a row of this moment has.
    var now: PartitionValue
    /// The first value that is kept.
    var value: PartitionValue

    /// - Parameters:
    ///   - moment: The time of day; without a meaning for a key of numbers.
    ///   - largest: The largest key that a row has; only for a key of numbers.
    /// - Throws: `partition.scheme` where keep and key are not of one kind.
    static func find(
        _ expiry: PartitionExpiry, keep: PartitionDeclaration.Keep, table: PartitionedTable, moment: Date,
        largest: () throws -> PartitionValue?
    ) throws -> RetainCut? {
        let scheme: PartitionScheme
        do {
            scheme = try PartitionScheme(key: table.key.type, step: keep.step, zone: expiry.zone)
        } catch {
            throw Failure(
                .partitionScheme,
                "\(expiry.origin.map { "\($0): " } ?? "")keep: \(keep) does not fit \(table.label), whose key \(table.key.column) is of type \(table.key.typeName): \(error)",
                detail: "Nothing was changed.",
                hint: table.key.type.isNumber
                    ? "keep it in values of the key: keep: 100000000" : "as in keep: 24 months")
        }
        switch keep {
        case .rows(let rows):
            guard case .number(let number)? = try largest() else { return nil }
            let (place, isBelow) = number.subtractingReportingOverflow(rows)
            return isBelow ? nil : RetainCut(now: .number(number), value: .number(place))
        case .calendar(let step):
            guard let now = scheme.value(at: moment), let value = scheme.value(stepping: step, back: now) else {
                return nil
            }
            return RetainCut(now: now, value: value)
        }
    }
}
