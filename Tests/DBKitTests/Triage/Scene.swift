// Situations, put together session by session.

import Foundation
import Triage

/// An observation that grows. Ages are seconds before the look.
struct Scene {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    /// To the microsecond, as a server's times are.
    static func ago(_ seconds: Double) -> Date {
        Date(timeIntervalSince1970: ((now.timeIntervalSince1970 - seconds) * 1e6).rounded() / 1e6)
    }

    var observation: Observation
    private var nextPid: Int32 = 1000

    init(maxConnections: Int = 100, major: Int = 16, cores: Int? = 8) {
        var server = ObservedServer(
            version: "\(major).4", versionNumber: major * 10_000 + 4, started: Scene.now - 86_400,
            maxConnections: maxConnections, role: "monitor", database: "app")
        server.cores = cores
        observation = Observation(
            time: Scene.now, server: server,
            databases: [ObservedDatabase(name: "app", frozenXidAge: 1_000_000, sessions: 1000)])
    }

    @discardableResult mutating func add(
        _ count: Int = 1, _ application: String = "web", user: String = "app", state: ObservedSession.State? = .idle,
        for rest: Double = 2, born: Double = 3600, from address: String? = "10.0.0.1", wait: String? = nil,
        event: String? = nil, isSuperuser: Bool = false, query: String = "SELECT 1",
        _ change: (inout ObservedSession) -> Void = { _ in }
    ) -> [Int32] {
        (0..<count).map { _ in
            nextPid += 1
            var session = ObservedSession(
                pid: nextPid, state: state, userName: user, databaseName: "app", applicationName: application,
                clientAddress: address, isSuperuser: isSuperuser)
            session.backendStart = Scene.ago(born)
            session.stateChange = Scene.ago(rest)
            session.queryStart = Scene.ago(rest)
            if state != .idle { session.transactionStart = Scene.ago(rest) }
            session.waitEventType = wait
            session.waitEvent = event
            session.query = query
            change(&session)
            observation.sessions.append(session)
            return nextPid
        }
    }

    /// Sessions that wait for a table.
    @discardableResult mutating func wait(
        _ count: Int = 1, behind blockers: [LockHolder], _ application: String = "web",
        mode: String = "AccessShareLock", type: String = "relation", for seconds: Double = 30,
        query: String = "SELECT * FROM orders", isSuperuser: Bool = false
    ) -> [Int32] {
        let pids = add(
            count, application, state: .active, for: seconds, wait: "Lock", event: type, isSuperuser: isSuperuser,
            query: query)
        observation.lockWaits += pids.map {
            LockWait(
                pid: $0, blockers: blockers, mode: mode, lockType: type,
                relation: type == "relation" ? "public.orders" : nil, waitStart: Scene.ago(seconds))
        }
        return pids
    }

    var verdict: Verdict { Triage.verdict(of: observation) }
}

func holders(_ pids: [Int32]) -> [LockHolder] { pids.map { LockHolder(pid: $0) } }
