import ArgumentParser
import DBKit
import Foundation

/// From the command line to the exit code of the process.
enum EntryPoint {
    static func run(_ commandLine: [String]) async -> Never {
        // First of all: as long as the password stands in the command line, every process on the machine can read it.
        ArgumentSecrets.overwrite(in: commandLine)
        let signals = Signals()
        let secrets = ArgumentSecrets(commandLine)
        let arguments = Array(commandLine.dropFirst())
        let runID = RunID.make()
        do {
            var command = try Dbctl.parseAsRoot(arguments)
            guard let verb = command as? any Verb else {
                let area = type(of: command)
                // `--help` is a command of the parser's own, whose run ends in the text; an area alone does nothing.
                if area.configuration.subcommands.isEmpty { try command.run() }
                refuse("\(area._commandName): a verb is missing", help: Dbctl.helpMessage(for: area), arguments, runID)
            }
            exit(await start(verb, secrets, runID, signals).code)
        } catch {
            let code = Dbctl.exitCode(for: error)
            guard !code.isSuccess else {
                StandardStream.output.line(Dbctl.fullMessage(for: error))
                exit(ExitStatus.done.code)
            }
            refuse(secrets.hiding(in: Dbctl.message(for: error)), help: nil, arguments, runID)
        }
    }

    private static func start(
        _ verb: some Verb, _ secrets: ArgumentSecrets, _ runID: RunID, _ signals: Signals
    ) async -> ExitStatus {
        do throws(Failure) {
            if let file = verb.global.envFile { try Environment.add(DotEnv.read(file)) }
        } catch {
            return finish(verb, error, runID)
        }
        if !secrets.isEmpty, !verb.global.quiet {
            LogLines.warn(
                "a password on the command line lands in shell histories; use PGPASSWORD, .pgpass or --target",
                verb.global, runID)
        }
        let run = CommandRun(verb: verb, runID: runID, environment: ProcessInfo.processInfo.environment)
        return await run.execute(signals: signals)
    }

    private static func finish<V: Verb>(_ verb: V, _ failure: Failure, _ runID: RunID) -> ExitStatus {
        let exit = V.exitStatus(failure)
        let style = Style(
            color: Style.usesColor(verb.global, ProcessInfo.processInfo.environment), now: WallClock.system.now)
        if let verdict = V.verdictLine(failure, verb.global, style) { StandardStream.output.line(verdict) }
        if verb.global.format == .json {
            StandardStream.output.line(
                Envelope(failure: failure, runID: runID.description, target: "default", exit: exit).json)
        }
        StandardStream.error.line(
            FailureText.of(
                failure, prefix: "dbctl \(V.commandPath)", runID: runID.description, as: verb.global.logFormat,
                at: WallClock.system.now))
        return exit
    }

    /// A bad command line. The options could not be read, so `--format json` and `--log-format json` are looked for
    /// by hand.
    private static func refuse(_ message: String, help: String?, _ arguments: [String], _ runID: RunID) -> Never {
        let words = CommandWords(arguments)
        let failure = Failure(.usage, words.wrongVerb ?? message, hint: words.hint)
        let status = ExitStatus(.usage)
        if wantsJSON(arguments) {
            StandardStream.output.line(
                Envelope(failure: failure, runID: runID.description, target: "default", exit: status).json)
        }
        if says("--log-format", "json", arguments) {
            StandardStream.error.line(
                FailureText.of(
                    failure, prefix: "dbctl", runID: runID.description, as: .json, at: WallClock.system.now))
        } else {
            StandardStream.error.line(help ?? FailureText.of(failure, prefix: "dbctl", runID: nil))
        }
        exit(status.code)
    }

    static func wantsJSON(_ arguments: [String]) -> Bool { says("--format", "json", arguments) }

    private static func says(_ option: String, _ value: String, _ arguments: [String]) -> Bool {
        let own = arguments.prefix { $0 != "--" }
        return own.contains("\(option)=\(value)") || zip(own, own.dropFirst()).contains { $0 == (option, value) }
    }
}

/// The process environment.
enum Environment {
    /// What is set already stays. libpq and child processes read the environment themselves, so that it is the
    /// process's own that grows.
    static func add(_ entries: [(name: String, value: String)]) {
        for (name, value) in entries {
            unsafe _ = setenv(name, value, 0)
        }
    }
}
