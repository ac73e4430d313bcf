import Postgres

/// What a number of rows amounts to: how many, and the sum of their texts' hashes, in which order does not matter.
struct DrainContent: Sendable, Hashable {
    var count: Int64
    /// A numeric.
    var sum: String
    /// How many notes it was made of.
    var changes = 0

    init(_ row: Row, changes: Int = 0) throws {
        count = try row.value("count")
        sum = try row.value("sum")
        self.changes = changes
    }
}
