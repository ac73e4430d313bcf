// Situations for frames: a server, and sessions one by one. Ages are seconds before the look.

import DBKit
import Foundation

@testable import dbctl

struct TopScene {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    var observation: Observation
    private var nextPid: Int32 = 1000

    init(maxConnections: Int = 100) {
        var server = ObservedServer(
            version: "16.4", versionNumber: 160_004, started: Self.now - 90_000, maxConnections: maxConnections,
            role: "monitor", database: "app")
        server.ownPid = 7
        observation = Observation(
            time: Self.now, server: server, databases: [ObservedDatabase(name: "app", frozenXidAge: 1_000_000)])
    }

    @discardableResult mutating func add(
        _ application: String, user: String? = "app", state: ObservedSession.State? = .idle, for rest: Double = 2,
        kind: ObservedSession.Kind = .client, wait: (String, String)? = nil, query: String? = "SELECT 1",
        _ change: (inout ObservedSession) -> Void = { _ in }
    ) -> ObservedSession {
        nextPid += 1
        var session = ObservedSession(
            pid: nextPid, kind: kind, state: state, userName: user, databaseName: "app",
            applicationName: application, clientAddress: "10.0.0.1")
        session.backendStart = Self.now - 3600
        session.stateChange = Self.now - rest
        session.queryStart = Self.now - rest
        session.waitEventType = wait?.0
        session.waitEvent = wait?.1
        session.query = query
        change(&session)
        observation.sessions.append(session)
        return session
    }

    mutating func wait(_ application: String, behind holder: Int32, for rest: Double, query: String) {
        let session = add(application, state: .active, for: rest, wait: ("Lock", "relation"), query: query)
        observation.lockWaits.append(
            LockWait(
                pid: session.pid, blockers: [LockHolder(pid: holder)], relation: "public.orders",
                waitStart: Self.now - rest))
    }

    /// A session idle in transaction, a definition behind it, two readers behind that, and others that rest.
    static var pileUp: TopScene {
        var scene = TopScene()
        let root = scene.add(
            "report", state: .idleInTransaction, for: 185, wait: ("Client", "ClientRead"), query: "SELECT * FROM orders"
        )
        scene.wait("migrate", behind: root.pid, for: 40, query: "ALTER TABLE orders\n  ADD x int")
        scene.wait("web", behind: root.pid + 1, for: 30, query: "SELECT * FROM orders WHERE id = $1")
        scene.wait("web", behind: root.pid + 1, for: 20, query: "SELECT * FROM orders WHERE id = $1")
        scene.add("web", for: 12, wait: ("Client", "ClientRead"))
        scene.add("東京 \u{1B}[31m👍", user: "app", for: 3000, wait: ("Client", "ClientRead"))
        scene.add("", user: "repl", state: .active, for: 86_000, kind: .walsender, query: "START_REPLICATION")
        scene.observation.hiddenConnections = [31, 32]
        return scene
    }

    var look: TopLook { TopLook(observation, after: nil) }

    func frame(
        _ lines: Int, _ columns: Int, link: TopFrame.Link = .up, _ change: (inout TopView) -> Void = { _ in }
    ) -> TopFrame {
        var view = TopView()
        change(&view)
        let look = look
        return TopFrame(
            look: look, history: TopHistory([look.sample]), view: view, link: link,
            size: ScreenSize(lines: lines, columns: columns))
    }
}

extension TopFrame {
    /// Lines as a person sees them, without what fills them up.
    var text: String {
        lines().map { line in
            var text = line.text
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }
}
