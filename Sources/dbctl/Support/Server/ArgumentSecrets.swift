import CLinux

/// Passwords on the command line: `ps` and `/proc/PID/cmdline` show them to everyone on the machine, so they are
/// overwritten in place before anything else happens, and no error text may repeat them.
struct ArgumentSecrets: Sendable {
    /// The arguments that hold a password, and how they may be shown.
    private let masked: [(argument: String, shown: String)]

    /// Arguments as given; index 0 is the program.
    init(_ arguments: [String]) {
        masked = arguments.compactMap { argument in
            let ranges = Self.ranges(in: argument)
            guard !ranges.isEmpty else { return nil }
            var shown = argument
            for range in ranges.reversed() { shown.replaceSubrange(range, with: "****") }
            return (argument, shown)
        }
    }

    var isEmpty: Bool { masked.isEmpty }

    /// `text` without the passwords: for messages of the argument parser, which quote what they do not understand.
    func hiding(in text: String) -> String {
        var text = text
        for (argument, shown) in masked {
            text = text.replacing(argument, with: shown)
            // `--option=value` is quoted by its halves.
            if let value = argument.splitOnce(at: "=").1, let shownValue = shown.splitOnce(at: "=").1 {
                text = text.replacing(value, with: shownValue)
            }
        }
        return text
    }

    /// Overwrites the passwords in the memory that the kernel shows as this process's command line.
    static func overwrite(in arguments: [String]) {
        for (index, argument) in arguments.enumerated() {
            for range in ranges(in: argument) {
                let offset = argument.utf8.distance(from: argument.startIndex, to: range.lowerBound)
                let length = argument.utf8.distance(from: range.lowerBound, to: range.upperBound)
                clinux_overwrite_argument(Int32(index), offset, length)
            }
        }
    }

    /// A connection without its password, and without the mark that one stood there.
    static func without(in url: String) -> String {
        var text = url
        for range in ranges(in: url).reversed() {
            let before = text[..<range.lowerBound]
            guard before.hasSuffix(":") else {
                // `password=…` in a query or among keywords, together with what sets it apart from the next one.
                let start = before.lastIndex { "?& ".contains($0) }.map { text.index(after: $0) } ?? text.startIndex
                var end = range.upperBound
                if end < text.endIndex, "& ".contains(text[end]) { end = text.index(after: end) }
                text.removeSubrange(start..<end)
                continue
            }
            text.removeSubrange(text.index(before: range.lowerBound)..<range.upperBound)
        }
        while let last = text.last, "?& ".contains(last) { text.removeLast() }
        return text
    }

    /// Where a password stands: behind the user in a URL, or as the value of a `password` parameter or keyword.
    static func ranges(in argument: String) -> [Range<String.Index>] {
        var found = [login(in: argument, beforeQuery: true) ?? login(in: argument, beforeQuery: false)].compactMap {
            $0
        }
        // Every start of the program comes here with every argument, and the expression is compiled anew each time.
        if argument.lowercased().contains("passw") {
            let keyword = /(?i:\b(?:ssl)?passw(?:or)?d)\s*=\s*(?<value>'(?:[^'\\]|\\.)*'?|[^\s&']+)/
            for match in argument.matches(of: keyword) {
                let range = match.value.startIndex..<match.value.endIndex
                if !found.contains(where: { $0.overlaps(range) }) { found.append(range) }
            }
        }
        return found.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// `://user:` up to the last `@`, which may stand behind a `?` that should have been percent-encoded.
    private static func login(in argument: String, beforeQuery: Bool) -> Range<String.Index>? {
        var rest = argument[...]
        while let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            let user = rest.prefix { !":@/?".contains($0) }
            guard rest[user.endIndex...].first == ":" else { continue }
            let password = rest[user.endIndex...].dropFirst()
            let scope = beforeQuery ? password.prefix { $0 != "?" } : password
            if let end = scope.lastIndex(of: "@") { return password.startIndex..<end }
        }
        return nil
    }
}
