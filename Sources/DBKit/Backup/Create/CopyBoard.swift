import Operations
import Storage
import Synchronization

/// What is still to be copied, and what came of it: shared by the workers of one backup.
///
/// The first failure stops everybody: a set with a hole is never published.
final class CopyBoard: Sendable {
    /// What became of one table.
    struct Table: Sendable {
        var file: DataFile
        var left: Int
        var rows: [Int: Int64] = [:]
        var checksum = TableChecksum()
        var bytes: Int64 = 0
        var chunks: [Manifest.Chunk] = []
    }

    private struct State: ~Copyable {
        var pending: PendingUnits
        var handedBack: [CopyPlan.Unit] = []
        var working = 0
        var tables: [Int: Table] = [:]
        var copied: Int64 = 0
    }

    private let state: Mutex<State>
    private let counts: [Int: Int]
    private let total: Int64
    private let progress: any ProgressSink

    init(_ units: [CopyPlan.Unit], progress: any ProgressSink) {
        state = Mutex(State(pending: PendingUnits(units)))
        counts = units.reduce(into: [:]) { $0[$1.table, default: 0] += 1 }
        total = units.reduce(0) { $0 + $1.weight }
        self.progress = progress
    }

    /// The next piece of work; nil when there is none left to begin.
    func next() -> CopyPlan.Unit? {
        state.withLock { state in
            guard let unit = state.pending.next() else { return nil }
            state.working += 1
            return unit
        }
    }

    /// Leaves a piece to the session that already holds its table's lock.
    func handBack(_ unit: CopyPlan.Unit) {
        state.withLock { state in
            state.handedBack.append(unit)
            state.pending.leave(unit.table)
            state.working -= 1
        }
    }

    /// What the workers left to the holder.
    func nextForHolder() -> CopyPlan.Unit? {
        state.withLock { state in
            guard let unit = state.handedBack.popLast() else { return nil }
            state.pending.enter(unit.table)
            state.working += 1
            return unit
        }
    }

    /// True when nothing is left to begin and nobody works any more.
    var isFinished: Bool {
        state.withLock { $0.pending.isEmpty && $0.handedBack.isEmpty && $0.working == 0 }
    }

    /// The data file of a table, made when its first piece is begun.
    func file(of table: Int, _ make: () throws -> DataFile) throws -> DataFile {
        try state.withLock { state in
            if let known = state.tables[table] { return known.file }
            let file = try make()
            state.tables[table] = Table(file: file, left: counts[table] ?? 1)
            return file
        }
    }

    /// Takes note of a finished piece; the worker that brings a table's last one completes its file.
    func deliver(
        _ unit: CopyPlan.Unit, name: String, written: WrittenChunk, checksum: TableChecksum, rows: Int64
    ) throws {
        let (file, copied) = state.withLock { state in
            state.pending.leave(unit.table)
            state.working -= 1
            state.copied += unit.weight
            guard var table = state.tables[unit.table] else { return (nil as DataFile?, state.copied) }
            table.left -= 1
            table.rows[unit.chunk] = rows
            table.checksum = table.checksum + checksum
            table.bytes += written.plainBytes
            state.tables[unit.table] = table
            return (table.left == 0 ? table.file : nil, state.copied)
        }
        progress.report(Progress(phase: "copy", done: copied, total: total, unit: .bytes, note: name))
        guard let file else { return }
        let chunks = try file.complete()
        state.withLock { state in
            guard let rows = state.tables[unit.table]?.rows else { return }
            state.tables[unit.table]?.chunks = chunks.enumerated().map { number, chunk in
                Manifest.Chunk(
                    offset: chunk.offset, length: chunk.length, rows: rows[number] ?? 0, sha256: chunk.sha256)
            }.sorted { $0.offset < $1.offset }
        }
    }

    var tables: [Int: Table] {
        state.withLock { $0.tables }
    }
}
