// Whom a kill means, and whom it never ends, P7.

import Foundation
import Operations
import Testing

@testable import Triage

@Suite("The plan of a kill") struct KillPlanTests {
    private func plan(_ selection: KillSelection, _ scene: Scene) throws -> KillPlan {
        try KillPlan(selection, scene.observation)
    }

    @Test("idle in transaction: by age and application; whoever is younger, busy or merely idle is not meant")
    func idleInTransaction() throws {
        var scene = Scene()
        let old = scene.add(2, "billing", state: .idleInTransaction, for: 400)
        let failed = scene.add(1, "web", state: .idleInTransactionAborted, for: 300)
        scene.add(1, "web", state: .idleInTransaction, for: 299)
        scene.add(1, "web", state: .active, for: 5000)
        scene.add(1, "web", state: .idle, for: 5000)
        let all = try plan(.idleInTransaction(.seconds(300), application: nil), scene)
        #expect(all.victims.map(\.pid) == old + failed && all.spared.isEmpty)
        #expect(all.victims.allSatisfy { $0.stateChange != nil }, "only as long as they do nothing")
        let web = try plan(.idleInTransaction(.seconds(300), application: "web"), scene)
        #expect(web.victims.map(\.pid) == failed)
    }

    @Test("stale: idle sessions of one application, and no other's")
    func stale() throws {
        var scene = Scene()
        let meant = scene.add(3, "billing", for: 1800)
        scene.add(1, "billing", for: 1799)
        scene.add(1, "billing", state: .idleInTransaction, for: 9000)
        scene.add(1, "other", for: 9000)
        #expect(try plan(.stale(.seconds(1800), application: "billing"), scene).victims.map(\.pid) == meant)
    }

    @Test("a run of dbctl is spared where it is not named: a backup's snapshot is idle in a transaction")
    func ownRuns() throws {
        var scene = Scene()
        let pids = scene.add(1, "dbctl backup create 01J", state: .idleInTransaction, for: 9000)
        let spared = try plan(.idleInTransaction(.seconds(60), application: nil), scene)
        #expect(spared.victims.isEmpty && spared.spared.map(\.pid) == pids)
        #expect(try plan(.sessions(pids, backendStart: nil), scene).victims.map(\.pid) == pids)
    }

    @Test(
        "never ended: superusers, walsenders, autovacuum, parallel workers, the server's own",
        arguments: [ObservedSession.Kind.walsender, .autovacuum, .parallel, .background, .client])
    func protected(_ kind: ObservedSession.Kind) throws {
        var scene = Scene()
        let pids = scene.add(1, "it", state: .idleInTransaction, for: 9000, isSuperuser: kind == .client) {
            $0.kind = kind
        }
        let named = try plan(.sessions(pids, backendStart: nil), scene)
        #expect(named.victims.isEmpty && named.spared.count == 1 && !named.spared[0].isGone)
    }

    @Test("itself is never ended, and who is gone is said to be")
    func selfAndGone() throws {
        var scene = Scene()
        scene.observation.server.ownPid = 77
        let plan = try plan(.sessions([77, 78], backendStart: nil), scene)
        #expect(plan.victims.isEmpty && plan.spared.map(\.isGone) == [false, true])
    }

    @Test("a session is named by its pid and its beginning: another one with the same pid is not meant")
    func recycled() throws {
        var scene = Scene()
        let pid = scene.add(1, born: 3600)[0]
        let start = PreciseTime(Scene.ago(3600))
        #expect(try plan(.sessions([pid], backendStart: start), scene).victims.map(\.pid) == [pid])
        let other = PreciseTime(Scene.ago(3600.000001))
        let spared = try plan(.sessions([pid], backendStart: other), scene)
        #expect(spared.victims.isEmpty && spared.spared.map(\.isGone) == [true])
    }

    @Test("all roots of the worst pile-up, and no other's; a queue of a moment is none")
    func roots() throws {
        var scene = Scene()
        let readers = scene.add(2, "report", state: .idleInTransaction, for: 600)
        let definition = scene.wait(1, behind: holders(readers), "migrate", mode: "AccessExclusiveLock")
        scene.wait(8, behind: holders(definition))
        let other = scene.add(1, "batch", state: .active, for: 60)
        scene.wait(2, behind: holders(other), for: 10)
        #expect(try plan(.rootBlocker, scene).victims.map(\.pid) == readers)

        var busy = Scene()
        let writer = busy.add(1, "web", state: .active, for: 0.1)
        busy.wait(2, behind: holders(writer), type: "transactionid", for: 0.1)
        #expect(try plan(.rootBlocker, busy).victims.isEmpty)
    }

