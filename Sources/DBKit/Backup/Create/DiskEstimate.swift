import Operations
import Storage

/// Whether a backup can fit, before it begins. An estimate: the data may compress better or worse, so it is kept on the
/// low side; a disk that fills up all the same is `storage.disk_full`, and nothing is published.
enum DiskEstimate {
    /// Bytes that a set of tables with so many bytes on disk takes.
    static func needed(tableBytes: Int64, compression: Compression) -> Int64 {
        let share =
            switch compression {
            case .zstd, .gzip: 0.15
            case .none: 0.7
            }
        return Int64(Double(tableBytes) * share) + overhead
    }

    /// Schema, manifest, and the blocks that small files waste.
    private static let overhead: Int64 = 1 << 20

    static func check(needed: Int64, free: Int64?, place: String) throws(Failure) {
        guard let free, free < needed else { return }
        throw Failure(
            .backupDiskSpace, "the backup needs about \(needed) bytes, and \(place) has \(free) bytes free",
            hint: "free \(needed - free) bytes there, prune old sets, or choose another repository with --repo")
    }
}
