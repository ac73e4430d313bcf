import Operations
import Synchronization

/// Counts what a restore has done, from all its workers, and tells the progress sink.
final class RestoreMeter: Sendable {
    struct Counts: Sendable, Hashable {
        var entries: Int64 = 0
        var rows: Int64 = 0
        /// Bytes of data files read.
        var bytes: Int64 = 0
        var largeObjects: Int64 = 0
        var tables: Int64 = 0
        /// What went wrong without making the result wrong.
        var warnings: [String] = []
    }

    private let sink: any ProgressSink
    private let totalBytes: Int64
    private let state = Mutex(Counts())

    init(sink: any ProgressSink, totalBytes: Int64) {
        self.sink = sink
        self.totalBytes = totalBytes
    }

    var counts: Counts { state.withLock { $0 } }

    func phase(_ name: String) {
        sink.report(Progress(phase: name, done: 0, total: nil, unit: .items))
    }

    /// What was done so far was undone as a whole; what there is to say stays said.
    func startOver() {
        state.withLock { $0 = Counts(warnings: $0.warnings) }
    }

    func begin(_ entry: ArchiveEntry) {
        report(note: entry.shownName)
    }

    func finish(_ entry: ArchiveEntry) {
        state.withLock { counts in
            counts.entries += 1
            if entry.kind == .tableData { counts.tables += 1 }
        }
    }

    /// Says a thing once, however many objects it is about.
    func warn(_ text: String) {
        state.withLock { counts in
            guard counts.warnings.count < 100, !counts.warnings.contains(text) else { return }
            counts.warnings.append(text)
        }
    }

    func add(bytes: Int64) {
        state.withLock { $0.bytes += bytes }
        report(note: nil)
    }

    func add(rows: Int64) {
        state.withLock { $0.rows += rows }
    }

    func add(largeObjects: Int64) {
        state.withLock { $0.largeObjects += largeObjects }
    }

    private func report(note: String?) {
        let done = counts.bytes
        sink.report(Progress(phase: "restore", done: done, total: totalBytes, unit: .bytes, note: note))
    }
}
