// Recorded situations: each of the kinds of trouble, in two variants or more.

import Foundation
import Testing
import Triage

/// A situation and what must be said about it.
struct Situated: Sendable, CustomTestStringConvertible {
    let name: String
    let code: VerdictCode
    /// What the one next command is.
    let command: String?
    /// Words that the sentence has to have.
    var says: [String] = []
    var further: [VerdictCode] = []
    let scene: Scene

    init(
        _ name: String, _ code: VerdictCode, _ command: String?, says: [String] = [], further: [VerdictCode] = [],
        _ scene: Scene = Scene(), _ build: (inout Scene) -> Void
    ) {
        self.name = name
        self.code = code
        self.command = command
        self.says = says
        self.further = further
        var scene = scene
        build(&scene)
        self.scene = scene
    }

    var testDescription: String { name }
}

extension Situated {
    static let simple: [Situated] = locks + sessions + limits + horizon + pooler

    static let locks: [Situated] = [
        Situated(
            "a definition waits for a session idle in transaction, and readers queue behind it", .lockPileupDdl,
            "dbctl pool kill --root-blocker",
            says: ["21 sessions wait", "idle in transaction for 3 min 5 s", "public.orders"]
        ) { scene in
            let root = scene.add(1, "report", state: .idleInTransaction, for: 185)
            let definition = scene.wait(
                1, behind: holders(root), "migrate", mode: "AccessExclusiveLock", query: "ALTER TABLE orders ADD x int")
            scene.wait(20, behind: holders(definition))
        },
        Situated(
            "a definition waits for a report that runs: the definition can be repeated", .lockPileupDdl,
            "dbctl pool kill --pid 1002", says: ["running for 15 min"]
        ) { scene in
            let root = scene.add(1, "report", state: .active, for: 900, query: "SELECT sum(x) FROM orders")
            let definition = scene.wait(
                1, behind: holders(root), "migrate", mode: "AccessExclusiveLock", query: "TRUNCATE orders")
            scene.wait(4, behind: holders(definition))
        },
        Situated(
            "a definition that runs keeps everybody out", .lockPileupDdl, "dbctl pool kill --root-blocker",
            says: ["12 sessions wait", "public.orders"]
        ) { scene in
            let root = scene.add(
                1, "migrate", state: .active, for: 40, query: "ALTER TABLE orders ALTER id TYPE bigint")
            scene.wait(12, behind: holders(root), for: 0.1)
        },
        Situated(
            "the definition is a superuser's, whom pool kill leaves alone", .lockPileupDdl,
            "SELECT pg_terminate_backend(1001)"
        ) { scene in
            let root = scene.add(1, "psql", user: "postgres", state: .active, for: 40, isSuperuser: true)
            scene.wait(3, behind: holders(root), mode: "RowExclusiveLock")
        },
        Situated(
            "rows are locked by a session idle in transaction", .lockPileupIdleInTransaction,
            "dbctl pool kill --root-blocker", says: ["3 sessions wait", "worker", "idle in transaction for 1 min 30 s"]
        ) { scene in
            let root = scene.add(1, "worker", state: .idleInTransaction, for: 90)
            let first = scene.wait(1, behind: holders(root), mode: "ShareLock", type: "transactionid")
            scene.wait(2, behind: holders(first), mode: "ExclusiveLock", type: "tuple")
        },
        Situated(
            "the session idle in transaction has failed and was left open", .lockPileupIdleInTransaction,
            "SELECT pg_terminate_backend(1001)"
        ) { scene in
            let root = scene.add(1, "psql", state: .idleInTransactionAborted, for: 60, isSuperuser: true)
            scene.wait(1, behind: holders(root), mode: "ShareLock", type: "transactionid", for: 3)
        },
        Situated("an update that runs long keeps the others waiting", .lockPileup, "dbctl pool kill --root-blocker") {
            scene in
            let root = scene.add(1, "batch", state: .active, for: 600)
            scene.wait(15, behind: holders(root), mode: "ShareLock", type: "transactionid")
        },
        Situated(
            "a deadlock that the server has not seen yet", .deadlock, "SELECT pg_cancel_backend(1002)",
            says: ["1001, 1002"]
        ) { scene in
            scene.wait(1, behind: holders([1002]), mode: "ShareLock", type: "transactionid", for: 0.8)
            scene.wait(1, behind: holders([1001]), mode: "ShareLock", type: "transactionid", for: 0.6)
        },
        Situated(
            "a prepared transaction at the root", .preparedTransaction, "ROLLBACK PREPARED 'it''s'",
            says: ["5 sessions wait", "“it's”", "database app", "2 h"]
        ) { scene in
            scene.observation.preparedTransactions = [
                PreparedTransaction(
                    gid: "it's", transactionId: "77", xidAge: 12, prepared: Scene.now - 7200, owner: "app",
                    database: "app")
            ]
            scene.wait(5, behind: [LockHolder(pid: 0, gid: "it's")], mode: "ShareLock", type: "transactionid")
        },
        Situated("a prepared transaction that nobody waits for", .preparedTransaction, "ROLLBACK PREPARED 'left'") {
            $0.observation.preparedTransactions = [
                PreparedTransaction(
                    gid: "left", transactionId: "77", xidAge: 12, prepared: Scene.now - 600, owner: "app",
                    database: "app")
            ]
        },
        Situated("a queue of a moment is no pile-up", .healthy, nil, says: ["wait briefly"]) { scene in
            let root = scene.add(1, state: .active, for: 0.1)
            scene.wait(3, behind: holders(root), mode: "ShareLock", type: "transactionid", for: 0.1)
        },
    ]

