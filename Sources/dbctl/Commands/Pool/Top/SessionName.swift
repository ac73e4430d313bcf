import DBKit
import Foundation

/// What stays a session's own: a pid is given to others later.
struct SessionName: Sendable, Hashable {
    let pid: Int32
    let backendStart: Date?

    init(_ session: ObservedSession) {
        pid = session.pid
        backendStart = session.backendStart
    }
}

extension ObservedSession {
    /// `idle in tx`, and for the server's own processes what they are. Never nothing: what cannot be seen is unknown.
    var stateForEyes: String {
        guard kind == .client || kind == .unknown else { return kind.rawValue }
        switch state {
        case .idleInTransaction: return "idle in tx"
        case .idleInTransactionAborted: return "aborted tx"
        case .fastpath: return "fastpath"
        case nil: return "unknown"
        case .some(let state): return state.rawValue
        }
    }

    /// `Lock/transactionid`
    var waitForEyes: String {
        [waitEventType, waitEvent].compactMap { $0 }.joined(separator: "/")
    }
}