    @Test("a prepared transaction at the root has no process: the statement that ends it is named")
    func prepared() throws {
        var scene = Scene()
        scene.wait(3, behind: [LockHolder(pid: 0, gid: "o'clock")])
        let plan = try plan(.rootBlocker, scene)
        #expect(plan.victims.isEmpty && plan.spared[0].reason.contains("ROLLBACK PREPARED 'o''clock'"))
    }

    @Test("who may not see what others do is told so, and ends nobody")
    func hidden() throws {
        var scene = Scene()
        scene.observation.server.seesAllSessions = false
        scene.add(3, state: nil) {
            $0.kind = .unknown
            $0.backendStart = nil
        }
        let pid = scene.observation.sessions[0].pid
        for selection in [
            KillSelection.idleInTransaction(.seconds(1), application: nil), .stale(.seconds(1), application: "web"),
            .sessions([pid], backendStart: nil),
        ] {
            let failure = #expect(throws: Failure.self) { try plan(selection, scene) }
            #expect(failure?.category == .authentication && failure?.hint?.contains("GRANT pg_monitor") == true)
        }
        // Whom it may see is ended all the same.
        let own = scene.add(1, "own")[0]
        let both = try plan(.sessions([pid, own], backendStart: nil), scene)
        #expect(both.victims.map(\.pid) == [own] && both.spared[0].reason.contains("GRANT pg_monitor"))
        // A connection at the door is no session, and not gone.
        scene.observation.hiddenConnections = [77]
        let door = try plan(.sessions([77], backendStart: nil), scene).spared[0]
        #expect(!door.isGone && door.reason.contains("authentication_timeout"))
    }

    @Test("a moment to the microsecond survives being written and read")
    func preciseTime() throws {
        let time = PreciseTime(Date(timeIntervalSince1970: 1_799_999_999.000457))
        #expect("\(time)" == "2027-01-15T07:59:59.000457Z")
        #expect(PreciseTime("2027-01-15T07:59:59.000457Z")?.microseconds == time.microseconds)
        #expect(PreciseTime("2027-01-15T07:59:59Z")?.microseconds == 1_799_999_999_000_000)
        #expect(PreciseTime("2027-01-15T07:59:59.5Z")?.microseconds == 1_799_999_999_500_000)
        for wrong in [
            "", "yesterday", "2027-01-15", "2027-01-15T07:59:59.1234567Z", "2027-01-15T07:59:59.12",
            "2027-01-15T07:59:59.-1Z",
        ] {
            #expect(PreciseTime(wrong) == nil, "\(wrong)")
        }
    }

    @Test("only a lack of slots makes another way worth trying", arguments: FailureCatalogue.entries.map(\.code))
    func ways(_ code: FailureCode) {
        let isFull = Entrance.isFull(Failure(code, ""))
        let full = [
            "slots.all", "slots.ordinary", "slots.role", "slots.database", "slots.walsender",
            "pooler.max_client_conn", "pooler.query_wait_timeout", "pooler.disabled", "pooler.server_login",
            "pooler.timeout",
        ]
        #expect(isFull == full.contains(code.name))
    }
}

@Suite("A verdict on what only the pooler shows") struct PoolerVerdictTests {
    private let refusal = Refusal(
        route: .direct, userName: "app", code: "slots.all", sqlstate: "53300", message: "sorry, too many clients")

    @Test("the server is full: who holds how many, and how the pooler gives them back")
    func full() {
        let pooler = PoolerObservation(pools: [
            .init(database: "app", user: "web", clientsWaiting: 7, serversActive: 10, serversIdle: 5),
            .init(database: "other", user: "web", serversActive: 3),
        ])
        let finding = PoolerVerdict.finding(of: pooler, refusal: refusal)
        #expect(finding.code == .slots && finding.text.contains("holds 18") && finding.text.contains("7 clients wait"))
        #expect(finding.nextCommand?.hasPrefix("RECONNECT app ") == true)
    }

    @Test("asked alone: paused, not let in, too small, or well")
    func alone() {
        var paused = PoolerObservation(pools: [.init(database: "app", user: "web", clientsWaiting: 3)])
        paused.databases = [
            .init(row: ["name": "app", "paused": "1"])
        ]
        #expect(PoolerVerdict.finding(of: paused, refusal: nil).code == .poolerPaused)
        let stuck = PoolerObservation(pools: [.init(database: "app", user: "web", clientsWaiting: 3, serversLogin: 1)])
        #expect(PoolerVerdict.finding(of: stuck, refusal: nil).code == .poolerLogin)
        let small = PoolerObservation(pools: [.init(database: "app", user: "web", clientsWaiting: 3, serversActive: 5)])
        #expect(PoolerVerdict.finding(of: small, refusal: nil).code == .poolTooSmall)
        let well = PoolerObservation(pools: [.init(database: "app", user: "web", serversActive: 5)])
        #expect(PoolerVerdict.finding(of: well, refusal: nil).code == .healthy)
    }
}
