import DBKit
import Foundation
import Testing

@testable import dbctl

@Suite("Frames of pool top")
struct TopFrameTests {
    @Test("a pile-up behind a lock, on a wide screen")
    func wide() {
        let frame = TopScene.pileUp.frame(30, 130)
        #expect(frame.text == Self.wide, "\(frame.text)")
    }

    @Test("the same on a usual screen")
    func usual() {
        let frame = TopScene.pileUp.frame(24, 80)
        #expect(frame.text == Self.usual, "\(frame.text)")
    }

    private static let wide = """
        PostgreSQL 16.4 up 25 h, database app as monitor 2027-01-15T08:00:00Z
        8 of 100 connections used, 2 of them not logged in yet, 3 reserved: 89 ordinary slots free  headroom █ 0 ms
        CRITICAL: Lock pile-up behind an idle-in-transaction session: 3 sessions wait for pid 1001 (application “report”, user app), which
        is idle in transaction for 3 min 5 s and keeps its locks.
        next: dbctl pool kill --root-blocker
        STATE       COUNT   OLDEST   WAITS FOR                    COUNT   APPLICATION (USER)                    COUNT ACTIVE  IN TX LOCKED
        active          3     40 s   Client/ClientRead                3   web (app)                                 3      2      0      2
        idle            2   50 min   Lock/relation                    3   migrate (app)                             1      1      0      1
        logging in      2                                                 report (app)                              1      0      1      0
        idle in tx      1    3 min                                        東京 ·[31m👍 (app)                        1      0      0      0
        walsender       1     24 h

        LOCKS: 3 wait
          1001 report app idle in tx 3 min [3 behind it]: SELECT * FROM orders
            1002 migrate app active 40 s: ALTER TABLE orders ADD x int
              1003 web app active 30 s: SELECT * FROM orders WHERE id = $1
              1004 web app active 20 s: SELECT * FROM orders WHERE id = $1
        SESSIONS: 7 by busy
           PID  USER  APPLICATION   DATABASE  CLIENT    STATE          AGE  WAIT               QUERY
          1002  app   migrate       app       10.0.0.1  active        40 s  Lock/relation      ALTER TABLE orders ADD x int
          1003  app   web           app       10.0.0.1  active        30 s  Lock/relation      SELECT * FROM orders WHERE id = $1
          1004  app   web           app       10.0.0.1  active        20 s  Lock/relation      SELECT * FROM orders WHERE id = $1
          1001  app   report        app       10.0.0.1  idle in tx   3 min  Client/ClientRead  SELECT * FROM orders
          1006  app   東京 ·[31m👍  app       10.0.0.1  idle        50 min  Client/ClientRead  SELECT 1
          1005  app   web           app       10.0.0.1  idle          12 s  Client/ClientRead  SELECT 1
          1007  repl                app       10.0.0.1  walsender     24 h                     START_REPLICATION



        q quit  ? help  s sort  / filter  space pause  l locks  ↑↓ select  K kill
        """

    private static let usual = """
        PostgreSQL 16.4 up 25 h, database app as monitor 2027-01-15T08:00:00Z
        8 of 100 connections used, 2 of them not logged in yet, 3 reserved: 89 ordinary…
        CRITICAL: Lock pile-up behind an idle-in-transaction session: 3 sessions wait
        for pid 1001 (application “report”, user app), which is idle in transaction for
        3 min 5 s and keeps its locks.
        next: dbctl pool kill --root-blocker
        states: active 3, idle 2, logging in 2, idle in tx 1, walsender 1
        waits: Client/ClientRead 3, Lock/relation 3
        apps: web (app) 3, migrate (app) 1, report (app) 1, 東京 ·[31m👍 (app) 1
        LOCKS: 3 wait
          1001 report app idle in tx 3 min [3 behind it]: SELECT * FROM orders
            1002 migrate app active 40 s: ALTER TABLE orders ADD x int
              1003 web app active 30 s: SELECT * FROM orders WHERE id = $1
              1004 web app active 20 s: SELECT * FROM orders WHERE id = $1
        SESSIONS: 7 by busy
           PID  USER  APPLICATION   STATE          AGE  WAIT               QUERY
          1002  app   migrate       active        40 s  Lock/relation      ALTER TABLE …
          1003  app   web           active        30 s  Lock/relation      SELECT * FRO…
          1004  app   web           active        20 s  Lock/relation      SELECT * FRO…
          1001  app   report        idle in tx   3 min  Client/ClientRead  SELECT * FRO…
          1006  app   東京 ·[31m👍  idle        50 min  Client/ClientRead  SELECT 1
          1005  app   web           idle          12 s  Client/ClientRead  SELECT 1
          1007  repl                walsender     24 h                     START_REPLIC…
        q quit  ? help  s sort  / filter  space pause  l locks  ↑↓ select  K kill
        """

    @Test("no frame is larger than its screen, however small that is")
    func sizes() {
        let scene = TopScene.pileUp
        for lines in [1, 2, 3, 5, 8, 12, 17, 18, 24, 40] {
            for columns in [1, 2, 5, 20, 21, 59, 60, 79, 80, 99, 100, 140] {
                for mode in [
                    TopView.Mode.watching, .help, .typingFilter,
                    .confirming(SessionName(scene.observation.sessions[0])),
                ] {
                    let frame = scene.frame(lines, columns) { $0.mode = mode }.lines()
                    #expect(frame.count <= lines, "\(lines)×\(columns)")
                    #expect(frame.allSatisfy { ScreenText.width($0.text) <= columns }, "\(lines)×\(columns)")
                }
            }
        }
    }

