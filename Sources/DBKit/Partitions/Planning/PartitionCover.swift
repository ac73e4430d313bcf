/// Which stretches of the key have a partition that takes rows. Pure.
struct PartitionCover: Sendable {
    struct Piece: Sendable, Hashable {
        var range: PartitionRange
        var partition: Partition
    }

    /// In order; the server sees to it that none overlap.
    let pieces: [Piece]
    /// Of these no bounds are understood.
    let strange: [Partition]

    init(_ partitions: [Partition]) {
        pieces = partitions.compactMap { partition in
            partition.bounds.range.map { Piece(range: $0, partition: partition) }
        }.sorted { $0.range.lower < $1.range.lower }
        strange = partitions.filter { if case .other = $0.bounds { true } else { false } }
    }

    /// The piece that the bound lies in, else the next one above it.
    func piece(at bound: PartitionBound) -> Piece? {
        var (low, high) = (0, pieces.count)
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].range.upper > bound { high = middle } else { low = middle + 1 }
        }
        return low < pieces.count ? pieces[low] : nil
    }

    /// How far from here rows can be written without a gap; nil where not even this one can.
    func end(from bound: PartitionBound) -> PartitionBound? {
        var end: PartitionBound?
        var cursor = bound
        while let piece = piece(at: cursor), piece.range.lower <= cursor, !piece.partition.isDetachPending {
            end = piece.range.upper
            cursor = piece.range.upper
            if cursor == .maximum { break }
        }
        return end
    }

    func covers(_ range: PartitionRange) -> Bool {
        end(from: range.lower).map { $0 >= range.upper } ?? false
    }
}
