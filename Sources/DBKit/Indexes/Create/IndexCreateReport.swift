/// The result of `dbctl index create`.
public struct IndexCreateReport: Sendable, Hashable, Codable {
    public var isDryRun: Bool
    /// The one that was asked for; behind it those of the partitions.
    public var indexes: [IndexChange]
    /// What a dry run would execute, in order.
    public var statements: [String] = []
    public var notes: [String] = []

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case indexes, statements, notes
    }
}

extension IndexCreateReport {
    public func count(_ state: IndexChange.State) -> Int64 { Int64(indexes.count { $0.state == state }) }
}
