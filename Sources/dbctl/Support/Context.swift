import DBKit
import Foundation
import Logging

/// What a verb runs with: one target's server, the configuration, the run id, and where logs and progress go.
struct Context: Sendable {
    let runID: RunID
    /// `backup create`
    let command: String
    /// Name in the JSON envelope: the target's, else `default`.
    let target: String
    /// The `--target` in question; nil when the server comes from elsewhere.
    let targetName: String?
    let options: GlobalOptions
    let configuration: Configuration
    /// The process environment with what `--env-file` added.
    let environment: [String: String]
    let log: Logger
    let progress: any ProgressSink
    let clock: WallClock

    /// As the server shows it, so that its log, ours and `dbctl.operations` can be joined.
    var applicationName: String {
        String(decoding: Array("dbctl \(command) \(runID)".utf8.prefix(63)), as: UTF8.self)
    }

    /// - Parameter direct: Past the pooler, by the target's `direct_url` where it has one.
    func server(direct: Bool = false) throws(Failure) -> ResolvedServer {
        try ServerResolution(environment: environment, configuration: configuration)
            .server(databaseURL: options.databaseURL, target: targetName, direct: direct)
    }

    /// Flag, then environment, then file, then built-in default.
    func setting<Value>(_ setting: Setting<Value>, flag: Value?) throws(Failure) -> Value? {
        if let flag { return flag }
        return try configuration.value(of: setting)
    }

    /// - Throws: `config.missing` naming the flag and the key when nobody says the value.
    func required<Value>(_ setting: Setting<Value>, flag: Value?, option: String) throws(Failure) -> Value {
        if let value = try self.setting(setting, flag: flag) { return value }
        let key = setting.path.joined(separator: ".")
        throw Failure(
            .configurationMissing, "\(key) is not configured",
            hint: "pass \(option), set \(setting.variable), or add \(key) to dbctl.yaml")
    }

    func lockTimeout() throws(Failure) -> Duration {
        try setting(.lockTimeout, flag: options.lockTimeout) ?? .seconds(2)
    }

    func statementTimeout() throws(Failure) -> Duration {
        try setting(.statementTimeout, flag: options.statementTimeout) ?? .zero
    }
}