    static let sessions: [Situated] = [
        Situated(
            "one session idle in transaction for an hour", .idleInTransaction,
            "dbctl pool kill --idle-in-transaction 5m", says: ["1 session is in an open transaction", "1 h"]
        ) {
            $0.add(1, "psql", state: .idleInTransaction, for: 3600)
            $0.add(3, "web", state: .idleInTransaction, for: 1)
        },
        Situated(
            "all slots are taken by sessions in open transactions, young as they are", .idleInTransaction,
            "dbctl pool kill --idle-in-transaction 10s", says: ["60 sessions"], further: [.slots]
        ) {
            $0.add(60, "web", state: .idleInTransaction, for: 20)
            $0.add(30, "other")
        },
        Situated(
            "one application has all the slots and does nothing", .leak, "dbctl pool kill --stale 1h --app billing",
            says: ["“billing”", "75 sessions", "2 h"], further: [.slots]
        ) {
            $0.add(75, "billing", for: 7200, born: 8000)
            $0.add(20, "web")
        },
        Situated(
            "a leak of seconds, with slots short", .leak, "dbctl pool kill --stale 1s --app 'my app'",
            further: [.slots], Scene(maxConnections: 20)
        ) { $0.add(17, "my app", for: 2, born: 3, from: nil) },
        Situated(
            "a pool at work is no leak: idle at the moment are all, and each runs a statement twice a second", .slots,
            "dbctl pool size", says: ["3 of 17 ordinary ones are free"], Scene(maxConnections: 20)
        ) {
            for age in 0..<14 { $0.add(1, for: Double(age) * 0.04, born: 30) }
        },
        Situated(
            "a pool whose clients pause for five seconds is no leak, nor when it is only a little older than that",
            .slots, "dbctl pool size", says: ["No connection is left"], Scene(maxConnections: 20)
        ) {
            for age in 0..<17 { $0.add(1, for: Double(age) * 0.29, born: 10) }
        },
        Situated(
            "a pool that has more than it uses: what nobody takes up for a minute is a leak, while slots are short",
            .leak, "dbctl pool kill --stale 1m --app web", says: ["17 sessions open, and 12 of them do nothing"],
            further: [.slots], Scene(maxConnections: 20)
        ) {
            $0.add(12, for: 90)
            $0.add(5, for: 0.3)
        },
        Situated(
            "half of the server in transactions that do nothing for seconds, and slots are left", .idleInTransaction,
            "dbctl pool kill --idle-in-transaction 1s", says: ["12 sessions are in an open transaction"],
            Scene(maxConnections: 20)
        ) { $0.add(12, state: .idleInTransaction, for: 3) },
        Situated(
            "transactions on their way from one statement to the next fill no server", .slots, "dbctl pool size",
            Scene(maxConnections: 20)
        ) {
            $0.add(10, state: .idleInTransaction, for: 0.05)
            $0.add(5, state: .active, for: 0.01)
        },
        Situated(
            "a leak that has slots left: half an hour is no pool's rest", .leak, "dbctl pool kill --stale 30m --app ''"
        ) {
            $0.add(40, "", for: 2400)
        },
        Situated("a pool that rests is none", .healthy, nil) { $0.add(40, "web", for: 600) },
        Situated(
            "a host has vanished: its sessions are silent, the application lives elsewhere", .halfOpen,
            "dbctl pool kill --stale 1h --app web", says: ["10.0.0.9", "12 sessions", "silent for 1 h 30 min"]
        ) {
            $0.add(12, "web", for: 5400, from: "10.0.0.9")
            $0.add(12, "web", for: 1, from: "10.0.0.1")
        },
        Situated("nobody takes the rows of a statement", .halfOpen, "dbctl pool kill --stale 30m --app report") {
            $0.add(2, "report", state: .active, for: 2000, from: "10.0.0.9", wait: "Client", event: "ClientWrite")
        },
        Situated("silent sessions of this machine are no vanished host", .healthy, nil) {
            $0.add(12, "web", for: 5400, from: "127.0.0.1")
            $0.add(12, "web", for: 1)
        },
        Situated(
            "more statements at work than cores", .overload, "dbctl pool top", says: ["40 sessions", "8 cores"]
        ) {
            $0.add(30, state: .active, for: 5)
            $0.add(10, state: .active, for: 5, wait: "IO", event: "DataFileRead")
            $0.add(10)
        },
        Situated(
            "work fills the slots of a server whose cores nobody knows", .overload, "dbctl pool top",
            further: [.slots], Scene(maxConnections: 20, cores: nil)
        ) { $0.add(16, state: .active, for: 1, wait: "LWLock", event: "WALWrite") },
        Situated("sessions that sleep on purpose are no work", .healthy, nil) {
            $0.add(40, state: .active, for: 5, wait: "Timeout", event: "PgSleep")
        },
        Situated(
            "connections that never log in", .loginStorm, "dbctl pool top", says: ["30 connections have not logged in"]
        ) { $0.observation.hiddenConnections = (1...30).map { Int32($0) } },
        Situated(
            "everybody is young and comes for a moment", .loginStorm, "ALTER ROLE \"app\" CONNECTION LIMIT 85",
            says: ["85 sessions are younger"], further: [.slots]
        ) { $0.add(85, "php", state: .active, for: 0, born: 0.5, wait: "Client", event: "ClientRead") },
    ]

