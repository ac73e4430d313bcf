import DBKit

extension PartitionListReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func human(_ style: Style) -> String {
        guard !partitions.isEmpty else { return "There is no partition." }
        let largest = partitions.map(\.sizeBytes).max() ?? 0
        var table = TextTable("TABLE", "PARTITION", "FROM", "TO", "STATE", .right("ROWS"), .right("SIZE"), "")
        for partition in partitions {
            table.add(
                partition.table, partition.name, partition.lower ?? partition.bounds, partition.upper ?? "",
                partition.state.painted(style), partition.rowEstimate.map(String.init) ?? "?",
                ByteCount(bytes: partition.sizeBytes).forEyes, Self.bar(partition.sizeBytes, of: largest))
        }
        let unknown = Set(partitions.filter { $0.rowEstimate == nil }.map(\.table)).sorted()
        let notes = unknown.map { TextTable.printable("?: not known until an ANALYZE of \($0)") }
        return ([table.rendered(style)] + notes).joined(separator: "\n")
    }

    /// Ten characters are the largest one.
    private static func bar(_ bytes: Int64, of largest: Int64) -> String {
        guard largest > 0, bytes > 0 else { return "" }
        return String(repeating: "█", count: max(1, Int((Double(bytes) / Double(largest) * 10).rounded())))
    }
}

extension ListedPartition.State {
    fileprivate func painted(_ style: Style) -> String {
        switch self {
        case .past, .future, .fallback: rawValue
        case .current: style.good(rawValue)
        case .detaching, .other: style.warning(rawValue)
        }
    }
}
