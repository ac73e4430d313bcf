import DBKit

/// In which order the sessions stand. Ties stand in the order of their pids, so that rows keep their places.
enum SessionSort: String, Sendable, CaseIterable {
    /// Who waits for a lock, who works, who sits in a transaction, then all others; the longest first.
    case busy, age, state, wait, user, app, database, pid

    var next: SessionSort {
        let all = Self.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }

    func sorted(_ sessions: [ObservedSession], _ look: TopLook, isReversed: Bool) -> [ObservedSession] {
        // What decides is worked out once for each, not once for each comparison.
        let keyed = sessions.map { (key: key($0, look), session: $0) }
        let sorted = keyed.sorted { left, right in
            left.key == right.key ? left.session.pid < right.session.pid : (left.key < right.key) != isReversed
        }
        return sorted.map(\.session)
    }

    private struct Key: Comparable {
        var number: Double = 0
        var text = ""
        var age: Double = 0

        static func < (left: Key, right: Key) -> Bool {
            if left.number != right.number { return left.number < right.number }
            if left.text != right.text { return left.text < right.text }
            return left.age < right.age
        }
    }

    private func key(_ session: ObservedSession, _ look: TopLook) -> Key {
        let age = -(look.rest(session) ?? -1)
        switch self {
        case .busy: return Key(number: Double(rank(session, look)), age: age)
        case .age: return Key(age: age)
        case .state: return Key(text: session.stateForEyes, age: age)
        // Whoever waits for nothing comes last.
        case .wait: return Key(number: session.waitEventType == nil ? 1 : 0, text: session.waitForEyes, age: age)
        case .user: return Key(number: session.userName == nil ? 1 : 0, text: session.userName ?? "", age: age)
        case .app: return Key(text: session.applicationName, age: age)
        case .database:
            return Key(number: session.databaseName == nil ? 1 : 0, text: session.databaseName ?? "", age: age)
        case .pid: return Key(number: Double(session.pid))
        }
    }

    private func rank(_ session: ObservedSession, _ look: TopLook) -> Int {
        if look.isWaitingForLock(session) { return 0 }
        guard session.kind == .client || session.kind == .unknown else { return 4 }
        switch session.state {
        case .active, .fastpath, .starting: return 1
        case .idleInTransaction, .idleInTransactionAborted: return 2
        default: return 3
        }
    }
}