    static let limits: [Situated] = [
        Situated(
            "a role has reached its limit", .roleLimit, "ALTER ROLE \"batch\" CONNECTION LIMIT 10",
            says: ["Role batch has reached its", "5 of 5"]
        ) {
            $0.observation.roles = [RoleLimit(name: "batch", connectionLimit: 5)]
            $0.add(5, "batch", user: "batch")
        },
        Situated("a role is about to reach its limit", .roleLimit, "ALTER ROLE \"App\" CONNECTION LIMIT 40") {
            $0.observation.roles = [RoleLimit(name: "App", connectionLimit: 20)]
            $0.add(18, user: "App")
        },
        Situated("a role with room to its limit is well", .healthy, nil) {
            $0.observation.roles = [RoleLimit(name: "batch", connectionLimit: 5)]
            $0.add(4, "batch", user: "batch")
        },
        Situated(
            "a database has reached its limit", .databaseLimit, "ALTER DATABASE \"app\" CONNECTION LIMIT 16",
            says: ["8 of 8"]
        ) {
            $0.observation.databases[0].connectionLimit = 8
            $0.add(8)
        },
        Situated("a database that was closed on purpose may have nobody", .healthy, nil) {
            $0.observation.databases[0].connectionLimit = 0
        },
        Situated("many applications share all the slots", .slots, "dbctl pool size", says: ["No connection is left"]) {
            for number in 0..<14 { $0.add(7, "service \(number)") }
        },
        Situated(
            "a role that is no monitor", .unknown, "GRANT pg_monitor TO \"monitor\"", says: ["30 of 31 sessions"]
        ) {
            $0.observation.server.seesAllSessions = false
            $0.add(30, state: nil) { $0.kind = .unknown }
            $0.add(1, user: "monitor")
        },
        Situated(
            "a role that is no monitor, and no slot left: never taken for idle", .unknown,
            "GRANT pg_monitor TO \"Ops team\"", further: [.slots], Scene(maxConnections: 20)
        ) {
            $0.observation.server.seesAllSessions = false
            $0.observation.server.role = "Ops team"
            $0.add(17, state: nil) { $0.kind = .unknown }
        },
        Situated("a role that is no monitor, and nobody else there", .healthy, nil) {
            $0.observation.server.seesAllSessions = false
            $0.add(3, user: "monitor")
        },
        Situated("an idle server", .healthy, nil, says: ["97 ordinary slots are free"]) { _ in },
        Situated("an ordinary afternoon", .healthy, nil) {
            $0.add(30)
            $0.add(6, state: .active, for: 0.01)
        },
    ]
}
