import Operations

/// `dbctl refresh run` and `plan`.
public struct RefreshRun: Sendable {
    public var request: RefreshRequest
    public var definition: FeedDefinition
    /// `FILE…`, globs, or `-`.
    public var arguments: [String]
    /// Where rejected records go; nil: beside each file, and nowhere for standard input.
    public var rejectedFile: String?

    public init(_ request: RefreshRequest, definition: FeedDefinition, arguments: [String]) {
        self.request = request
        self.definition = definition
        self.arguments = arguments
    }

    /// - Throws: What was found before anything was read. What the checks and the guards refuse, and what fails after
    ///   some batches are in, stands in the report's ``RefreshReport/failure``.
    public func run() async throws -> RefreshReport { fatalError() }

    /// The same up to the first write, and nothing is written: no schema of dbctl's is needed.
    public func plan() async throws -> RefreshReport { fatalError() }
}
