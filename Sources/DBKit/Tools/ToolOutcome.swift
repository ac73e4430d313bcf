import Foundation
public import Operations

/// How one of the programs ended.
package struct ToolOutcome: Sendable {
    package var isSuccess: Bool
    package var output: String
    package var messages: String
    /// Exit code or signal, in words.
    package var ending: String

    package func failure(_ program: String) -> Failure {
        let said = messages.trimmingCharacters(in: .whitespacesAndNewlines).suffix(2000).description
        return Failure(
            .backupToolFailed, "\(program) failed",
            detail: "\(said.isEmpty ? "it said nothing" : said)\nit ended with \(ending)",
            hint: "mend what it says, and run the same command again; nothing was published")
    }
}

extension FailureCode {
    public static let backupToolMissing = FailureCode("backup.tool_missing", .configuration)
    public static let backupToolFailed = FailureCode("backup.tool_failed", .refused)
}
