// How many connections are left, P1.

import Operations
import Testing

@testable import Triage

@Suite("The connection budget") struct ConnectionBudgetTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let major: Int
        var max = 20
        var superuser = 3
        var reserved = 0
        let used: Int
        var hidden = 0
        let free: Int
        let verdict: CheckVerdict

        var testDescription: String { "\(major): \(used)+\(hidden) of \(max)-\(superuser)-\(reserved)" }
    }

    @Test(
        "what is free, and how bad that is, P1",
        arguments: [
            Case(major: 15, used: 17, free: 0, verdict: .critical),
            Case(major: 15, used: 16, free: 1, verdict: .critical),
            Case(major: 15, used: 15, free: 2, verdict: .warning),
            Case(major: 15, used: 13, free: 4, verdict: .ok),
            Case(major: 15, used: 20, free: 0, verdict: .critical),
            Case(major: 15, used: 12, hidden: 5, free: 0, verdict: .critical),
            Case(major: 16, reserved: 4, used: 13, free: 0, verdict: .critical),
            Case(major: 16, reserved: 4, used: 10, free: 3, verdict: .ok),
            Case(major: 18, superuser: 1, reserved: 2, used: 14, hidden: 1, free: 2, verdict: .warning),
            Case(major: 18, superuser: 0, used: 0, free: 20, verdict: .ok),
            Case(major: 18, max: 5, superuser: 3, reserved: 2, used: 0, free: 0, verdict: .critical),
        ])
    func table(_ one: Case) {
        var scene = Scene(maxConnections: one.max, major: one.major)
        scene.observation.server.superuserReservedConnections = one.superuser
        scene.observation.server.reservedConnections = one.reserved
        scene.add(one.used)
        scene.observation.hiddenConnections = (0..<one.hidden).map { Int32(9000 + $0) }
        let budget = ConnectionBudget(scene.observation)
        #expect(budget.ordinaryFree == one.free)
        #expect(budget.used == one.used + one.hidden)
        #expect(budget.verdict().verdict == one.verdict)
    }

    @Test("17 of 20 used, 3 reserved: CRITICAL, 0 ordinary slots free, P1")
    func sentence() {
        var scene = Scene(maxConnections: 20)
        scene.add(16)
        scene.observation.hiddenConnections = [9000]
        let answer = ConnectionBudget(scene.observation).verdict()
        #expect(answer.verdict == .critical)
        #expect(
            answer.text
                == "17 of 20 connections used, 1 of them not logged in yet, 3 reserved: 0 ordinary slots free")
    }

    @Test("walsenders, and the server's own processes, are out of another stock")
    func others() {
        var scene = Scene(maxConnections: 20)
        scene.add(4) { $0.kind = .walsender }
        scene.add(2) { $0.kind = .autovacuum }
        scene.add(3) { $0.kind = .parallel }
        scene.add(5)
        // Somebody else's, to a role that may not look.
        scene.add(6) { $0.kind = .unknown }
        let budget = ConnectionBudget(scene.observation)
        #expect(budget.used == 11)
        #expect(budget.walsendersUsed == 4)
    }

    @Test("a role's and a database's own limits are the verdict when they are tighter, P1")
    func limits() {
        var scene = Scene(maxConnections: 100)
        scene.observation.roles = [
            RoleLimit(name: "batch", connectionLimit: 5), RoleLimit(name: "app", connectionLimit: 50),
        ]
        scene.observation.databases.append(ObservedDatabase(name: "small", connectionLimit: 10))
        scene.add(4, user: "batch")
        scene.add(9) { $0.databaseName = "small" }
        let budget = ConnectionBudget(scene.observation)
        #expect(budget.roles.map(\.used) == [4, 9])
        let answer = budget.verdict()
        #expect(answer.verdict == .critical)
        #expect(answer.text.contains("database small has 9 of its 10; role batch has 4 of its 5"))
        #expect(budget.verdict(warning: 95, critical: 99).verdict == .ok)
    }

    @Test("a limit of 0 is a door that was closed on purpose, and no limit is no limit")
    func zero() {
        var scene = Scene()
        scene.observation.roles = [RoleLimit(name: "closed", connectionLimit: 0)]
        #expect(ConnectionBudget(scene.observation).verdict().verdict == .ok)
        #expect(ConnectionBudget(Scene().observation).databases.isEmpty)
    }
}
