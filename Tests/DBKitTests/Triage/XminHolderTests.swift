// Who holds back clean-up, P5.

import Foundation
import Operations
import Testing

@testable import Triage

@Suite("Xmin holders") struct XminHolderTests {
    @Test("all four sources, oldest first, each with the statement that releases it, P5")
    func sources() {
        var scene = Scene()
        scene.add(1, "report", state: .active) { $0.xminAge = 500 }
        // Has written, and holds no snapshot: its own number holds the horizon back all the same.
        scene.add(1, "batch", state: .idleInTransaction) { $0.xidAge = 900 }
        scene.add(1, "web")
        scene.observation.replicationSlots = [
            ReplicationSlot(name: "it's", xminAge: 100, catalogXminAge: 800),
            ReplicationSlot(name: "standby", kind: "physical", isActive: true, xminAge: 300),
            ReplicationSlot(name: "none"),
        ]
        scene.observation.preparedTransactions = [
            PreparedTransaction(
                gid: "gid", transactionId: "7", xidAge: 700, prepared: Scene.now, owner: "a", database: "app")
        ]
        scene.observation.standbys = [
            Standby(pid: 9, applicationName: "walreceiver", xminAge: 600), Standby(pid: 10, applicationName: "other"),
        ]
        let holders = scene.verdict.xminHolders
        #expect(holders.map(\.age) == [900, 800, 700, 600, 500, 300])
        #expect(holders.map(\.source) == [.backend, .slot, .prepared, .standby, .backend, .slot])
        #expect(
            holders.map(\.statement) == [
                "SELECT pg_terminate_backend(1002)", "SELECT pg_drop_replication_slot('it''s')",
                "ROLLBACK PREPARED 'gid'", XminHolder.feedbackOff, "SELECT pg_terminate_backend(1001)",
                XminHolder.feedbackOff,
            ])
    }

    @Test("what is typed into a shell is quoted, and a duration takes in most of what it is for")
    func words() {
        #expect(ShellWord.quoted("web-1.2") == "web-1.2")
        #expect(ShellWord.quoted("it's; rm") == "'it'\\''s; rm'")
        #expect(ShellWord.quoted("") == "''")
        #expect(Words.limit([3, 700, 900]) == "10m")
        #expect(Words.limit([0.2]) == "1s", "never what a session rests between two statements")
        #expect(Words.time(0.3) == "less than a second" && Words.time(45) == "45 s" && Words.time(3600) == "1 h")
        #expect(Words.time(90_061) == "1 d 1 h")
    }
}
