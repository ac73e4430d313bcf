import Operations

/// Reads the `-- dbctl:` directives of one section. Strict: one that is misspelt would otherwise be a comment, and the
/// author would believe in a timeout that nobody sets.
struct DirectiveReader {
    private let source: SourceFile
    private let statements: [SQLStatement]
    private(set) var directives = MigrationDirectives()
    private(set) var problems: [FileProblem] = []
    private var seen: Set<Name> = []

    /// Every directive, as it is typed.
    enum Name: String, CaseIterable {
        case noTransaction = "no-transaction"
        case allow
        case lockTimeout = "lock-timeout"
        case statementTimeout = "statement-timeout"
        case backfill
    }

    init(source: SourceFile, statements: [SQLStatement]) {
        self.source = source
        self.statements = statements
    }

    mutating func read(_ notes: [FileNote]) {
        for note in notes {
            guard case .directive(let text) = note.kind else { continue }
            do throws(SpellingProblem) {
                try read(text, note)
            } catch {
                problems.append(FileProblem(source.path, line: note.line, error.description))
            }
        }
    }

    private mutating func read(_ text: Substring, _ note: FileNote) throws(SpellingProblem) {
        let word = text.prefix { !$0.isWhitespace }
        let value = text.dropFirst(word.count).trimmed
        guard let name = Name(rawValue: String(word)) else { throw Self.unknown(word) }
        let mayRepeat = name == .allow || name == .backfill
        guard mayRepeat || seen.insert(name).inserted else {
            throw SpellingProblem("dbctl:\(word) was given before")
        }
        switch name {
        case .noTransaction:
            guard value.isEmpty else { throw SpellingProblem("dbctl:no-transaction takes no value") }
            directives.isOutsideTransaction = true
        case .allow:
            let rule = value.prefix { !$0.isWhitespace }
            let reason = value.dropFirst(rule.count).trimmed
            guard !rule.isEmpty, !reason.isEmpty else {
                throw SpellingProblem("dbctl:allow wants a rule and a reason: -- dbctl:allow RULE why it is fine here")
            }
            directives.allowances.append(.init(rule: String(rule), reason: String(reason), line: note.line))
        case .lockTimeout:
            let timeout = try Self.timeout(value, name)
            guard timeout > .zero else {
                throw SpellingProblem("dbctl:lock-timeout 0s would wait without a limit; name one, as in 5s")
            }
            directives.lockTimeout = timeout
        case .statementTimeout: directives.statementTimeout = try Self.timeout(value, name)
        case .backfill:
            let target = try BackfillSpelling(value)
            directives.backfills.append(
                .init(
                    table: target.table, key: target.key, batch: target.batch, line: note.line,
                    statement: try statement(after: note)))
        }
    }

    private static func unknown(_ word: Substring) -> SpellingProblem {
        let names = Name.allCases.map(\.rawValue)
        guard let near = NearestName.of(String(word), among: names).first else {
            return SpellingProblem("there is no directive dbctl:\(word); there are \(names.joined(separator: ", "))")
        }
        return SpellingProblem("there is no directive dbctl:\(word); did you mean dbctl:\(near)?")
    }

    /// The server counts milliseconds in an `int`.
    private static func timeout(_ text: Substring, _ name: Name) throws(SpellingProblem) -> Duration {
        let timeout: Duration
        do throws(SpellingProblem) {
            timeout = try Duration(spelled: String(text))
        } catch {
            throw SpellingProblem("dbctl:\(name.rawValue) \(text): \(error.description)")
        }
        guard timeout <= .milliseconds(Int32.max) else {
            throw SpellingProblem("dbctl:\(name.rawValue) \(text): the server allows no more than 24d")
        }
        return timeout
    }

    private func statement(after note: FileNote) throws(SpellingProblem) -> Int {
        let isInside = statements.contains { $0.range.overlaps(note.range) }
        let next = statements.firstIndex { $0.range.lowerBound >= note.range.upperBound }
        guard !isInside, let next else {
            throw SpellingProblem("dbctl:backfill stands before the statement that it is for, on a line of its own")
        }
        if let other = directives.backfills.first(where: { $0.statement == next }) {
            throw SpellingProblem("the statement after this dbctl:backfill has one already, on line \(other.line)")
        }
        return next
    }
}
