import DBKit
import Foundation
import Logging

/// swift-log on stderr: one event a line, text or JSON, each with the run id.
struct LogLines: LogHandler {
    let format: LogFormat
    let runID: String
    var logLevel: Logger.Level
    /// Takes the progress bar off the screen.
    let before: @Sendable () -> Void
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    static func level(_ options: GlobalOptions) -> Logger.Level {
        options.quiet ? .error : options.verbose ? .debug : .notice
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let error = event.error { fields["error"] = "\(error)" }
        before()
        StandardStream.error.line(
            Self.line(
                format, at: Date(), level: event.level, message: event.message.description, runID: runID,
                fields: fields.mapValues { "\($0)" }))
    }

    /// A warning before there is a context.
    static func warn(_ message: String, _ options: GlobalOptions, _ runID: RunID) {
        StandardStream.error.line(
            line(
                options.logFormat, at: Date(), level: .warning, message: message, runID: runID.description,
                fields: [:]))
    }

    /// Pure, for the tests: one line whatever the message holds.
    static func line(
        _ format: LogFormat, at time: Date, level: Logger.Level, message: String, runID: String,
        fields: [String: String]
    ) -> String {
        let sorted = fields.sorted { $0.key < $1.key }
        switch format {
        case .json:
            let members =
                [("time", Style.timestamp(time)), ("level", level.rawValue), ("message", message), ("run_id", runID)]
                + sorted.map { ($0.key, $0.value) }
            return "{\(members.map { "\(JSONText.string($0.0)):\(JSONText.string($0.1))" }.joined(separator: ","))}"
        case .text:
            let tail = (sorted.map { ($0.key, $0.value) } + [("run_id", runID)])
                .map { "\($0.0)=\(textValue($0.1))" }.joined(separator: " ")
            return "\(Style.timestamp(time)) \(level.rawValue) \(TextTable.printable(message)) \(tail)"
        }
    }

    private static func textValue(_ value: String) -> String {
        value.isEmpty || value.contains { " \"=\n\r\t".contains($0) } ? JSONText.string(value) : value
    }
}
