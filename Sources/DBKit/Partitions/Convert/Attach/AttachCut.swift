import Foundation
import Operations

/// Where a table ends that becomes one partition, and what follows it. Pure.
///
/// Its end lies well beyond its largest value and now: a whole step, a week, a tenth of all numbers so far, whichever is
/// more. Until the swap a CHECK refuses rows behind it, and nobody writes so far ahead.
struct AttachCut: Sendable, Hashable {
    let upper: PartitionBound
    let following: [PartitionRange]
    /// What the table is called as a partition.
    let partition: String

    /// - Throws: `partition.scheme` where no name is left.
    init(_ plan: ConvertPlan) throws(Failure) {
        guard let latest = plan.latest, let last = AttachCut.last(beyond: latest, plan) else {
            throw Failure(
                .partitionConvertRows, "\(plan.table.label) has values at the very end of their type",
                detail: "Nothing was changed.",
                hint: "look for values that are out of all bounds")
        }
        upper = last.upper
        var ranges: [PartitionRange] = []
        var next = plan.scheme.range(after: last)
        while let range = next, ranges.count < plan.specification.ahead {
            ranges.append(range)
            next = plan.scheme.range(after: range)
        }
        following = ranges
        partition = try AttachCut.name(plan.table.name)
    }

    private static func last(beyond latest: PartitionRange, _ plan: ConvertPlan) -> PartitionRange? {
        guard let enough = enough(beyond: latest, plan) else { return plan.scheme.range(after: latest) }
        var last = plan.scheme.range(after: latest)
        while let range = last, range.upper < .value(enough) { last = plan.scheme.range(after: range) }
        return last
    }

    private static func enough(beyond latest: PartitionRange, _ plan: ConvertPlan) -> PartitionValue? {
        guard case .value(let upper) = latest.upper else { return nil }
        switch upper {
        case .moment(let microseconds): return .moment(microseconds + 7 * 86_400_000_000)
        case .uuid(let bits): return .uuid(bits + UInt128(7 * 86_400_000) << 80)
        case .number(let number):
            guard case .value(.number(let first))? = plan.ranges.first?.lower else { return nil }
            let (span, isTooWide) = number.subtractingReportingOverflow(first)
            let (enough, isTooFar) = number.addingReportingOverflow(span / 10)
            return isTooWide || isTooFar ? nil : .number(enough)
        case .text: return nil
        }
    }

    /// What something of the table is called as something of the partition, within 63 bytes.
    static func name(_ name: String, _ suffix: String = "_pmin") throws(Failure) -> String {
        do throws(SpellingProblem) {
            return try PartitionName("{table}\(suffix)").rendered(table: name, .number(0), hasHours: false)
        } catch {
            throw Failure(.partitionScheme, "no name is left for \(name): \(error)", hint: "rename it")
        }
    }
}

/// What an undo has to know of a table that has become a partition.
struct AttachMemory: Sendable, Hashable, Codable {
    var partition: String
    var upper: String
    /// The names that indexes and extended statistics had, by their oids.
    var names: [String: String] = [:]
    /// The key's column was nullable before.
    var wasNullable: Bool

    init(partition: String, upper: String, wasNullable: Bool) {
        (self.partition, self.upper, self.wasNullable) = (partition, upper, wasNullable)
    }

    init(text: String) throws {
        self = try JSONDecoder().decode(AttachMemory.self, from: Data(text.utf8))
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
