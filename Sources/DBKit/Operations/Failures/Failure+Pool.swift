public import Postgres

extension Failure {
    /// A pool that gave no connection, with how many there were and who has them.
    public init(_ error: PoolError) {
        let counts = error.counts
        var detail =
            "total \(counts.total), active \(counts.active), idle \(counts.idle), opening \(counts.opening), "
            + "waiting \(counts.waiting)"
        if let longest = error.longestLease { detail += "; the longest held was taken at \(longest)" }
        let refusal = error.lastConnectError.map { Failure($0) }
        if let refusal { detail += "; last connect error: \(refusal.code.name): \(refusal.message)" }
        let code: FailureCode =
            switch error.kind {
            case .timedOut: .poolTimeout
            case .draining: .poolDraining
            }
        let message =
            switch error.kind {
            case .timedOut: "no connection became free within \(error.waited)"
            case .draining: "the pool hands out no more connections: it is being drained"
            }
        self.init(
            code,
            message,
            detail: detail,
            hint: refusal?.hint ?? FailureCatalogue.entry(named: code.name)?.next.first,
            sqlState: refusal?.sqlState,
            // Where the server lets nobody in, that is what the exit code should say.
            category: error.kind == .timedOut ? refusal?.category : nil
        )
    }
}
