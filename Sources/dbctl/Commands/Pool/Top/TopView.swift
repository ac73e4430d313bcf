import DBKit

/// What somebody has chosen to see, and what a key does to it. Pure.
struct TopView: Sendable, Hashable {
    enum Mode: Sendable, Hashable {
        case watching
        case typingFilter
        /// Asked whether this session shall be ended; whatever is selected meanwhile.
        case confirming(SessionName)
        case help
    }

    /// What a key wants of somebody else.
    enum Action: Sendable, Hashable {
        case quit
        case drawAnew
        case end(SessionName)
        /// In a replay: so many looks forward.
        case step(Int)
    }

    var mode = Mode.watching
    var sort = SessionSort.busy
    var isReversed = false
    var filter = ""
    var isPaused = false
    var showsLocks = true
    /// By name: when its session goes, nothing is selected, and no neighbour takes its place under somebody's finger.
    var selection: SessionName?
    /// What happened last.
    var message: String?
    /// A record is shown: nobody can be ended, and one can step.
    var isReplay = false

    /// The sessions in the order in which they are shown.
    func arranged(_ look: TopLook) -> [ObservedSession] {
        let wanted = filter.lowercased()
        let sessions =
            wanted.isEmpty
            ? look.observation.sessions
            : look.observation.sessions.filter { session in
                [session.applicationName, session.userName, session.databaseName, session.query].contains {
                    $0?.lowercased().contains(wanted) == true
                }
            }
        return sort.sorted(sessions, look, isReversed: isReversed)
    }

    mutating func press(_ key: Key, _ look: TopLook?, page: Int) -> Action? {
        switch mode {
        case .watching:
            message = nil
            return watch(key, look, page)
        case .typingFilter:
            type(key)
            return nil
        case .confirming(let session):
            mode = .watching
            if case .character("y") = key { return .end(session) }
            message = "pid \(session.pid) was left alone"
            return nil
        case .help:
            mode = .watching
            return key == .character("q") ? .quit : nil
        }
    }

    private mutating func watch(_ key: Key, _ look: TopLook?, _ page: Int) -> Action? {
        switch key {
        case .character("q"): return .quit
        case .character("?"), .character("h"): mode = .help
        case .character(" "), .character("p"): isPaused.toggle()
        case .character("s"): sort = sort.next
        case .character("S"): isReversed.toggle()
        case .character("/"): mode = .typingFilter
        case .character("l"): showsLocks.toggle()
        case .character("K"): askToEnd(look)
        case .up, .character("k"): move(-1, look)
        case .down, .character("j"): move(1, look)
        case .pageUp: move(-page, look)
        case .pageDown: move(page, look)
        case .home: move(-.max, look)
        case .end: move(.max, look)
        case .left, .right:
            guard isReplay else { break }
            isPaused = true
            return .step(key == .left ? -1 : 1)
        case .escape:
            if selection != nil { selection = nil } else { filter = "" }
        case .redraw: return .drawAnew
        case .character, .enter, .backspace, .eraseLine: break
        }
        return nil
    }

    private mutating func type(_ key: Key) {
        switch key {
        case .character(let character): filter.append(character)
        case .backspace: if !filter.isEmpty { filter.removeLast() }
        case .eraseLine: filter = ""
        case .enter: mode = .watching
        case .escape:
            filter = ""
            mode = .watching
        default: break
        }
    }

    /// From nothing selected the first step, whichever way, is onto the first or the last row.
    private mutating func move(_ steps: Int, _ look: TopLook?) {
        guard let look else { return }
        let names = arranged(look).map(SessionName.init)
        guard !names.isEmpty else { return }
        guard let index = selection.flatMap(names.firstIndex) else {
            let isFirst = steps == -.max || steps > 0 && steps < .max
            selection = isFirst ? names[0] : names.last
            return
        }
        let (moved, isBeyond) = index.addingReportingOverflow(steps)
        let wanted = isBeyond ? (steps > 0 ? names.count - 1 : 0) : moved
        selection = names[min(max(0, wanted), names.count - 1)]
    }

    private mutating func askToEnd(_ look: TopLook?) {
        guard !isReplay else {
            message = "this is a record: nobody can be ended in it"
            return
        }
        guard let look, let selection, let session = look.sessions[selection.pid], SessionName(session) == selection
        else {
            message = "select a session first, with the arrow keys"
            return
        }
        if let protection = SessionProtection.of(session, ownPid: look.observation.server.ownPid) {
            message = "refused: pid \(session.pid) is left alone, \(protection.reason)"
            return
        }
        mode = .confirming(selection)
    }
}
