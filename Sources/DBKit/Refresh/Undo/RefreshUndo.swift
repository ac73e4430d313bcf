/// `dbctl refresh undo`: puts back what a run changed, row by row, where nobody has changed it since.
public struct RefreshUndo: Sendable {
    public var request: RefreshRequest
    /// A run id or its beginning.
    public var runPrefix: String
    public var removesInserted: Bool

    public init(_ request: RefreshRequest, runPrefix: String, removesInserted: Bool) {
        self.request = request
        self.runPrefix = runPrefix
        self.removesInserted = removesInserted
    }

    public func plan() async throws -> RefreshUndoReport { fatalError() }
    public func run() async throws -> RefreshUndoReport { fatalError() }
}
