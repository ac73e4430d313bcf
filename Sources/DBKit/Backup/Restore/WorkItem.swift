/// Something that one connection does.
struct WorkItem: Hashable {
    struct ID: Hashable {
        var entry: DumpID
        /// One chunk of a table; nil for the entry as a whole.
        var chunk: Int?
    }

    enum Action: Hashable {
        case entry(ArchiveEntry)
        case chunk(ArchiveEntry, Int)
        /// Nothing to do: all chunks of the table are there.
        case join(ArchiveEntry)
    }

    var id: ID
    var action: Action
    var pass: RestoreSelection.Pass
    var needs: Set<ID>
    /// Entries whose tables it touches.
    var locks: Set<DumpID> = []
    /// Those that nobody else may touch meanwhile: two ALTER TABLE on the same pair of tables would deadlock.
    var exclusiveLocks: Set<DumpID> = []
    /// Bytes of data that it moves or reads.
    var weight: Int64
}
