import Foundation

/// Into which ranges a table is cut: all that its rows need, and some ahead. Pure.
struct Cut: Sendable {
    private(set) var ranges: [PartitionRange] = []
    private(set) var findings: [ConvertFinding] = []
    /// The range of the largest value, or of now if that is later.
    private(set) var latest: PartitionRange?

    init(
        _ table: ConvertedTable, _ specification: ConvertSpecification, _ scheme: PartitionScheme,
        _ contents: ConvertPlan.Contents, now: Date
    ) {
        let key = specification.key
        let typed = ConvertPlan.typed(key)
        if contents.nulls > 0 {
            findings.append(
                ConvertFinding(
                    .blocks, .rows, key, "\(contents.nulls) rows have no \(key), and would lie in no range",
                    hint: "UPDATE \(table.typed) SET \(typed) = … WHERE \(typed) IS NULL"))
        } else if table.column(key)?.isNotNull == false {
            findings.append(
                ConvertFinding(
                    .note, .column, key, "\(key) becomes NOT NULL: a row without it is refused from the swap on"))
        }
        let present = scheme.value(at: now)
        let first = contents.smallest.flatMap { PartitionValue($0, key: scheme.key) }
        let last = contents.largest.flatMap { PartitionValue($0, key: scheme.key) }
        for (text, value) in [(contents.smallest, first), (contents.largest, last)] {
            guard let text, value.flatMap(scheme.range(containing:)) == nil else { continue }
            findings.append(
                ConvertFinding(
                    .blocks, .rows, key, "rows have \(text) as \(key), and no range has that in it",
                    hint: "SELECT count(*) FROM \(table.typed) WHERE \(typed) = '\(text)'"))
        }
        guard findings.allSatisfy({ $0.severity != .blocks }) else { return }
        let values = [first, last, present].compactMap { $0 }
        // Nobody knows where an empty table's numbers will begin; most begin here.
        let low = values.min() ?? .number(0)
        let high = values.max() ?? .number(0)
        ranges = scheme.ranges(from: low, through: high, limit: ConvertPlan.mostPartitions + 1)
        latest = scheme.range(containing: high)
        let current = scheme.range(containing: present ?? high)
        extend(scheme, beyond: current, by: specification.ahead)
        guard ranges.count > ConvertPlan.mostPartitions else { return }
        ranges = []
        let span = [contents.smallest, contents.largest].compactMap { $0 }.joined(separator: " to ")
        findings.append(
            ConvertFinding(
                .blocks, .rows, key,
                "\(key) spans \(span): that makes more than \(ConvertPlan.mostPartitions) partitions of \(scheme.step)",
                hint: scheme.key == .uuid
                    ? "its values may be no UUIDs of version 7, whose beginning says the time"
                    : "choose a longer --every, or look for values that are out of all bounds"))
    }

    private mutating func extend(_ scheme: PartitionScheme, beyond current: PartitionRange?, by ahead: Int) {
        guard let current else { return }
        var wanted = current
        for _ in 0..<ahead {
            guard let next = scheme.range(after: wanted) else { break }
            wanted = next
            if let end = ranges.last, end.lower < next.lower { ranges.append(next) }
        }
    }
}
