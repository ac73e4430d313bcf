// Recorded situations: what holds back clean-up, and the pooler.

import Foundation

@testable import Triage

extension Situated {
    static let horizon: [Situated] = [
        Situated(
            "a slot that nobody uses", .replicationSlot, "SELECT pg_drop_replication_slot('old')",
            says: ["slot old is used by nobody", "2.5 million transactions"]
        ) { $0.observation.replicationSlots = [ReplicationSlot(name: "old", catalogXminAge: 2_500_000)] },
        Situated("a slot that only keeps log", .replicationSlot, "SELECT pg_drop_replication_slot('disk')") {
            var slot = ReplicationSlot(name: "disk", kind: "physical")
            slot.retainedBytes = 50 << 30
            $0.observation.replicationSlots = [slot]
        },
        Situated("slots in use, and one just left, are well", .healthy, nil) {
            $0.observation.replicationSlots = [
                ReplicationSlot(name: "live", isActive: true, catalogXminAge: 500_000),
                ReplicationSlot(name: "restarting", catalogXminAge: 900),
            ]
        },
        Situated(
            "a standby's slot with an old query's feedback: the slot is not to be dropped", .replicationSlot,
            XminHolder.feedbackOff
        ) {
            $0.observation.replicationSlots = [
                ReplicationSlot(name: "standby1", kind: "physical", isActive: true, xminAge: 20_000_000)
            ]
        },
        Situated("a standby's feedback", .standbyFeedback, XminHolder.feedbackOff, says: ["standby1"]) {
            $0.observation.standbys = [Standby(pid: 7, applicationName: "standby1", xminAge: 3_000_000)]
        },
        Situated("a walsender that streams nothing is no standby: dbctl's own way in, or a backup", .healthy, nil) {
            var walsender = Standby(pid: 7, applicationName: "dbctl pool doctor", xminAge: 3_000_000)
            walsender.state = "startup"
            $0.observation.standbys = [walsender]
        },
        Situated("a standby's feedback of a moment is well", .healthy, nil) {
            $0.observation.standbys = [Standby(pid: 7, applicationName: "standby1", xminAge: 3000)]
        },
        Situated("a statement that runs for hours", .longTransaction, "dbctl pool kill --pid 1001", says: ["3 h"]) {
            $0.add(1, "report", state: .active, for: 10_800) { $0.xminAge = 4_000_000 }
        },
        Situated("the ages are high", .wraparound, "vacuumdb --dbname=app", says: ["comes nearer"]) {
            $0.observation.databases[0].frozenXidAge = 900_000_000
        },
        Situated(
            "the server takes no writes any more", .wraparound, "vacuumdb --dbname=app", says: ["takes no new"],
            further: [.leak, .slots]
        ) {
            $0.observation.databases[0].frozenXidAge = 2_144_000_000
            $0.add(95, for: 120)
        },
    ]

