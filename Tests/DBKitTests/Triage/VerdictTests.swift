// What is said about each situation, P5.

import Foundation
import Operations
import Testing

@testable import Triage

@Suite("The verdict") struct VerdictTests {
    /// Without what says more exactly whom, and how many.
    private static func plain(_ command: String) -> String {
        command.replacing(#/ --backend-start \S+/#, with: "").replacing(#/ --max \d+/#, with: "")
    }

    @Test("a session that is to be ended is named by its beginning, too; and --max where there are more than ten, P7")
    func exact() {
        var scene = Scene()
        let holder = scene.add(1, "report", state: .active, for: 100)
        let definition = scene.wait(1, behind: holders(holder), "migrate", mode: "AccessExclusiveLock", for: 30)
        scene.wait(12, behind: holders(definition))
        let start = PreciseTime(Scene.ago(3600))
        #expect(scene.verdict.nextCommand == "dbctl pool kill --pid \(definition[0]) --backend-start \(start)")
        var leak = Scene(maxConnections: 20)
        leak.add(17, "billing", for: 7200)
        #expect(leak.verdict.nextCommand == "dbctl pool kill --stale 1h --app billing --max 17")
        var idle = Scene(maxConnections: 20)
        idle.add(11, "billing", state: .idleInTransaction, for: 700)
        #expect(idle.verdict.nextCommand == "dbctl pool kill --idle-in-transaction 5m --max 11")
    }

    @Test("silent at the door or a storm: whether they are the same in two looks, and whether others come in")
    func door() {
        var scene = Scene(maxConnections: 50)
        scene.observation.hiddenConnections = (1...20).map { $0 }
        var earlier = scene.observation
        earlier.time -= 0.25
        func code(_ change: (inout Observation) -> Void = { _ in }) -> VerdictCode {
            var before = earlier
            change(&before)
            return Triage.verdict(of: scene.observation, after: before).code
        }
        #expect(code() == .halfOpen)
        #expect(code { $0.hiddenConnections = (5...24).map { $0 } } == .halfOpen, "16 of 20 are the same")
        #expect(code { $0.hiddenConnections = (6...25).map { $0 } } == .loginStorm, "15 of 20 are")
        #expect(code { $0.databases[0].sessions = 990 } == .loginStorm, "forty come in a second")
    }

    private func check(_ one: Situated) {
        let verdict = one.scene.verdict
        let text = "\(verdict.findings.map(\.code)): \(verdict.text)"
        #expect(verdict.code == one.code, "\(text)")
        #expect(verdict.nextCommand.map(Self.plain) == one.command, "\(text)")
        for words in one.says { #expect(verdict.text.contains(words), "\(words) in: \(verdict.text)") }
        #expect(verdict.findings.dropFirst().map(\.code) == one.further, "\(text)")
        #expect(verdict.evidence.last == verdict.budget.text)
        #expect((verdict.grade == .ok) == (one.code == .healthy))
        #expect(verdict.text.hasSuffix("."))
    }

    @Test("one thing is wrong, and it is named with what to type next, P5", arguments: Situated.simple)
    func simple(_ one: Situated) { check(one) }

    @Test("several things are wrong: the cause comes first, its consequences after, P5", arguments: Situated.mixed)
    func mixed(_ one: Situated) { check(one) }

    @Test("every kind of trouble is among the situations, most of them twice")
    func complete() {
        let codes = (Situated.simple + Situated.mixed).map(\.code)
        for code in VerdictCode.allCases { #expect(codes.contains(code), "\(code)") }
        #expect(Situated.mixed.count >= 6)
    }

    @Test("the order of the rows decides nothing", arguments: Situated.simple + Situated.mixed)
    func order(_ one: Situated) {
        var shuffled = one.scene
        shuffled.observation.sessions.reverse()
        shuffled.observation.lockWaits.reverse()
        #expect(shuffled.verdict == one.scene.verdict)
    }

    @Test("a recorded situation is the same when it is read back", arguments: Situated.simple + Situated.mixed)
    func recording(_ one: Situated) throws {
        let text = try one.scene.observation.recorded()
        #expect(!text.contains("\n"))
        #expect(text.contains("\"max_connections\":"))
        let read = try Observation(recorded: text)
        #expect(read == one.scene.observation)
        #expect(Triage.verdict(of: read) == one.scene.verdict)
    }

    @Test("time of birth is recorded to the microsecond: a recycled pid is never taken for the old one")
    func microseconds() throws {
        var scene = Scene()
        let birth = Date(timeIntervalSince1970: 1_799_999_999.123457)
        scene.add(1) { $0.backendStart = birth }
        let read = try Observation(recorded: scene.observation.recorded())
        let back = try #require(read.sessions[0].backendStart)
        #expect(Int64((back.timeIntervalSince1970 * 1e6).rounded()) == 1_799_999_999_123_457)
    }

    @Test("sessions that come and go between two looks are a login storm, although few are there at a time")
    func churn() {
        var earlier = Scene()
        earlier.add(2)
        var now = earlier
        earlier.observation.time = Scene.now - 0.5
        now.observation.databases[0].sessions = 1040
        let verdict = Triage.verdict(of: now.observation, after: earlier.observation)
        #expect(verdict.code == .loginStorm)
        #expect(verdict.text.contains("80 sessions a second"))
        #expect(now.verdict.code == .healthy)
        // Somebody has reset the statistics.
        now.observation.databases[0].sessions = 3
        #expect(Triage.verdict(of: now.observation, after: earlier.observation).code == .healthy)
    }

    @Test("the document has the keys of the contract, snake_case, P5")
    func document() throws {
        let verdict = Situated.locks[0].scene.verdict
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let object = try JSONSerialization.jsonObject(with: encoder.encode(verdict)) as? [String: Any]
        let keys = Set(try #require(object).keys)
        #expect(
            keys.isSuperset(of: [
                "code", "text", "evidence", "next_command", "lock_tree", "applications", "xmin_holders", "findings",
            ]))
        let tree = try #require(object?["lock_tree"] as? [[String: Any]])
        #expect(tree[0]["pid"] as? Int == 1001)
        #expect(tree[0]["victims"] as? Int == 21)
        #expect(tree[0]["application_name"] as? String == "report")
        #expect(object?["code"] as? String == "lock_pileup_ddl")
        let findings = try #require(object?["findings"] as? [[String: Any]])
        #expect(findings[0]["rank"] == nil)
    }

    @Test("applications are counted by what their sessions do")
    func applications() {
        var scene = Scene()
        let root = scene.add(1, "web", state: .idleInTransaction, for: 5)
        scene.add(2, "web", for: 40)
        scene.wait(3, behind: holders(root), "web")
        scene.add(1, "psql", user: "alice", state: nil) { $0.kind = .unknown }
        let uses = scene.verdict.applications
        #expect(uses.map(\.applicationName) == ["web", "psql"])
        #expect(uses[0].sessions == 6 && uses[0].active == 3 && uses[0].idle == 2 && uses[0].idleInTransaction == 1)
        #expect(uses[0].waitingForLocks == 3 && uses[0].longestIdleS == 40)
        #expect(uses[1].unknown == 1 && uses[1].idle == nil && uses[1].active == nil)
    }
}
