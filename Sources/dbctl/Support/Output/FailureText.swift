import DBKit
import Foundation
import Logging

/// An error for eyes: what failed, the state things are in, what to type next.
enum FailureText {
    /// As it goes to standard error: with `--log-format json` one event more, so that whoever reads lines of JSON there
    /// can read all of them.
    static func of(
        _ failure: Failure, prefix: String, runID: String, as format: LogFormat, at time: Date
    ) -> String {
        guard format == .json else { return of(failure, prefix: prefix, runID: runID) }
        let fields = [
            "event": "error", "command": prefix, "code": failure.code.name, "sqlstate": failure.sqlState,
            "detail": failure.detail, "hint": failure.hint,
        ].compactMapValues { $0 }
        return LogLines.line(
            .json, at: time, level: .error, message: failure.message, runID: runID, fields: fields)
    }

    static func of(_ failure: Failure, prefix: String, runID: String?) -> String {
        var lines = ["\(prefix): \(indented(failure.message))"]
        if let detail = failure.detail, !detail.isEmpty { lines.append("  detail: \(indented(detail))") }
        if let hint = failure.hint { lines.append("  hint:   \(indented(hint))") }
        let state = failure.sqlState.map { ", SQLSTATE \($0)" } ?? ""
        let run = runID.map { ", run \($0)" } ?? ""
        lines.append("  code:   \(failure.code.name)\(state)\(run)")
        return lines.joined(separator: "\n")
    }

    private static func indented(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { TextTable.printable($0.trimmingSpaces) }
            .joined(separator: "\n          ")
    }
}