    static let pooler: [Situated] = [
        Situated(
            "clients wait at the pooler and the server has room", .poolTooSmall,
            "SET default_pool_size = 35 -- in pgbouncer's console, and in pgbouncer.ini",
            says: ["15 clients of app wait", "4 s", "77 slots free"]
        ) {
            $0.add(20, "pgbouncer", state: .active, for: 0.2)
            $0.observation.pooler = PoolerObservation(
                pools: [.init(database: "app", user: "app", clientsWaiting: 15, serversActive: 20, longestWaitS: 4)],
                databases: [.sized("app", 20)])
        },
        Situated(
            "the database's own limit is the tight one", .poolTooSmall,
            "SET max_db_connections = 12 -- in pgbouncer's console, and in pgbouncer.ini"
        ) {
            $0.add(10, "pgbouncer")
            var database = PoolerObservation.Database.sized("app", 20)
            database.maxConnections = 10
            database.currentConnections = 10
            $0.observation.pooler = PoolerObservation(
                pools: [.init(database: "app", user: "app", clientsWaiting: 2, serversActive: 10, longestWaitS: 1.5)],
                databases: [database])
        },
        Situated(
            "the pool has a size of its own, which SET does not change", .poolTooSmall,
            "RELOAD -- in pgbouncer's console, after pool_size=5 for tiny in the [databases] of pgbouncer.ini"
        ) {
            $0.observation.pooler = PoolerObservation(
                pools: [.init(database: "tiny", user: "app", clientsWaiting: 3, serversActive: 2, longestWaitS: 4)],
                databases: [.sized("tiny", 2)])
            $0.observation.pooler?.settings = .init(defaultPoolSize: 5, maxClientConn: 100)
        },
        Situated(
            "no client more gets in at the pooler, and nobody waits there", .poolTooSmall,
            "SET max_client_conn = 40 -- in pgbouncer's console, and in pgbouncer.ini", says: ["20 of 20 are there"]
        ) {
            $0.observation.pooler = PoolerObservation(
                pools: [.init(database: "app", user: "app", serversActive: 5)], databases: [.sized("app", 20)],
                clients: [.init(state: "active", count: 20)])
            $0.observation.pooler?.settings = .init(defaultPoolSize: 20, maxClientConn: 20)
        },
        Situated("the pooler does not get in", .poolerLogin, "dbctl check") {
            $0.observation.pooler = PoolerObservation(
                pools: [.init(database: "app", user: "app", clientsWaiting: 3, serversLogin: 1, longestWaitS: 9)],
                databases: [.sized("app", 20)])
        },
        Situated("the pooler is paused", .poolerPaused, "RESUME app -- in pgbouncer's console") {
            var database = PoolerObservation.Database.sized("app", 20)
            database.isPaused = true
            $0.observation.pooler = PoolerObservation(
                pools: [.init(database: "app", user: "app", clientsWaiting: 3, longestWaitS: 9)], databases: [database])
        },
        Situated("a short queue, and a pool that is still growing, are well", .healthy, nil) {
            $0.observation.pooler = PoolerObservation(
                pools: [
                    .init(database: "app", user: "app", clientsWaiting: 3, serversActive: 20, longestWaitS: 0.05),
                    .init(database: "app", user: "b", clientsWaiting: 3, serversActive: 2, longestWaitS: 1.5),
                ],
                databases: [.sized("app", 20)])
        },
    ]