    @Test("nothing that a terminal obeys comes through, from whichever field")
    func control() {
        var scene = TopScene()
        let evil = "\u{1B}]0;x\u{07}\u{9B}2J\u{202E}"
        let root = scene.add(evil, user: evil, state: .idleInTransaction, wait: (evil, evil), query: evil) {
            $0.databaseName = evil
            $0.clientAddress = evil
        }
        scene.wait(evil, behind: root.pid, for: 50, query: evil)
        scene.observation.server.version = evil
        scene.observation.server.role = evil
        scene.observation.lockWaits[0].blockers.append(LockHolder(pid: 0, gid: evil))
        scene.observation.lockWaits[0].relation = evil
        let frames = [(30, 140), (12, 80)].flatMap { size in
            [
                scene.frame(size.0, size.1) {
                    $0.filter = evil
                    $0.message = evil
                },
                scene.frame(size.0, size.1, link: .away(since: TopScene.now, code: "x", why: evil)),
                scene.frame(size.0, size.1) { $0.mode = .confirming(SessionName(root)) },
                scene.frame(size.0, size.1) { view in
                    view.mode = .typingFilter
                    view.filter = "\u{1B}"
                },
            ]
        }
        for text in frames.map(\.text) + [frames[0].plainLines().joined(separator: "\n")] {
            let raw = text.unicodeScalars.filter {
                $0 != "\n" && [.control, .format].contains($0.properties.generalCategory)
            }
            #expect(raw.isEmpty, "\(raw)")
        }
    }

    @Test("a server that is away: since when and why, and the last look marked as old")
    func away() {
        let since = TopScene.now + 4
        let frame = TopScene.pileUp.frame(24, 200, link: .away(since: since, code: "server.stopping", why: "it stops"))
        let lines = frame.lines()
        #expect(lines[2].text.hasPrefix("AWAY since 2027-01-15T08:00:04Z: server.stopping, trying again"))
        #expect(lines[2].text.contains("the look of 2027-01-15T08:00:00Z. it stops"))
        #expect(lines[2].tone == .bad)
        #expect(lines.allSatisfy { $0.tone == .bad || $0.tone == .faint })
        #expect(frame.text.contains("ALTER TABLE orders ADD x int"), "the look stays")
    }

    @Test("what a role may not see is unknown, never nothing")
    func hidden() {
        var scene = TopScene()
        scene.observation.server.seesAllSessions = false
        scene.add("web", state: nil, kind: .unknown, query: nil) {
            $0.stateChange = nil
            $0.queryStart = nil
        }
        let text = scene.frame(24, 120).text
        #expect(text.contains("UNKNOWN: ") && text.contains("GRANT pg_monitor"), "\(text)")
        let list = text.split(separator: "\n").first { $0.contains("1001  app") }
        #expect(list?.contains("unknown") == true, "\(text)")
        #expect(text.split(separator: "\n").contains { $0.hasPrefix("unknown ") && $0.contains(" 1 ") })
        #expect(text.firstMatch(of: /web \(app\) +1 +\? +\? +0/) != nil, "\(text)")
    }

    @Test("headroom: one column a look, one free slot is more than none, and the newest stands at the right")
    func sparkline() {
        func sample(_ free: Int, _ second: Double) -> TopHistory.Sample {
            TopHistory.Sample(time: TopScene.now + second, free: free, ordinary: 80)
        }
        let history = TopHistory([80, 79, 40, 1, 0].enumerated().map { sample($1, Double($0) * 2) })
        #expect(history.sparkline(10) == "██▅▁_" && history.span(10) == 8)
        #expect(history.sparkline(2) == "▁_" && history.span(2) == 2)
        #expect(history.sparkline(0).isEmpty && TopHistory().sparkline(5).isEmpty)
        #expect(TopHistory((0..<1000).map { sample(1, Double($0)) }).samples.count == TopHistory.longest)
    }

    @Test("the list moves with what is selected, and shows how much of it is to be seen")
    func window() {
        var scene = TopScene()
        for number in 0..<100 { scene.add("a\(number)", for: Double(1000 - number)) }
        let first = scene.frame(24, 120).text
        #expect(first.contains("  1001  app") && !first.contains("  1061  app"))
        #expect(first.contains("SESSIONS: 100 by busy, ") && first.contains(" shown"))
        let name = SessionName(scene.observation.sessions[60])
        let moved = scene.frame(24, 120) { $0.selection = name }
        #expect(moved.text.contains("1061  app") && moved.text.contains("\n> ") && !moved.text.contains("  1001  app"))
        #expect(moved.lines().count { $0.tone == .selected } == 1)
        let last = scene.frame(24, 120) { $0.selection = SessionName(scene.observation.sessions[99]) }.text
        #expect(last.contains("1100  app"))
        #expect(scene.frame(.max, 120).plainLines().count > 100, "in a pipe all are shown")
    }

    @Test("a long queue leaves the sessions their place")
    func manyWaiters() {
        var scene = TopScene(maxConnections: 500)
        let root = scene.add("root", state: .idleInTransaction, for: 60)
        for _ in 0..<200 { scene.wait("web", behind: root.pid, for: 10, query: "SELECT 1") }
        let text = scene.frame(30, 120).text
        #expect(text.contains("[200 behind it]") && text.contains("more"))
        let sessions = text.split(separator: "\n").drop { !$0.hasPrefix("SESSIONS: ") }
        #expect(sessions.count > 8, "\(text)")
        let without = scene.frame(30, 120) { $0.showsLocks = false }.text
        #expect(!without.contains("behind it"))
    }
}
