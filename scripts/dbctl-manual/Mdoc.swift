/// Text and macros of mdoc(7), spelled so that groff and mandoc read them alike.
enum Mdoc {
    /// Running text: every sentence begins a line, `quoted` words are bold.
    static func text(_ text: String) -> String {
        sentences(text).map { sentence in
            let parts = sentence.split(separator: "`", omittingEmptySubsequences: false)
            // An odd backtick is a backtick.
            let isPaired = !parts.count.isMultiple(of: 2)
            guard isPaired else { return filled(escaped(sentence)) }
            let spelled = parts.enumerated().map { index, part in
                index.isMultiple(of: 2) ? escaped(String(part)) : "\\fB\(escaped(String(part)))\\fP"
            }
            return filled(spelled.joined())
        }.joined(separator: "\n")
    }

    /// Lines of 80 bytes at most, as manuals are written.
    private static func filled(_ sentence: String) -> String {
        var lines = [""]
        for word in sentence.split(separator: " ").map(String.init) {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = word
            } else if width(last) + 1 + width(word) <= 78 {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(word)
            }
        }
        return lines.map(guarded).joined(separator: "\n")
    }

    /// What is not ASCII reaches the typesetter as `\\[u00D7]`.
    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : 8) }
    }

    static func line(_ text: String) -> String { guarded(escaped(text)) }

    /// An argument of a macro: one word, whatever is in it.
    static func argument(_ text: String) -> String {
        let spelled = escaped(text).replacing("\"", with: "\\(dq")
        return spelled.contains(" ") ? "\"\(spelled)\"" : spelled
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    }

    /// A dot or an apostrophe in front would be a request.
    private static func guarded(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("'") ? "\\&\(line)" : line
    }

    private static func sentences(_ text: String) -> [String] {
        var found: [String] = []
        var rest = text[...]
        while let end = rest.firstRange(of: /[.?:] (?=[A-Z`\-])/), rest[end.lowerBound] != ":" || found.isEmpty {
            found.append(String(rest[...end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return found + [String(rest)]
    }
}
