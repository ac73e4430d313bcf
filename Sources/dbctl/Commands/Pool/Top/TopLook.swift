import DBKit
import Foundation

/// One look with what every frame of it needs, worked out once: a key that is pressed draws the same look again.
struct TopLook: Sendable {
    let observation: Observation
    let grade: CheckVerdict
    let verdict: String
    let nextCommand: String?
    let applications: [ApplicationUse]
    let budget: ConnectionBudget
    let tree: LockTree
    let sessions: [Int32: ObservedSession]

    init(_ observation: Observation, after earlier: Observation?) {
        self.observation = observation
        let verdict = Triage.verdict(of: observation, after: earlier)
        grade = verdict.grade
        self.verdict = verdict.text
        nextCommand = verdict.nextCommand
        applications = verdict.applications
        budget = verdict.budget
        tree = LockTree(observation.lockWaits)
        sessions = Dictionary(observation.sessions.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// How long it has been doing what it does, in seconds: a statement since it began, everything else since the state
    /// changed.
    func rest(_ session: ObservedSession) -> Double? {
        observation.age(session.state == .active ? session.queryStart : session.stateChange)
    }

    var sample: TopHistory.Sample {
        TopHistory.Sample(time: observation.time, free: budget.ordinaryFree, ordinary: budget.ordinary)
    }

    func isWaitingForLock(_ session: ObservedSession) -> Bool {
        tree.waiting.contains(LockHolder(pid: session.pid))
    }
}

/// The looks so far, as far as a frame shows them: how much headroom there was.
struct TopHistory: Sendable, Hashable {
    struct Sample: Sendable, Hashable {
        let time: Date
        let free: Int
        let ordinary: Int
    }

    /// Five minutes of looks, one a second.
    static let longest = 300

    private(set) var samples: [Sample] = []

    init(_ samples: some Collection<Sample> = []) {
        self.samples = Array(samples.suffix(Self.longest))
    }

    mutating func add(_ look: TopLook) {
        samples.append(look.sample)
        if samples.count > Self.longest { samples.removeFirst() }
    }

    /// The newest at the right, one column a look; the full height is every ordinary slot free. A single free slot can
    /// be told from none.
    func sparkline(_ columns: Int) -> String {
        let steps = Array("▁▂▃▄▅▆▇█")
        return String(
            samples.suffix(max(0, columns)).map { sample in
                guard sample.free > 0, sample.ordinary > 0 else { return "_" }
                let share = Double(sample.free) / Double(sample.ordinary)
                return steps[min(steps.count - 1, Int(share * Double(steps.count)))]
            })
    }

    /// How far back so many columns go, in seconds.
    func span(_ columns: Int) -> Double {
        let shown = samples.suffix(max(0, columns))
        guard let first = shown.first, let last = shown.last else { return 0 }
        return max(0, last.time.timeIntervalSince(first.time))
    }
}
