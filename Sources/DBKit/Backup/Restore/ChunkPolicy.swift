/// Which tables are loaded by several workers at once.
///
/// A table that one worker loads is frozen on the way in and never needs a vacuum for it; a table that several load is
/// not. So only those are split that would keep one worker busy after all others are done.
struct ChunkPolicy {
    let jobs: Int
    /// Bytes of all tables together, before compression.
    let totalBytes: Int64
    /// Below this a table is not worth a second connection.
    let smallestBytes: Int64
    /// With `wal_level=minimal` a table that one worker loads writes no WAL; split, it writes all of it, which is a
    /// third more work.
    let isWholeCheaper: Bool

    init(_ manifest: Manifest?, jobs: Int, smallestBytes: Int64, isWholeCheaper: Bool = false) {
        (self.jobs, self.isWholeCheaper) = (jobs, isWholeCheaper)
        self.smallestBytes = smallestBytes
        totalBytes = manifest?.tables.reduce(0) { $0 + $1.bytes } ?? 0
    }

    /// Numbers of the chunks to load one by one; empty for a table that is loaded in one piece.
    func chunks(of table: Manifest.Table?) -> [Int] {
        guard let table, table.chunks.count > 1, jobs > 1, table.bytes >= smallestBytes,
            table.bytes > largestWhole
        else { return [] }
        return Array(table.chunks.indices)
    }

    /// The largest table that keeps one worker no longer than the others need for the rest.
    private var largestWhole: Int64 {
        // A share p of all bytes takes p when it is whole, and all of it takes (1 + 0.3 p) / jobs when it is split.
        isWholeCheaper ? totalBytes * 10 / Int64(10 * jobs - 3) : totalBytes / Int64(2 * jobs)
    }
}
