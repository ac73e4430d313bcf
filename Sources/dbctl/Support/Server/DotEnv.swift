import DBKit
import Foundation

/// A `.env` file, read only when `--env-file` names it.
enum DotEnv {
    /// - Throws: `config.env_file` with file and line, never the value.
    static func read(_ path: String) throws(Failure) -> [(name: String, value: String)] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                .fileMissing, "--env-file: \(path) cannot be read", hint: "check the path, or leave --env-file out")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Failure(.environmentFile, "\(path) is not UTF-8 text")
        }
        return try parse(text, file: path)
    }

    static func parse(_ text: String, file: String) throws(Failure) -> [(name: String, value: String)] {
        var entries: [(name: String, value: String)] = []
        var text = text[...]
        if text.first == "\u{FEFF}" { text = text.dropFirst() }
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var line = raw.trimmingSpaces
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = line.dropFirst("export ".count).trimmingSpaces }
            let (name, value) = line.splitOnce(at: "=")
            let trimmed = name.trimmingSpaces
            guard let value, trimmed.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.]*/) != nil else {
                throw Failure(.environmentFile, "\(file):\(index + 1): not NAME=value")
            }
            guard let unquoted = unquote(value.trimmingSpaces) else {
                throw Failure(.environmentFile, "\(file):\(index + 1): the quote of \(trimmed) is not closed")
            }
            entries.append((trimmed, unquoted))
        }
        return entries
    }

    /// Single quotes keep everything, double quotes know `\n \t \" \\ \$`, a bare value ends at ` #`.
    private static func unquote(_ value: String) -> String? {
        if value.hasPrefix("'") {
            let rest = value.dropFirst()
            return rest.firstIndex(of: "'").map { String(rest[..<$0]) }
        }
        guard value.hasPrefix("\"") else {
            let end = value.firstRange(of: /\s#/)?.lowerBound ?? value.endIndex
            return value[..<end].trimmingSpaces
        }
        var text = ""
        var rest = value.dropFirst()
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            guard character == "\\", let next = rest.popFirst() else {
                text.append(character)
                continue
            }
            switch next {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            case "\"", "\\", "$": text.append(next)
            default: text.append(contentsOf: [character, next])
            }
        }
        return nil
    }
}
