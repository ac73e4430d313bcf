import ArgumentParser
import DBKit

/// The options that every verb accepts after its name; each verb declares them with
/// `@OptionGroup(title: "Global options") var global: GlobalOptions`.
struct GlobalOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Server to use; a password in it is hidden from ps, not from shell histories.",
            valueName: "url"))
    var databaseURL: String?

    @Option(
        help: ArgumentHelp("Target of dbctl.yaml to run on; may be repeated.", valueName: "name"), completion: .target)
    var target: [String] = []

    @Flag(help: "Run on every target of dbctl.yaml.")
    var allTargets = false

    @Option(help: ArgumentHelp("How many targets to run on at once (default: 4).", valueName: "n"))
    var parallel: Int?

    @Option(
        help: ArgumentHelp(
            "Read variables from this file; it never overrides the environment.",
            valueName: "file"), completion: .file())
    var envFile: String?

    @Option(
        help: ArgumentHelp(
            "Configuration file (default: ./dbctl.yaml, $XDG_CONFIG_HOME/dbctl/, /etc/dbctl/).",
            valueName: "file"), completion: .configurationFile)
    var config: String?

    @Option(
        help: ArgumentHelp("The result: for eyes, or as one JSON document.", valueName: "format"),
        completion: .outputFormat)
    var format: OutputFormat = .human

    @Flag(help: "Only errors on stderr; nothing on success where the verb acts.")
    var quiet = false

    @Flag(help: "More on stderr.")
    var verbose = false

    @Option(help: ArgumentHelp("Log lines on stderr: text or json.", valueName: "format"))
    var logFormat: LogFormat = .text

    @Flag(help: "No colours, as with NO_COLOR.")
    var noColor = false

    @Flag(help: "No progress on stderr.")
    var noProgress = false

    @Option(
        help: ArgumentHelp("Longest wait for a lock that others can queue behind (default: 2s).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var lockTimeout: Duration?

    @Option(
        help: ArgumentHelp("Longest run of one statement; 0s for no limit.", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var statementTimeout: Duration?

    @Option(
        help: ArgumentHelp("How long to wait while the same job runs elsewhere.", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var wait: Duration?

    @Flag(help: "Print what would be done, change nothing.")
    var dryRun = false

    @Flag(help: "Consent to what asks for it.")
    var yes = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose contradict each other") }
        if allTargets && !target.isEmpty { throw ValidationError("--all-targets already includes every --target") }
        if databaseURL != nil && (allTargets || target.count > 1) {
            throw ValidationError("--database-url names one server; it cannot be combined with several targets")
        }
        if let parallel, parallel < 1 { throw ValidationError("--parallel needs a number of at least 1") }
    }
}

/// The global options that not every verb can act upon.
enum SharedOption: String, CaseIterable, Sendable {
    case lockTimeout = "--lock-timeout"
    case statementTimeout = "--statement-timeout"
    case dryRun = "--dry-run"

    func isGiven(in options: GlobalOptions) -> Bool {
        switch self {
        case .lockTimeout: options.lockTimeout != nil
        case .statementTimeout: options.statementTimeout != nil
        case .dryRun: options.dryRun
        }
    }
}

/// Whom the result is written for.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case human, json
}

/// How log lines on stderr look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json
}
