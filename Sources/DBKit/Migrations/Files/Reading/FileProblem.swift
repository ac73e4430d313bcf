import Operations

/// Why a file is no migration, with the place where it shows.
struct FileProblem: Error, Hashable {
    var path: String
    /// Counted from 1; nil where the name is what is wrong.
    var line: Int?
    var message: String
    /// What to type or change.
    var hint: String?
    var code: FailureCode = .migrationFile

    init(_ path: String, line: Int? = nil, _ message: String, hint: String? = nil, code: FailureCode = .migrationFile) {
        self.path = path
        self.line = line
        self.message = message
        self.hint = hint
        self.code = code
    }

    var text: String {
        guard !path.isEmpty else { return message }
        return line.map { "\(path):\($0): \(message)" } ?? "\(path): \(message)"
    }
}

extension Failure {
    /// All that is wrong with a folder at once: who mends a file should not learn of the next one afterwards.
    init?(_ problems: [FileProblem]) {
        // What concerns the folder as a whole explains the rest.
        let sorted = problems.sorted { ($0.path, $0.line ?? 0) < ($1.path, $1.line ?? 0) }
        guard let first = sorted.first else { return nil }
        var others = sorted.dropFirst().prefix(Self.shownProblems).map(\.text)
        let rest = sorted.count - 1 - others.count
        if rest > 0 { others.append("and \(rest) more") }
        self.init(
            first.code, first.text, detail: others.isEmpty ? nil : others.joined(separator: "\n"), hint: first.hint)
    }

    private static let shownProblems = 20
}
