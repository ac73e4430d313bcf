import Foundation

/// How many client sessions are in one state.
public struct StateUse: Encodable, Sendable, Hashable {
    /// As in pg_stat_activity; `unknown` where the role may not see it.
    public let state: String
    public let sessions: Int
    /// Since when the one that has been in it the longest has been.
    public let longestS: Double?

    static func all(_ observation: Observation) -> [StateUse] {
        let clients = observation.sessions.filter(\.holdsSlot)
        var uses = Dictionary(grouping: clients) { $0.state?.rawValue ?? "unknown" }.map { state, sessions in
            StateUse(
                state: state, sessions: sessions.count,
                longestS: sessions.compactMap { observation.age($0.stateChange) }.max())
        }
        if !observation.hiddenConnections.isEmpty {
            uses.append(
                StateUse(state: "not logged in yet", sessions: observation.hiddenConnections.count, longestS: nil))
        }
        return uses.sorted { ($1.sessions, $0.state) < ($0.sessions, $1.state) }
    }
}

/// What one client, of one application and user, has open in one database.
public struct ClientUse: Encodable, Sendable, Hashable {
    public let userName: String?
    public let applicationName: String
    /// Nil over a socket.
    public let clientAddress: String?
    public let databaseName: String?
    public let sessions: Int
    /// Nil where the role may not see what they do.
    public let active: Int?
    public let idleInTransaction: Int?
    /// Sessions whose state and address the role may not see.
    public let unknown: Int

    static func all(_ observation: Observation) -> [ClientUse] {
        let groups = Dictionary(grouping: observation.sessions.filter(\.holdsSlot)) {
            [$0.userName, $0.applicationName, $0.clientAddress, $0.databaseName, $0.isVisible ? "" : nil]
        }
        return groups.values.map { sessions in
            let unknown = sessions.count { !$0.isVisible }
            return ClientUse(
                userName: sessions[0].userName, applicationName: sessions[0].applicationName,
                clientAddress: sessions[0].clientAddress, databaseName: sessions[0].databaseName,
                sessions: sessions.count, active: unknown > 0 ? nil : sessions.count { $0.state == .active },
                idleInTransaction: unknown > 0 ? nil : sessions.count(where: \.isIdleInTransaction), unknown: unknown)
        }.sorted { ($1.sessions, $0.order) < ($0.sessions, $1.order) }
    }

    private var order: String {
        [applicationName, userName ?? "", clientAddress ?? "", databaseName ?? ""].joined(separator: "\u{0}")
    }
}

/// What working sessions wait for.
public struct WaitUse: Encodable, Sendable, Hashable {
    /// `Lock`, `IO` …; `CPU` for a session that works and waits for nothing.
    public let type: String
    public let event: String?
    public let sessions: Int

    static func all(_ observation: Observation) -> [WaitUse] {
        let active = observation.sessions.filter { $0.holdsSlot && $0.state == .active }
        return Dictionary(grouping: active) { [$0.waitEventType, $0.waitEvent] }.map { key, sessions in
            WaitUse(type: key[0] ?? "CPU", event: key[1], sessions: sessions.count)
        }.sorted { ($1.sessions, $0.type, $0.event ?? "") < ($0.sessions, $1.type, $1.event ?? "") }
    }
}

/// An open transaction and how old it is.
public struct TransactionAge: Encodable, Sendable, Hashable {
    public let pid: Int32
    public let backendStart: PreciseTime?
    public let applicationName: String
    public let userName: String?
    public let state: String?
    public let ageS: Double
    public let query: String?

    private static let most = 10

    static func oldest(_ observation: Observation) -> [TransactionAge] {
        let open = observation.sessions.filter(\.holdsSlot).compactMap { session in
            observation.age(session.transactionStart).map { (session: session, ageS: $0) }
        }
        return open.sorted { ($1.ageS, $0.session.pid) < ($0.ageS, $1.session.pid) }.prefix(most).map {
            TransactionAge(
                pid: $0.session.pid, backendStart: $0.session.backendStart.map(PreciseTime.init),
                applicationName: $0.session.applicationName, userName: $0.session.userName,
                state: $0.session.state?.rawValue, ageS: $0.ageS, query: $0.session.query)
        }
    }
}

/// One line of the lock tree: who stands behind whom, and for what.
public struct LockLine: Encodable, Sendable, Hashable {
    /// 0 is in others' way and waits for nobody.
    public let level: Int
    /// 0 is a prepared transaction.
    public let pid: Int32
    public let gid: String?
    public let applicationName: String?
    public let userName: String?
    /// What it wants; nil for a root.
    public let mode: String?
    public let relation: String?
    public let waitS: Double?
    public let state: String?
    public let query: String?

    static func all(_ observation: Observation) -> [LockLine] {
        let situation = Situation(observation, earlier: nil)
        return situation.tree.outline().map { line in
            let session = situation.session(line.holder.pid)
            let wait = line.level == 0 ? nil : situation.wait(of: line.holder.pid)
            return LockLine(
                level: line.level, pid: line.holder.pid, gid: line.holder.gid,
                applicationName: session?.applicationName, userName: session?.userName, mode: wait?.mode,
                relation: wait?.relation, waitS: observation.age(wait?.waitStart), state: session?.state?.rawValue,
                query: session?.query)
        }
    }
}
