import DBKit
import Foundation
import Logging

/// One run of a verb, from parsed options to exit code: configuration, targets, signals, output. The only place that
/// decides what goes where.
struct CommandRun<V: Verb>: Sendable {
    let verb: V
    let runID: RunID
    let environment: [String: String]
    let clock = WallClock.system

    private var options: GlobalOptions { verb.global }
    private var prefix: String { "dbctl \(V.commandPath)" }

    func execute(signals: Signals) async -> ExitStatus {
        let task = Task { await results() }
        signals.listen { task.cancel() }
        let (envelopes, isFanOut) = await task.value
        return write(envelopes.map { ended(by: signals, $0) }, isFanOut: isFanOut)
    }

    // The work

    /// A result of one target, in both of its forms.
    private struct Result: Sendable {
        var envelope: Envelope
        var human: String
    }

    private func results() async -> (results: [Result], isFanOut: Bool) {
        let configuration: Configuration
        let names: [String?]
        let limit: Int
        do throws(Failure) {
            try checkFormat()
            try checkSharedOptions()
            try checkTargetOptions()
            configuration = try loadConfiguration()
            try configuration.checkVariables()
            names = try targetNames(configuration)
            limit = if let asked = options.parallel { asked } else { try configuration.value(of: .parallel) ?? 1 }
        } catch {
            return ([failed(error, runID.description, target: options.target.first ?? "default")], false)
        }
        guard names.count > 1 || options.allTargets else {
            return ([await result(for: names[0], configuration, runID, label: "")], false)
        }
        // A run each: two targets may name one database, whose record of operations knows a run once.
        let results = await BoundedGroup.map(names, limit: limit) { name in
            await result(for: name, configuration, RunID.make(at: clock), label: name ?? "")
        }
        return (results, true)
    }

    private func result(
        for name: String?, _ configuration: Configuration, _ runID: RunID, label: String
    ) async -> Result {
        let progress = makeProgress(label: label, runID: runID.description)
        let context = makeContext(name, configuration, runID, progress: progress)
        do {
            try sayNotes(context)
            let result = try await verb.run(context)
            (progress as? ProgressLine)?.clear()
            let envelope = Envelope(
                schema: V.schema, runID: runID.description, target: context.target, exit: result.exitStatus,
                data: options.format == .json ? try JSONText.of(result) : nil, failure: result.failure)
            let text = human(result)
            if options.quiet, text.isEmpty { for alarm in result.alarms { context.log.error("\(alarm)") } }
            return Result(envelope: envelope, human: text)
        } catch {
            (progress as? ProgressLine)?.clear()
            let failure = context.naming(Failure(describing: error))
            return failed(failure, context.runID.description, target: context.target)
        }
    }

    private func human(_ result: V.Result) -> String {
        let style = Style(color: usesColor, now: clock.now)
        switch options.format {
        case .json: return ""
        case .human:
            guard options.quiet, !V.printsWhenQuiet else { return result.human(style) }
            guard result.exitStatus != .done else { return "" }
            // What a monitor has to say fits into the line that pages somebody.
            let text = result.human(style)
            return V.isMonitor ? String(text.prefix { !$0.isNewline }) : text
        }
    }

    private func failed(_ failure: Failure, _ runID: String, target: String) -> Result {
        let exit = exitStatus(failure)
        return Result(
            envelope: Envelope(failure: failure, runID: runID, target: target, exit: exit),
            human: V.verdictLine(failure, options, Style(color: usesColor, now: clock.now)) ?? "")
    }

    private func exitStatus(_ failure: Failure) -> ExitStatus { V.exitStatus(failure) }

    /// Whatever a cancelled command threw: the reason is the signal. What is left behind, and what to do about it, the
    /// command knows better.
    private func ended(by signals: Signals, _ result: Result) -> Result {
        guard let signal = signals.signal, let own = result.envelope.failure else { return result }
        var failure = Signals.failure(signal)
        if own.category == .interrupted {
            failure.detail = own.detail
            failure.hint = own.hint ?? failure.hint
        }
        return failed(failure, result.envelope.runID, target: result.envelope.target)
    }

    // What it works with

    private func checkFormat() throws(Failure) {
        guard !V.formats.contains(options.format) else { return }
        let offered = OutputFormat.allCases.filter(V.formats.contains).map(\.rawValue).joined(separator: ", ")
        throw Failure(
            .format, "\(V.commandPath) has no output format \(options.format.rawValue)", hint: "--format: \(offered)")
    }

    private func checkSharedOptions() throws(Failure) {
        for option in SharedOption.allCases where option.isGiven(in: options) {
            guard let reason = V.refuses[option] else { continue }
            throw Failure(.usage, "\(V.commandPath) takes no \(option.rawValue): \(reason)", hint: "\(prefix) --help")
        }
    }