    /// Several things at once: the cause first.
    static let mixed: [Situated] = [
        Situated(
            "a lock pile-up exhausts the slots", .lockPileupDdl, "dbctl pool kill --root-blocker", further: [.slots]
        ) { scene in
            let root = scene.add(1, state: .idleInTransaction, for: 60)
            let definition = scene.wait(1, behind: holders(root), mode: "AccessExclusiveLock")
            scene.wait(95, behind: holders(definition))
        },
        Situated(
            "a lock pile-up drives a role into its limit", .lockPileupIdleInTransaction,
            "dbctl pool kill --root-blocker", further: [.roleLimit]
        ) { scene in
            scene.observation.roles = [RoleLimit(name: "app", connectionLimit: 21)]
            let root = scene.add(1, state: .idleInTransaction, for: 60)
            scene.wait(20, behind: holders(root), mode: "ShareLock", type: "transactionid")
        },
        Situated(
            "a lock pile-up beside idle sessions of one pool: who is stuck counts more", .lockPileup,
            "dbctl pool kill --root-blocker", further: [.leak, .slots]
        ) { scene in
            scene.add(50, "web", for: 90)
            let root = scene.add(1, "batch", state: .active, for: 60)
            scene.wait(40, behind: holders(root), "batch", mode: "ShareLock", type: "transactionid")
        },
        Situated(
            "a leak takes the slots, and one session waits for a lock", .leak,
            "dbctl pool kill --stale 1h --app billing",
            further: [.lockPileup, .slots]
        ) { scene in
            scene.add(80, "billing", for: 7200)
            let root = scene.add(1, state: .active, for: 3)
            scene.wait(1, behind: holders(root), mode: "ShareLock", type: "transactionid", for: 2)
        },
        Situated(
            "a lock pile-up without need of slots, beside a quiet leak", .lockPileup, "dbctl pool kill --root-blocker",
            further: [.leak]
        ) { scene in
            scene.add(40, "billing", for: 7200)
            let root = scene.add(1, state: .active, for: 30)
            scene.wait(5, behind: holders(root), mode: "ShareLock", type: "transactionid")
        },
        Situated(
            "clients wait at the pooler because its server connections wait for a lock", .lockPileupIdleInTransaction,
            "dbctl pool kill --root-blocker"
        ) { scene in
            let root = scene.add(1, "worker", state: .idleInTransaction, for: 60)
            scene.wait(20, behind: holders(root), mode: "ShareLock", type: "transactionid")
            scene.observation.pooler = PoolerObservation(
                pools: [.init(database: "app", user: "app", clientsWaiting: 200, serversActive: 20, longestWaitS: 40)],
                databases: [.sized("app", 20)])
        },
        Situated(
            "a prepared transaction at the root of a pile-up that takes all slots", .preparedTransaction,
            "ROLLBACK PREPARED 'x'", further: [.slots]
        ) { scene in
            scene.observation.preparedTransactions = [
                PreparedTransaction(
                    gid: "x", transactionId: "77", xidAge: 300_000, prepared: Scene.now - 7200, owner: "app",
                    database: "app")
            ]
            scene.wait(97, behind: [LockHolder(pid: 0, gid: "x")], mode: "RowExclusiveLock")
        },
        Situated(
            "an old slot is not why nobody gets in", .leak, "dbctl pool kill --stale 1h --app billing",
            further: [.slots, .replicationSlot]
        ) {
            $0.add(90, "billing", for: 7200)
            $0.observation.replicationSlots = [ReplicationSlot(name: "old", xminAge: 900_000_000)]
        },
        Situated(
            "wraparound stops the server, and an old slot is why", .replicationSlot,
            "SELECT pg_drop_replication_slot('old')", further: [.wraparound]
        ) {
            $0.observation.databases[0].frozenXidAge = 2_144_000_000
            $0.observation.replicationSlots = [ReplicationSlot(name: "old", xminAge: 2_100_000_000)]
        },
        Situated(
            "who waits for whom is known to everybody, what they do is not", .lockPileup,
            "dbctl pool kill --root-blocker", further: [.unknown]
        ) { scene in
            scene.observation.server.seesAllSessions = false
            let root = scene.add(1, state: nil) { $0.kind = .unknown }
            scene.wait(12, behind: holders(root), mode: "ShareLock", type: "transactionid")
            for index in scene.observation.sessions.indices {
                scene.observation.sessions[index].kind = .unknown
                scene.observation.sessions[index].state = nil
            }
        },
        Situated(
            "two pile-ups: the larger first, both told", .lockPileupDdl, "dbctl pool kill --root-blocker",
            further: [.lockPileupIdleInTransaction]
        ) { scene in
            let small = scene.add(1, state: .idleInTransaction, for: 60)
            scene.wait(3, behind: holders(small), mode: "ShareLock", type: "transactionid")
            let large = scene.add(1, state: .active, for: 60)
            scene.wait(30, behind: holders(large))
        },
        Situated(
            "overload drives a database into its limit", .overload, "dbctl pool top", further: [.databaseLimit]
        ) {
            $0.observation.databases[0].connectionLimit = 40
            $0.add(40, state: .active, for: 5)
        },
        Situated(
            "a vanished host's sessions fill the server: no leak of the application that lives on", .halfOpen,
            "dbctl pool kill --stale 1h --app web", further: [.slots]
        ) {
            $0.add(70, "web", for: 5400, from: "10.0.0.9")
            $0.add(20, "web", for: 1)
        },
    ]
}

extension PoolerObservation.Database {
    static func sized(_ name: String, _ size: Int) -> Self {
        PoolerObservation(
            pools: PoolerTable(columns: [], rows: []),
            databases: PoolerTable(columns: ["name", "database", "pool_size"], rows: [[name, name, "\(size)"]])
        ).databases[0]
    }
}
