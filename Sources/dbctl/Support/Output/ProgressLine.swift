import DBKit
import Foundation
import Synchronization

/// Progress on stderr: a bar with rate and ETA on a terminal, one line every 10 s elsewhere.
final class ProgressLine: ProgressSink {
    private struct State {
        var phase = ""
        var startedAt: TimeInterval = 0
        var startedWith: Int64 = 0
        var shownAt: TimeInterval = -1
        var isOnScreen = false
    }

    private let isTerminal: Bool
    private let label: String
    private let event: (@Sendable (String) -> String)?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - label: Names the target when several run at once.
    ///   - event: Makes a line of a log out of a plain one, where those are not for eyes.
    init(isTerminal: Bool, label: String = "", event: (@Sendable (String) -> String)? = nil) {
        self.isTerminal = isTerminal
        self.label = label
        self.event = event
    }

    func report(_ progress: Operations.Progress) {
        let now = ProcessInfo.processInfo.systemUptime
        let text: String? = state.withLock { state in
            if state.phase != progress.phase {
                state.phase = progress.phase
                state.startedAt = now
                state.startedWith = progress.done
                // The first plain line comes after a full interval: a short job stays silent.
                state.shownAt = isTerminal ? -1 : now
            }
            guard now - state.shownAt >= (isTerminal ? 0.1 : 10) || isTerminal && progress.done == progress.total
            else { return nil }
            state.shownAt = now
            state.isOnScreen = isTerminal
            let line = Self.line(
                progress, elapsed: now - state.startedAt, since: state.startedWith, bar: isTerminal, label: label)
            return isTerminal ? "\r\u{1B}[2K\(line)" : "\(event?(line) ?? line)\n"
        }
        if let text { StandardStream.error.write(text) }
    }

    /// Removes the bar, before anything else is written to the terminal.
    func clear() {
        let wasOnScreen = state.withLock { state in
            defer { state.isOnScreen = false }
            return state.isOnScreen
        }
        if wasOnScreen { StandardStream.error.write("\r\u{1B}[2K") }
    }

    /// Pure, for the tests.
    static func line(
        _ progress: Operations.Progress, elapsed: Double, since start: Int64, bar: Bool, label: String
    ) -> String {
        var parts = [label.isEmpty ? progress.phase : "\(label) \(progress.phase)"]
        let done = amount(progress.done, progress.unit)
        if let total = progress.total, total > 0 {
            let share = min(1, max(0, Double(progress.done) / Double(total)))
            if bar {
                let filled = Int((share * 24).rounded(.down))
                parts.append("[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: 24 - filled))]")
            }
            parts.append("\(Int((share * 100).rounded(.down)))%")
            parts.append("\(done) of \(amount(total, progress.unit))")
        } else {
            parts.append(done)
        }
        let rate = elapsed > 0.2 ? Double(progress.done - start) / elapsed : 0
        if rate > 0 {
            parts.append("\(amount(Int64(rate), progress.unit))/s")
            if let total = progress.total, total > progress.done {
                parts.append("ETA \(Style.span(Double(total - progress.done) / rate))")
            }
        }
        if let note = progress.note { parts.append(TextTable.printable(note)) }
        return parts.joined(separator: "  ")
    }

    private static func amount(_ count: Int64, _ unit: Operations.Progress.Unit) -> String {
        switch unit {
        case .bytes: ByteCount(bytes: count).forEyes
        case .items: String(count)
        }
    }
}
