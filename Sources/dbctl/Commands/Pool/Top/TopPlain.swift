import DBKit
import Foundation

/// Frames for a file or a pipe: one a look, without escape codes, an empty line between two.
struct TopPlain {
    private var history = TopHistory()
    private var earlier: Observation?
    private let view: TopView
    private var frames = 0

    /// Wide enough for a query's beginning, whatever the window of whoever reads it.
    static let columns = 160

    init(_ view: TopView) {
        self.view = view
    }

    /// - Returns: False when nobody reads any more.
    /// - Throws: ``Failure`` `output.failed`.
    mutating func show(_ observation: Observation) throws(Failure) -> Bool {
        let look = TopLook(observation, after: earlier)
        earlier = observation
        history.add(look)
        let frame = TopFrame(
            look: look, history: history, view: view, link: .up,
            size: ScreenSize(lines: .max, columns: Self.columns))
        let text = frame.plainLines().joined(separator: "\n")
        guard StandardStream.output.line(frames == 0 ? text : "\n\(text)") else {
            throw Failure(
                .outputFailed, "standard output cannot be written (disk full?)", hint: "dbctl explain output.failed")
        }
        frames += 1
        return !StandardStream.output.hasNoReader
    }
}
