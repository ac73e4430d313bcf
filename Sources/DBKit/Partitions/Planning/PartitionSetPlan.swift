import Operations

/// What a partitioned table lacks until everything that is declared is there. Pure: of the scheme, the partitions that
/// there are, and now.
///
/// A partition exists when its bounds do, whatever its name. Where bounds that no step of the scheme has leave a piece free
/// that is no whole range, nothing is made: the piece is said.
struct PartitionSetPlan: Sendable {
    struct Wanted: Sendable, Hashable {
        var range: PartitionRange
        var name: String
        /// Rows may come at any moment: of the past, of now, and of the next step.
        var isNear: Bool
    }

    /// Free, wanted, and no whole range.
    struct Piece: Sendable, Hashable {
        var range: PartitionRange
        /// What borders on it, or is being detached in it.
        var beside: Partition?
        /// Rows of now or later belong there.
        var isAhead: Bool
    }

    /// The one of now.
    let current: PartitionRange
    /// Those that are to lie wholly in the future.
    let ahead: [PartitionRange]
    private(set) var missing: [Wanted] = []
    private(set) var pieces: [Piece] = []
    /// There are more gaps than one run fills.
    private(set) var isEndless = false

    static let most = 1000

    /// - Throws: `partition.range_end` where the type of the key ends; `partition.bounds` when bounds are not understood.
    init(
        _ scheme: PartitionScheme, table: PartitionedTable, now: PartitionValue, ahead: Int,
        keep: PartitionDeclaration.Keep? = nil
    ) throws(Failure) {
        let cover = PartitionCover(table.partitions)
        if let strange = cover.strange.first {
            throw Failure(
                .partitionBounds,
                "the bounds of \(strange.label) are not understood: \(strange.boundsText)",
                detail: "Nothing was changed.",
                hint:
                    "dbctl compares ranges of one \(scheme.key.rawValue) only: detach it, or leave \(table.label) out of partitions:"
            )
        }
        guard let current = scheme.range(containing: now) else { throw Self.end(of: scheme, table) }
        var future: [PartitionRange] = []
        while future.count < ahead {
            guard let next = scheme.range(after: future.last ?? current) else { throw Self.end(of: scheme, table) }
            future.append(next)
        }
        self.current = current
        self.ahead = future
        let first = Self.first(cover, scheme, current, now: now, keep: keep)
        try walk(from: first, to: (future.last ?? current).upper, cover, scheme, table)
        // What is written to at this moment comes first, what is long past comes last.
        missing = missing.filter { $0.range.lower >= current.lower } + missing.filter { $0.range.lower < current.lower }
    }

    /// From the oldest one on; nothing is refilled that would expire at once.
    private static func first(
        _ cover: PartitionCover, _ scheme: PartitionScheme, _ current: PartitionRange, now: PartitionValue,
        keep: PartitionDeclaration.Keep?
    ) -> PartitionBound {
        guard let oldest = cover.pieces.first?.range else { return current.lower }
        let begun = oldest.lower == .minimum ? oldest.upper : oldest.lower
        let kept = keep.flatMap { scheme.range(reaching: $0, back: now) }
        return min(kept.map { max(begun, $0.lower) } ?? begun, current.lower)
    }

    private mutating func walk(
        from first: PartitionBound, to end: PartitionBound, _ cover: PartitionCover, _ scheme: PartitionScheme,
        _ table: PartitionedTable
    ) throws(Failure) {
        var cursor = first
        let next = ahead.first ?? current
        while cursor < end, case .value(let value) = cursor {
            let piece = cover.piece(at: cursor)
            if let piece, piece.range.lower <= cursor {
                if piece.partition.isDetachPending {
                    pieces.append(
                        Piece(
                            range: PartitionRange(lower: cursor, upper: piece.range.upper), beside: piece.partition,
                            isAhead: piece.range.upper > current.lower))
                }
                cursor = piece.range.upper
                continue
            }
            let limit = piece?.range.lower ?? .maximum
            guard let range = scheme.range(containing: value) else { throw Self.end(of: scheme, table) }
            if range.lower == cursor, range.upper <= limit {
                guard missing.count < Self.most else {
                    isEndless = true
                    return
                }
                missing.append(
                    Wanted(
                        range: range, name: try Self.name(range, scheme, table), isNear: range.lower <= next.lower))
                cursor = range.upper
            } else {
                let free = PartitionRange(lower: cursor, upper: min(range.upper, limit))
                pieces.append(
                    Piece(
                        range: free, beside: range.upper > limit ? piece?.partition : below(cursor, cover),
                        isAhead: free.upper > current.lower))
                cursor = free.upper
            }
        }
    }

    private func below(_ bound: PartitionBound, _ cover: PartitionCover) -> Partition? {
        cover.pieces.last { $0.range.upper <= bound }?.partition
    }

    private static func name(
        _ range: PartitionRange, _ scheme: PartitionScheme, _ table: PartitionedTable
    ) throws(Failure) -> String {
        do throws(SpellingProblem) {
            return try scheme.name(of: range, table: table.name)
        } catch {
            throw Failure(.partitionScheme, "\(table.label): \(error)", detail: "Nothing was changed.")
        }
    }

    private static func end(of scheme: PartitionScheme, _ table: PartitionedTable) -> Failure {
        Failure(
            .partitionRangeEnd,
            "the key of \(table.label), of type \(scheme.key.rawValue), ends before the wanted partitions do",
            detail: "Nothing was changed.",
            hint: scheme.key.isNumber
                ? "give the column a larger type, or declare fewer ahead" : "declare fewer partitions ahead")
    }
}

extension PartitionScheme {
    /// The range that lies so far behind a value.
    func range(reaching keep: PartitionDeclaration.Keep, back value: PartitionValue) -> PartitionRange? {
        switch (keep, value) {
        case (.rows(let rows), .number(let number)):
            let (place, isBelow) = number.subtractingReportingOverflow(rows)
            return isBelow ? nil : range(containing: .number(place))
        case (.calendar(let step), _):
            return self.value(stepping: step, back: value).flatMap { range(containing: $0) }
        default: return nil
        }
    }
}
