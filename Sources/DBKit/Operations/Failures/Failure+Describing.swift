import Postgres

extension Failure {
    /// Any error that reached the top. What no room turned into a failure is a bug, and says so.
    public init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as PostgresError: self = Failure(error)
        case let error as PoolError: self = Failure(error)
        case is CancellationError: self = Failure(.runInterrupted, "stopped before it was done")
        default:
            self = Failure(
                .bugUnexpected, "an error that dbctl does not know: \(type(of: error))", detail: "\(error)",
                hint: "please report this with the output of dbctl --version")
        }
    }
}
