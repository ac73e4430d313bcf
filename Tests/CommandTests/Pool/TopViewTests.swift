import DBKit
import Testing

@testable import dbctl

@Suite("Keys of pool top")
struct TopViewTests {
    private func pressed(_ keys: [Key], _ scene: TopScene, _ view: TopView = TopView()) -> (TopView, TopView.Action?) {
        var view = view
        var action: TopView.Action?
        for key in keys { action = view.press(key, scene.look, page: 3) }
        return (view, action)
    }

    private func names(_ view: TopView, _ scene: TopScene) -> [String] {
        view.arranged(scene.look).map(\.applicationName)
    }

    private var five: TopScene {
        var scene = TopScene()
        scene.add("d", user: "zoe", for: 10, query: "TABLE one")
        scene.add("c", user: "amy", state: .active, for: 1, query: "table TWO")
        scene.add("b", user: "bob", state: .idleInTransaction, for: 30)
        let root = scene.observation.sessions[2].pid
        scene.wait("a", behind: root, for: 5, query: "x")
        scene.add("e", user: "amy", state: .active, for: 20, kind: .walsender)
        return scene
    }

    @Test(
        "every order",
        arguments: [
            (SessionSort.busy, "acbde"), (.age, "bedac"), (.state, "acdbe"), (.wait, "abedc"), (.user, "eabcd"),
            (.app, "abcde"), (.database, "bedac"), (.pid, "dcbae"),
        ])
    func orders(_ sort: SessionSort, _ wanted: String) {
        var view = TopView()
        view.sort = sort
        let names = names(view, five)
        if sort == .user {
            // amy's two by age, then the others.
            #expect(names == ["e", "c", "a", "b", "d"])
        } else {
            #expect(names.joined() == wanted)
        }
        view.isReversed = true
        #expect(Set(self.names(view, five)) == Set(names))
        if sort == .pid { #expect(self.names(view, five) == names.reversed()) }
    }

    @Test("s goes through all orders and comes back")
    func sorting() {
        var view = TopView()
        var seen: [SessionSort] = []
        for _ in SessionSort.allCases {
            seen.append(view.sort)
            view = pressed([.character("s")], five, view).0
        }
        #expect(seen == SessionSort.allCases && view.sort == .busy)
        #expect(pressed([.character("S")], five).0.isReversed)
    }

    @Test("a filter is looked for in application, user, database and query, in whichever case")
    func filter() {
        let view = pressed("/two".map { .character($0) } + [.enter], five).0
        #expect(view.filter == "two" && view.mode == .watching)
        #expect(names(view, five) == ["c"])
        for (text, wanted) in [
            ("TABLE", ["c", "d"]), ("AMY", ["c", "e"]), ("app", ["a", "b", "c", "d", "e"]), ("#", []),
        ] {
            var view = TopView()
            view.filter = text
            #expect(names(view, five).sorted() == wanted, "\(text)")
        }
        // While it is typed, letters are no commands.
        let typing = pressed("/qsK ".map { .character($0) }, five)
        #expect(typing.0.filter == "qsK " && typing.1 == nil && typing.0.sort == .busy && !typing.0.isPaused)
        #expect(pressed([.character("/"), .character("a"), .character("b"), .backspace], five).0.filter == "a")
        #expect(pressed([.character("/"), .character("a"), .eraseLine, .backspace], five).0.filter.isEmpty)
        #expect(pressed([.character("/"), .character("a"), .escape], five).0 == TopView())
        #expect(pressed([.escape], five, view).0.filter.isEmpty)
    }

    @Test("the selection follows its session, and goes with it")
    func selection() {
        var scene = five
        // busy: a c b d e
        let second = pressed([.down, .down], scene).0
        #expect(second.selection?.pid == scene.observation.sessions[1].pid)
        #expect(pressed([.up], scene).0.selection?.pid == scene.observation.sessions[4].pid)
        #expect(pressed([.end], scene).0.selection == pressed([.home, .up, .pageDown, .pageDown], scene).0.selection)
        #expect(pressed([.end, .home], scene).0.selection?.pid == scene.observation.sessions[3].pid)
        #expect(pressed([.end, .pageUp], scene).0.selection?.pid == scene.observation.sessions[1].pid)
        #expect(pressed([.down, .escape], scene).0.selection == nil)
        // Another session has got the pid: it is not the one that was selected.
        scene.observation.sessions[1].backendStart = TopScene.now
        let killed = pressed([.character("K")], scene, second)
        #expect(killed.0.mode == .watching && killed.0.message?.contains("select") == true)
        #expect(!scene.frame(30, 120) { $0 = second }.lines().contains { $0.tone == .selected })
    }

    @Test("K asks, and only a y ends what was asked about")
    func kill() {
        let scene = five
        let name = SessionName(scene.observation.sessions[1])
        let asked = pressed([.down, .down, .character("K")], scene)
        #expect(asked.0.mode == .confirming(name) && asked.1 == nil)
        #expect(scene.frame(30, 120) { $0 = asked.0 }.text.contains("End pid \(name.pid) (c, amy, active)?"))
        #expect(pressed([.character("y")], scene, asked.0).1 == .end(name))
        for key: Key in [.enter, .escape, .character("n"), .character("Y"), .character("K"), .down] {
            let declined = pressed([key], scene, asked.0)
            #expect(declined.1 == nil && declined.0.mode == .watching, "\(key)")
            #expect(declined.0.message == "pid \(name.pid) was left alone")
            #expect(declined.0.selection == name)
        }
        #expect(pressed([.character("K")], scene).0.message?.contains("select a session") == true)
    }

    @Test("who is never ended is refused before anything is asked", arguments: SessionProtection.allCases)
    func protected(_ protection: SessionProtection) {
        var scene = TopScene()
        scene.add("x") { session in
            switch protection {
            case .own: session.pid = 7
            case .walsender: session.kind = .walsender
            case .autovacuum: session.kind = .autovacuum
            case .background: session.kind = .parallel
            case .superuser: session.isSuperuser = true
            case .hidden:
                session.kind = .unknown
                session.backendStart = nil
            }
        }
        let view = pressed([.down, .character("K")], scene).0
        #expect(view.mode == .watching)
        #expect(view.message?.contains("refused") == true && view.message?.contains(protection.reason) == true)
        #expect(pressed([.character("y")], scene, view).1 == nil)
    }

    @Test("a record: nobody is ended in it, and the arrows step")
    func replay() {
        var view = TopView()
        view.isReplay = true
        let asked = pressed([.down, .character("K")], five, view)
        #expect(asked.0.mode == .watching && asked.0.message?.contains("record") == true)
        let back = pressed([.left], five, view)
        #expect(back.1 == .step(-1) && back.0.isPaused)
        #expect(pressed([.right], five, view).1 == .step(1))
        #expect(pressed([.right], five).1 == nil, "a live screen has nothing to step to")
    }

    @Test("pause, locks, help, redraw, quit")
    func others() {
        #expect(pressed([.character(" ")], five).0.isPaused && pressed([.character("p")], five).0.isPaused)
        #expect(!pressed([.character(" "), .character("p")], five).0.isPaused)
        #expect(!pressed([.character("l")], five).0.showsLocks)
        let help = pressed([.character("?")], five).0
        #expect(help.mode == .help && five.frame(24, 80) { $0 = help }.text.contains("lock tree on or off"))
        #expect(pressed([.character("s")], five, help).0 == TopView(), "a key goes back and does nothing else")
        #expect(pressed([.redraw], five).1 == .drawAnew)
        #expect(pressed([.character("q")], five).1 == .quit)
    }
}
