import Postgres

/// How much of an index is empty, by an estimate of what it would be when it is new.
struct IndexBloat: Sendable {
    /// Of its size, 0 to 1.
    var share: Double
    var why: String

    /// Of an index that is rebuilt for it, and told by an audit, unless somebody says otherwise.
    static let tooMuch = 0.5
    /// A small one is rebuilt by itself soon enough, and the estimate is no better than the statistics.
    private static let smallest: Int64 = 1 << 20

    static func read(_ index: TableIndex, in session: Session) throws -> IndexBloat? {
        guard index.isUsable, !index.isPartitioned, index.definition.method == "btree", index.sizeBytes > smallest
        else { return nil }
        guard let table = IndexedTable(of: index), let rows = try TableRows(of: index, on: table, in: session) else {
            return nil
        }
        let fresh = try IndexEstimate.read(index.oid, index.definition, of: table, rows: rows, in: session).bytes
        let share = 1 - Double(fresh) / Double(index.sizeBytes)
        guard share > 0 else { return nil }
        return IndexBloat(
            share: share,
            why:
                "about \(Int(share * 100)) % of it is empty: a new one would take \(ServerDisk.spelled(fresh)), by the statistics"
        )
    }
}
