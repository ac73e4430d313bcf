import DBKit
import Foundation
import Logging

/// One run of `pool top`: where looks come from, and where they are shown.
struct Top {
    private let context: Context
    private let interval: Duration
    private let count: Int

    init(_ context: Context, interval: Duration, count: Int) {
        self.context = context
        self.interval = interval
        self.count = count
    }

    /// Nil where nobody sits before a terminal that understands escape codes.
    private func screen() -> FullScreen? {
        let environment = context.environment
        guard !["", "dumb"].contains(environment["TERM"] ?? "") else { return nil }
        let usesColor = !context.options.noColor && (environment["NO_COLOR"] ?? "").isEmpty
        return FullScreen(usesColor: usesColor)
    }

    // A server

    /// The first look has to succeed: who mistypes a name wants to know it at once.
    func watch(recordingTo path: String?) async throws {
        let watch = try ServerWatch(context)
        do {
            let first = try await watch.look()
            let recording = try TopRecording(path)
            if let failure = recording.add(first) { throw failure }
            if let screen = screen() {
                try await show(first, watch, recording, on: screen)
            } else {
                try await print(first, watch, recording)
            }
            await finish(watch)
            try recording.finish()
        } catch {
            await finish(watch)
            throw error
        }
    }

    private func finish(_ watch: ServerWatch) async {
        for note in await watch.finish(context.operationRun, context.clock) { context.log.warning("\(note)") }
    }

    private func print(_ first: Observation, _ watch: ServerWatch, _ recording: TopRecording) async throws {
        var plain = TopPlain(TopView())
        var pace = TopPace(interval)
        guard try plain.show(first) else { return }
        var looks = 1
        var isAway = false
        while looks < count {
            try await pace.wait()
            pace.begin()
            let observation: Observation
            do throws(Failure) {
                observation = try await watch.look()
            } catch {
                try Task.checkCancellation()
                guard error.passes else { throw error }
                // Once: standard output stays the same as a replay's.
                if !isAway { context.log.warning("the server is away: \(error.message) (\(error.code.name))") }
                isAway = true
                continue
            }
            if isAway { context.log.notice("the server is back") }
            isAway = false
            looks += 1
            if let failure = recording.add(observation) {
                context.log.warning("the recording has ended: \(failure.message)")
            }
            guard try plain.show(observation) else { return }
        }
    }

    private func show(
        _ first: Observation, _ watch: ServerWatch, _ recording: TopRecording, on screen: FullScreen
    ) async throws {
        var top = TopScreen(screen, first, now: { [clock = context.clock] in clock.now })
        top.recording = recording
        let interval = interval
        try await run(&top, on: screen, ending: watch) { report in
            var pace = TopPace(interval)
            while !Task.isCancelled {
                do {
                    try await pace.wait()
                    pace.begin()
                    report(.looked(try await watch.look()))
                } catch {
                    if !Task.isCancelled { report(.failed(Failure(describing: error))) }
                }
            }
        }
    }

    // A record

    func replay(_ record: RecordReader) async throws {
        guard let first = try record.observation(0) else { return }
        if let screen = screen() {
            var top = TopScreen(screen, first, record: record, now: { [clock = context.clock] in clock.now })
            let interval = interval
            return try await run(&top, on: screen, ending: nil) { report in
                while (try? await Task.sleep(for: interval)) != nil { report(.tick) }
            }
        }
        var plain = TopPlain(TopView())
        guard try plain.show(first) else { return }
        for number in 1..<max(1, count) {
            try Task.checkCancellation()
            guard let observation = try record.observation(number), try plain.show(observation) else { return }
        }
    }

    // A screen

    /// Draws until somebody quits. The terminal is given back on every way out, and before anything that may take time.
    private func run(
        _ top: inout TopScreen, on screen: FullScreen, ending watch: ServerWatch?,
        _ feed: @escaping @Sendable (@escaping @Sendable (TopScreen.Event) -> Void) async -> Void
    ) async throws {
        let (events, continuation) = AsyncStream.makeStream(of: TopScreen.Event.self)
        let keyboard = Keyboard { continuation.yield(.keyboard($0)) }
        let feeding = Task { await feed { continuation.yield($0) } }
        defer {
            screen.leave()
            keyboard.stop()
            feeding.cancel()
            for deed in top.deeds { context.log.notice("\(deed)") }
        }
        try await withTaskCancellationHandler {
            top.draw()
            for await event in events {
                switch try top.take(event) {
                case .leave: return
                case .end(let name):
                    guard let watch else { continue }
                    Task { continuation.yield(.ended(name, await Self.end(name, watch))) }
                case .goOn: if top.looks >= count { return }
                }
            }
            try Task.checkCancellation()
        } onCancel: {
            // At once: a main loop that is busy must not decide over somebody's terminal.
            screen.leave()
            feeding.cancel()
        }
    }

    private static func end(_ name: SessionName, _ watch: ServerWatch) async -> Result<SessionEnding.Outcome, Failure> {
        do throws(Failure) {
            return .success(try await watch.end(name))
        } catch {
            return .failure(error)
        }
    }
}
