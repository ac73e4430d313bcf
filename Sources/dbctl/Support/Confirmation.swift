import DBKit
import Foundation

/// A typed consent, for verbs that are a dry run unless somebody consents (conventions: `--yes`, or on a terminal a
/// typed confirmation). What has to be typed depends on what is at stake, so that nobody's fingers know it already.
enum Confirmation {
    /// Somebody sits there who can be asked: nobody does behind cron or a pipe.
    static func isPossible(_ context: Context) -> Bool {
        Terminal.isInput && Terminal.isError && !context.options.quiet && !context.options.dryRun
    }

    /// Shows what is at stake, asks, and reads the answer.
    ///
    /// - Throws: `confirm.declined` unless exactly `answer` was typed.
    static func ask(showing plan: String, _ question: String, answer: String) throws(Failure) {
        StandardStream.error.line(plan)
        StandardStream.error.write("\n\(question); type \(answer) to go on: ")
        let typed = readLine(strippingNewline: true)
        guard typed?.trimmingSpaces != answer else { return }
        throw Failure(
            .notConfirmed, "it was not confirmed: \(typed == nil ? "the input ended" : "something else was typed")",
            detail: "Nothing was changed.", hint: "type \(answer) when asked, or consent beforehand with --yes")
    }
}
