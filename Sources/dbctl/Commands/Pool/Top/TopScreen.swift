import DBKit
import Foundation

/// The live screen: events come in one by one, and after each the frame that follows from them is drawn.
struct TopScreen {
    enum Event: Sendable {
        case keyboard(Keyboard.Event)
        case looked(Observation)
        case failed(Failure)
        case ended(SessionName, Result<SessionEnding.Outcome, Failure>)
        /// Time for the next look of a record.
        case tick
    }

    private let screen: FullScreen
    private let now: @Sendable () -> Date
    private var view: TopView
    /// The newest look, and the one that is shown: of a paused screen an older one.
    private var newest: TopLook
    private var shown: TopLook
    private var samples: [TopHistory.Sample]
    private var shownHistory: TopHistory
    private var link = TopFrame.Link.up
    private var record: RecordReader?
    private var position = 0
    private(set) var looks = 1
    var recording: TopRecording?
    /// What was done to other sessions, for the log: nothing can be printed while the screen is up.
    private(set) var deeds: [String] = []

    init(_ screen: FullScreen, _ first: Observation, record: RecordReader? = nil, now: @escaping @Sendable () -> Date) {
        self.screen = screen
        self.now = now
        self.record = record
        view = TopView()
        view.isReplay = record != nil
        newest = TopLook(first, after: nil)
        shown = newest
        samples = [newest.sample]
        shownHistory = TopHistory(samples)
    }

    /// What the loop does next.
    enum Step: Sendable, Hashable {
        case goOn, leave
        case end(SessionName)
    }

    mutating func take(_ event: Event) throws(Failure) -> Step {
        var anew = false
        switch event {
        case .keyboard(.ended): return .leave
        case .keyboard(.resized): anew = true
        case .keyboard(.key(let key)):
            let wasPaused = view.isPaused
            switch view.press(key, shown, page: TopFrame.page(screen.size)) {
            case .quit: return .leave
            case .end(let name):
                view.message = "pid \(name.pid) is being ended …"
                draw()
                return .end(name)
            case .drawAnew: anew = true
            case .step(let count): try step(count)
            case nil: break
            }
            if wasPaused, !view.isPaused { showNewest() }
        case .looked(let observation): add(observation)
        case .failed(let failure): try miss(failure)
        case .ended(let name, let result): report(name, result)
        case .tick: if !view.isPaused { try step(1) }
        }
        draw(anew: anew)
        return .goOn
    }

    func draw(anew: Bool = false) {
        var labels: [String] = []
        if record != nil { labels.append("replay, look \(position + 1)") }
        if recording?.isOn == true { labels.append("recording") }
        let frame = TopFrame(
            look: shown, history: shownHistory, view: view, link: link, size: screen.size, labels: labels)
        screen.draw(frame.lines(), anew: anew)
    }

    private mutating func add(_ observation: Observation) {
        newest = TopLook(observation, after: newest.observation)
        samples.append(newest.sample)
        if samples.count > TopHistory.longest { samples.removeFirst() }
        looks += 1
        link = .up
        if let failure = recording?.add(observation) { view.message = "the recording has ended: \(failure.message)" }
        if !view.isPaused { showNewest() }
    }

    private mutating func showNewest() {
        // Of a record the one that is shown is the newest.
        guard record == nil else { return }
        shown = newest
        shownHistory = TopHistory(samples)
    }

    private mutating func miss(_ failure: Failure) throws(Failure) {
        guard failure.passes else { throw failure }
        // The reason may change, from stopping over refused to starting; the beginning does not.
        let since = if case .away(let since, _, _) = link { since } else { now() }
        link = .away(since: since, code: failure.code.name, why: failure.message)
    }

    private mutating func step(_ count: Int) throws(Failure) {
        let wanted = position + count
        guard wanted >= 0, let observation = try record?.observation(wanted) else { return }
        let earlier = wanted > 0 ? try record?.observation(wanted - 1) : nil
        position = wanted
        shown = TopLook(observation, after: earlier)
        if wanted == samples.count { samples.append(shown.sample) }
        shownHistory = TopHistory(samples.prefix(wanted + 1))
        looks = max(looks, wanted + 1)
    }

    private mutating func report(_ name: SessionName, _ result: Result<SessionEnding.Outcome, Failure>) {
        let text: String
        switch result {
        case .success(.ended): text = "pid \(name.pid) ended"
        case .success(.alreadyGone): text = "pid \(name.pid) was already gone"
        case .success(.changed): text = "pid \(name.pid) has begun to do something else"
        case .success(.stillThere): text = "pid \(name.pid) was told to end, and has not yet"
        case .success(.refused(let protection)):
            text = "refused: pid \(name.pid) is left alone, \(protection.reason)"
        case .failure(let failure): text = "pid \(name.pid) was not ended: \(failure.message) (\(failure.code.name))"
        }
        view.message = text
        deeds.append(text)
    }
}
