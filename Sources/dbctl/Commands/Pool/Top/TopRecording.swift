import DBKit

/// The record of a run. A full disk ends the recording and not the watching; the run says so, and once more at its end.
final class TopRecording {
    private let writer: RecordWriter?
    private(set) var failure: Failure?

    var isOn: Bool { writer != nil && failure == nil }

    init(_ path: String?) throws(Failure) {
        writer = if let path { try RecordWriter(path: path) } else { nil }
    }

    /// - Returns: What went wrong, the first time.
    func add(_ observation: Observation) -> Failure? {
        guard failure == nil, let writer else { return nil }
        do throws(Failure) {
            try writer.add(observation)
            return nil
        } catch {
            failure = error
            return error
        }
    }

    /// The exit code tells whoever looks at nothing else that the record is not what was asked for.
    func finish() throws(Failure) {
        if let failure { throw failure }
    }
}
