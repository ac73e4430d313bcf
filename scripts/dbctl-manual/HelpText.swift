import Foundation

/// The text below a command's first line, taken apart: what it does, examples, exit codes.
///
/// The help is the only place where these are written; what is read here says it again in another form.
struct HelpText {
    struct Exit: Equatable {
        /// `0`; nil for what has no number of its own.
        let code: String?
        let meaning: String
    }

    private(set) var paragraphs: [String] = []
    private(set) var examples: [String] = []
    private(set) var exits: [Exit] = []
    /// What is said of the exit codes as a whole.
    private(set) var exitNotes: String?

    private static let example = "Example: "
    private static let exitCodes = "Exit codes: "

    init(_ discussion: String) {
        var isInExamples = false
        for line in discussion.split(separator: "\n").map(String.init) {
            if line.hasPrefix(Self.example) {
                examples.append(String(line.dropFirst(Self.example.count)))
                isInExamples = true
            } else if isInExamples, line.hasPrefix(" ") {
                examples.append(line.trimmingCharacters(in: .whitespaces))
            } else if line.hasPrefix(Self.exitCodes) {
                readExits(String(line.dropFirst(Self.exitCodes.count)))
                isInExamples = false
            } else {
                paragraphs.append(line)
                isInExamples = false
            }
        }
    }

    /// `0 done, or nothing to do; 64 bad command line, 130 SIGINT, 143 SIGTERM. Of several targets …`
    private mutating func readExits(_ text: String) {
        let end = text.firstRange(of: /\. (?=[A-Z])/)
        exitNotes = end.map { String(text[$0.upperBound...]) }
        var list = end.map { String(text[..<$0.lowerBound]) } ?? text
        if list.hasSuffix(".") { list.removeLast() }
        for part in list.split(separator: /[,;] (?=[0-9]+ )/) {
            let words = part.split(separator: " ", maxSplits: 1).map(String.init)
            if words.count == 2, Int(words[0]) != nil {
                exits.append(Exit(code: words[0], meaning: words[1]))
            } else {
                // "0 done, 64 bad command line; the help of each verb names its others"
                exits.append(Exit(code: nil, meaning: String(part)))
            }
        }
    }
}
