/// How far a piece of work has come.
public struct Progress: Sendable, Hashable {
    public enum Unit: Sendable, Hashable {
        case bytes
        case items
    }

    /// What is being done, in a word or two: "copy", "index".
    public var phase: String
    public var done: Int64
    /// Nil when nobody knows; then there is a rate but no ETA.
    public var total: Int64?
    public var unit: Unit
    /// What exactly is in hand, e.g. a table's name.
    public var note: String?

    public init(phase: String, done: Int64, total: Int64?, unit: Unit, note: String? = nil) {
        self.phase = phase
        self.done = done
        self.total = total
        self.unit = unit
        self.note = note
    }
}

/// Takes progress as it is made. Called from any thread, often: it must be quick and must not fail.
public protocol ProgressSink: Sendable {
    func report(_ progress: Progress)
}

/// For callers who do not want to know.
public struct SilentProgress: ProgressSink {
    public init() {}

    public func report(_ progress: Progress) {}
}