    /// A verb that reads no dbctl.yaml has no targets, and must not look as if it ran on one.
    private func checkTargetOptions() throws(Failure) {
        guard !V.usesConfiguration, options.allTargets || !options.target.isEmpty else { return }
        throw Failure(
            .usage, "\(prefix) reads no dbctl.yaml and runs on no target",
            hint: "leave \(options.allTargets ? "--all-targets" : "--target") out")
    }

    private func loadConfiguration() throws(Failure) -> Configuration {
        guard V.usesConfiguration else { return Configuration(file: nil, root: nil, environment: [:]) }
        guard let file = try ConfigurationFile.find(option: options.config, environment: environment) else {
            return Configuration(file: nil, root: nil, environment: environment)
        }
        return try ConfigurationFile.load(file, environment: environment)
    }

    /// In configuration order, each once; a single nil is "whatever the environment says". An unknown one is refused
    /// before the others are run on.
    private func targetNames(_ configuration: Configuration) throws(Failure) -> [String?] {
        let known = configuration.targets.names
        if options.allTargets {
            guard !known.isEmpty else {
                throw Failure(
                    .configurationTarget, "--all-targets: no targets are configured",
                    detail: configuration.placeForEyes,
                    hint: configuration.file.map { "add targets: to \($0)" } ?? Targets.hintWithoutFile)
            }
            return known
        }
        for name in options.target { _ = try configuration.targets.target(name) }
        return options.target.isEmpty ? [nil] : known.filter(options.target.contains)
    }

    private func makeContext(
        _ name: String?, _ configuration: Configuration, _ runID: RunID, progress: any ProgressSink
    ) -> Context {
        var log = Logger(label: "dbctl") { [options] _ in
            LogLines(
                format: options.logFormat, runID: runID.description, logLevel: LogLines.level(options),
                before: { (progress as? ProgressLine)?.clear() })
        }
        log.logLevel = LogLines.level(options)
        if let name { log[metadataKey: "target"] = "\(name)" }
        return Context(
            runID: runID, command: V.commandPath, target: name ?? "default", targetName: name, options: options,
            configuration: configuration, environment: environment, log: log, progress: progress, clock: clock)
    }

    private func makeProgress(label: String, runID: String) -> any ProgressSink {
        guard !options.quiet, !options.noProgress else { return SilentProgress() }
        guard options.logFormat == .json else {
            return ProgressLine(isTerminal: Terminal.isError && label.isEmpty, label: label)
        }
        // A bar would stand in the midst of lines that a program reads.
        return ProgressLine(isTerminal: false, label: label) { [clock] text in
            LogLines.line(
                .json, at: clock.now, level: .info, message: text, runID: runID, fields: ["event": "progress"])
        }
    }

    /// What was translated or ignored in the URL, once a run, before the server is used.
    private func sayNotes(_ context: Context) throws {
        guard V.usesServer else { return }
        let past = V.searchPathMeaning != nil ? try? context.server(direct: true) : nil
        let server = if let past { past } else { try context.server() }
        for note in server.notes(searchPathMeaning: V.searchPathMeaning) { context.log.notice("\(note)") }
    }

    private var usesColor: Bool {
        Style.usesColor(options, environment)
    }

    // What comes out

    private func write(_ results: [Result], isFanOut: Bool) -> ExitStatus {
        let worst = results.map(\.envelope.exit).max() ?? .done
        var isWritten = true
        if options.format == .json {
            let document = isFanOut ? Envelope.json(targets: results.map(\.envelope)) : results[0].envelope.json
            isWritten = StandardStream.output.line(document)
        }
        for result in results {
            if isFanOut, options.format == .human, !result.human.isEmpty {
                isWritten = StandardStream.output.line("== \(result.envelope.target) ==") && isWritten
            }
            if !result.human.isEmpty { isWritten = StandardStream.output.line(result.human) && isWritten }
            if let failure = result.envelope.failure, result.human.isEmpty || !isFanOut {
                let place = isFanOut ? "\(prefix) (\(result.envelope.target))" : prefix
                say(failure, place, result.envelope.runID)
            }
        }
        if !isWritten {
            let failure = Failure(
                .outputFailed, "standard output cannot be written (disk full?)", hint: "dbctl explain output.failed")
            say(failure, prefix, runID.description)
            return max(worst, exitStatus(failure))
        }
        return worst
    }

    private func say(_ failure: Failure, _ place: String, _ runID: String) {
        StandardStream.error.line(
            FailureText.of(failure, prefix: place, runID: runID, as: options.logFormat, at: clock.now))
    }
}
