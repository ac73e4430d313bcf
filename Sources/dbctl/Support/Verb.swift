import ArgumentParser
import DBKit

/// A `dbctl <area> <verb>`: declared options, and one function from a ``Context`` to a result.
///
/// Everything around it (target fan-out, signals, exit code, JSON envelope, error text) is done once, in
/// ``CommandRun``. A verb neither prints nor exits. `BackupList.swift` shows what a command file looks like, and
/// `BackupList+Table.swift` beside it how its result looks to eyes.
protocol Verb: AsyncParsableCommand, Sendable {
    associatedtype Result: CommandResult

    /// Schema of the JSON document, `dbctl.<area>.<verb>/1`. It also names the verb in logs and `application_name`.
    static var schema: String { get }
    /// What `--format` may say; a verb that fills the screen has no document.
    static var formats: Set<OutputFormat> { get }
    /// Answers a monitoring system with 0, 1, 2 or 3.
    static var isMonitor: Bool { get }
    /// Reads dbctl.yaml; a verb that works offline on nothing of the user's does not.
    static var usesConfiguration: Bool { get }
    /// Talks to a server, so that what was translated in its URL is said once.
    static var usesServer: Bool { get }
    /// What the URL's search path means to it, on the way past the pooler; nil for verbs that name every object with its
    /// schema.
    static var searchPathMeaning: String? { get }
    /// Global options without a meaning here, each with the reason: refused, because one that is accepted and has no
    /// effect would be believed.
    static var refuses: [SharedOption: String] { get }
    /// The result is the point (a listing), so `--quiet` does not drop it.
    static var printsWhenQuiet: Bool { get }

    var global: GlobalOptions { get }

    func run(_ context: Context) async throws -> Result
}

extension Verb {
    static var formats: Set<OutputFormat> { [.human, .json] }
    static var isMonitor: Bool { false }
    static var usesConfiguration: Bool { true }
    static var usesServer: Bool { true }
    static var searchPathMeaning: String? {
        switch commandPath.prefix(while: { $0 != " " }) {
        case "migrate": "the search_path of the migrations"
        case "refresh": "the search_path in which a feed's table is looked for"
        case "index": "the search_path in which tables and indexes are looked for"
        case "partition": "the search_path in which declared tables are looked for"
        default: nil
        }
    }
    static var printsWhenQuiet: Bool { false }
    static var refuses: [SharedOption: String] { usesServer ? [:] : noTimeouts }

    /// For verbs that send nothing to the user's servers.
    static var noTimeouts: [SharedOption: String] {
        let reason = "it sends no statement to a server of yours"
        return [.lockTimeout: reason, .statementTimeout: reason]
    }

    /// `backup list`, from `dbctl.backup.list/1`.
    static var commandPath: String {
        schema.prefix { $0 != "/" }.split(separator: ".").dropFirst().joined(separator: " ")
    }
}

/// What a verb hands back: the `data` of the JSON document, and how it looks to eyes.
///
/// JSON keys are the property names in snake_case; durations are `Double` seconds named `…S`, byte counts `Int64`
/// named `…Bytes`, timestamps `Date`.
protocol CommandResult: Encodable, Sendable {
    /// 0 unless the answer is "no", or a monitoring verdict.
    var exitStatus: ExitStatus { get }
    /// A verdict that failed carries its reason beside the data.
    var failure: Failure? { get }
    /// What somebody has to know although all went well: `--quiet`, which drops the result, says it on standard error.
    var alarms: [String] { get }
    /// Verdict first; no trailing newline needed; empty prints nothing.
    func human(_ style: Style) -> String
}

extension CommandResult {
    var exitStatus: ExitStatus { .done }
    var failure: Failure? { nil }
    var alarms: [String] { [] }
}
