import DBKit
import Yams

/// What the YAML parser found, without the excerpt of the file that its own message carries.
enum YAMLProblem {
    static func of(_ error: any Error, in text: String) -> ConfigurationDecoder.Problem {
        switch error {
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            let name = duplicates.first ?? ""
            return .init(
                line: secondLine(of: name, after: context.mark, in: text), code: .configurationDuplicate,
                message: "duplicate key \"\(name)\", first given on line \(context.mark.line)",
                hint: "keep one of the two")
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            let isTab = problem.contains("cannot start any token") && lineIndent(mark.line, in: text).contains("\t")
            return .init(
                line: mark.line, code: .configurationSyntax,
                message: isTab ? "a tab indents this line" : "not valid YAML: \(problem)",
                hint: isTab ? "indent with spaces" : nil)
        case YamlError.reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).filter(\.isNewline).count + 1 } ?? 1
            return .init(line: line, code: .configurationSyntax, message: "not valid YAML: \(problem)", hint: nil)
        default:
            return .init(line: 1, code: .configurationSyntax, message: "not valid YAML", hint: nil)
        }
    }

    /// Yams marks the first of two equal keys; people look for the second, which stands in the same column below.
    private static func secondLine(of key: String, after first: Mark, in text: String) -> Int {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated().dropFirst(first.line) {
            let rest = line.dropFirst(first.column - 1)
            if rest.hasPrefix(key), rest.dropFirst(key.count).trimmingSpaces.hasPrefix(":") { return index + 1 }
        }
        return first.line
    }

    private static func lineIndent(_ line: Int, in text: String) -> Substring {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard line >= 1, line <= lines.count else { return "" }
        return lines[line - 1].prefix { $0.isWhitespace }
    }
}
