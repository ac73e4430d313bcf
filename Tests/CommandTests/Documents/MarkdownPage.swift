import Foundation

/// A page of the project, as far as its links and commands go.
struct MarkdownPage {
    /// From the root of the project on.
    let path: String
    let text: String

    static func all() throws -> [MarkdownPage] {
        var paths = ["README.md"]
        for folder in ["docs", "runbooks", "cron", "bench"] {
            let place = Sources.root.appending(path: folder).path
            paths +=
                (try? FileManager.default.subpathsOfDirectory(atPath: place))?.filter { $0.hasSuffix(".md") }
                .map { "\(folder)/\($0)" } ?? []
        }
        return try paths.map { path in
            MarkdownPage(
                path: path, text: try String(contentsOf: Sources.root.appending(path: path), encoding: .utf8))
        }
    }

    /// What stands between fences is no markup.
    private var prose: String {
        text.split(separator: "```", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset.isMultiple(of: 2) }.map { String($0.element) }.joined()
    }

    /// Relative ones; others lead out of the project.
    var links: [String] {
        prose.matches(of: /\]\((?<target>[^)\s]+)\)/).map { String($0.target) }.filter { !$0.contains("://") }
    }

    /// As GitHub makes them.
    var anchors: Set<String> {
        var seen: [String: Int] = [:]
        return Set(
            prose.matches(of: /(?m)^#+ (?<heading>.*)$/).map { match in
                let plain = match.heading.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                let anchor = plain.replacing(" ", with: "-")
                let count = seen[anchor, default: 0]
                seen[anchor] = count + 1
                return count == 0 ? anchor : "\(anchor)-\(count)"
            })
    }

    /// The file that a link leads to; nil when there is none, or not that heading.
    func target(of link: String) throws -> String? {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let folder = path.contains("/") ? path.split(separator: "/").dropLast().joined(separator: "/") + "/" : ""
        let file =
            parts[0].isEmpty
            ? path : URL(filePath: "/\(folder)\(parts[0])").standardized.path.trimmingCharacters(in: ["/"])
        let place = Sources.root.appending(path: file)
        guard parts[0].isEmpty || FileManager.default.fileExists(atPath: place.path) else { return nil }
        guard parts.count == 2 else { return file }
        let page =
            parts[0].isEmpty ? self : MarkdownPage(path: file, text: try String(contentsOf: place, encoding: .utf8))
        return page.anchors.contains(parts[1]) ? file : nil
    }

    /// Lines of fenced blocks that run dbctl, without the comment behind them.
    var commands: [String] {
        text.split(separator: "```", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }
            .flatMap { $0.element.split(separator: "\n") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .map { $0.hasPrefix("$ ") ? String($0.dropFirst(2)) : $0 }
            // `dbctl backup <verb>` is a pattern, and the parser's own option is no option of a verb.
            .filter {
                $0.hasPrefix("dbctl ") && !$0.contains("<") && !$0.hasPrefix("dbctl --generate-completion-script")
            }
            .map { command in
                guard let comment = command.firstRange(of: /\s+#\s/) else { return command }
                return String(command[..<comment.lowerBound])
            }
    }
}
