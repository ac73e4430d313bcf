import DBKit

/// An error for eyes: what failed, the state things are in, what to type next.
enum FailureText {
    static func of(_ failure: Failure, prefix: String, runID: String?) -> String {
        var lines = ["\(prefix): \(indented(failure.message))"]
        if let detail = failure.detail { lines.append("  detail: \(indented(detail))") }
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
