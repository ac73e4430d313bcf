/// `V1__x.sql.conf`: what Flyway is to do otherwise with this one file.
struct FlywaySettings {
    private(set) var isOutsideTransaction = false
    private(set) var replacesPlaceholders = true

    private static let suffix = ".sql.conf"

    static func isSettings(_ file: MigrationFolder.File) -> Bool { file.path.hasSuffix(suffix) }

    static func checkOwner(_ file: MigrationFolder.File, _ reading: inout FolderReading) {
        guard reading.file(String(file.path.dropLast(".conf".count))) == nil else { return }
        reading.report(file.path, "there is no file to which these settings belong")
    }

    init(of file: MigrationFolder.File, _ reading: inout FolderReading) {
        guard let conf = reading.file(file.path + ".conf") else { return }
        let text = String(decoding: conf.bytes, as: UTF8.self)
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.trimmed
            guard let first = content.first, first != "#", first != "!" else { continue }
            let parts = content.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" || $0 == ":" }
            let name = parts[0].trimmed
            let value = parts.count > 1 ? parts[1].trimmed.lowercased() : ""
            switch (name, value) {
            case ("executeInTransaction", "true"), ("executeInTransaction", "false"):
                isOutsideTransaction = value == "false"
            case ("placeholderReplacement", "true"), ("placeholderReplacement", "false"):
                replacesPlaceholders = value == "true"
            case ("encoding", "utf-8"), ("encoding", "utf8"), ("shouldExecute", "true"): break
            default:
                reading.report(
                    conf.path, line: number + 1, "dbctl does not know what \(content) asks for",
                    hint: "it knows executeInTransaction and placeholderReplacement, true or false, and UTF-8")
            }
        }
    }
}

/// `beforeMigrate.sql` and the like, which Flyway runs of its own accord.
///
/// They are refused, not passed over: who wrote one relies on it.
enum FlywayCallback {
    private static let events: Set<String> = {
        var events: Set<String> = [
            "beforeEachMigrate", "beforeEachMigrateStatement", "afterEachMigrate", "afterEachMigrateStatement",
            "afterEachMigrateError", "afterEachMigrateStatementError", "beforeRepeatables", "beforeEachUndo",
            "afterEachUndo", "beforeEachUndoStatement", "afterEachUndoStatement", "afterEachUndoError",
            "afterEachUndoStatementError", "afterMigrateApplied", "afterVersioned", "createSchema", "beforeConnect",
            "afterConnect", "beforeCreateSchema",
        ]
        for verb in ["Migrate", "Undo", "Clean", "Info", "Validate", "Baseline", "Repair"] {
            events.formUnion(["before\(verb)", "after\(verb)", "after\(verb)Error", "after\(verb)OperationFinish"])
        }
        return events
    }()

    /// Nil for what is no callback.
    static func problem(_ file: MigrationFolder.File) -> FileProblem? {
        let stem = file.name.dropLast(".sql".count)
        let event = String(stem.firstRange(of: "__").map { stem[..<$0.lowerBound] } ?? stem)
        guard events.contains(event) else { return nil }
        let hint =
            switch event {
            case "beforeEachMigrate": "beforeEach.sql is what dbctl runs before each migration"
            case "afterMigrate", "afterMigrateApplied": "afterAll.sql is what dbctl runs after all migrations"
            default: "dbctl runs beforeEach.sql and afterAll.sql; move what is needed there"
            }
        return FileProblem(file.path, "a callback of Flyway's, which dbctl does not run", hint: hint)
    }
}

/// `${name}`, which Flyway replaces wherever it stands, in strings and bodies too.
struct FlywayPlaceholder {
    var text: String
    var line: Int

    /// Those outside of comments, where a value would change nothing.
    static func all(in script: SQLScript) -> [FlywayPlaceholder] {
        var found: [FlywayPlaceholder] = []
        for statement in script.statements {
            // A placeholder may span tokens, so that its bytes are looked at, and comments are passed over.
            var comments = statement.tokens.filter { $0.kind == .comment }[...]
            var place = statement.range.lowerBound
            while place < statement.range.upperBound {
                if let comment = comments.first, comment.range.lowerBound == place {
                    place = comment.range.upperBound
                    comments.removeFirst()
                    continue
                }
                if let text = placeholder(script, at: place, until: statement.range.upperBound) {
                    found.append(.init(text: text, line: line(of: place, in: script, from: statement)))
                }
                place += 1
            }
            guard let rows = statement.rows else { continue }
            for place in rows {
                guard let text = placeholder(script, at: place, until: rows.upperBound) else { continue }
                found.append(.init(text: text, line: line(of: place, in: script, from: statement)))
            }
        }
        return found
    }

    private static func placeholder(_ script: SQLScript, at place: Int, until end: Int) -> String? {
        let bytes = script.bytes
        guard bytes[place] == .dollar, place + 1 < end, bytes[place + 1] == UInt8(ascii: "{") else { return nil }
        let rest = bytes[(place + 2)..<end]
        guard let close = rest.firstIndex(where: { $0 == UInt8(ascii: "}") || $0 == .newline }),
            bytes[close] != .newline, close > place + 2
        else { return nil }
        return script.text(place..<(close + 1))
    }

    private static func line(of place: Int, in script: SQLScript, from statement: SQLStatement) -> Int {
        let before = script.bytes[statement.range.lowerBound..<place]
        var line = statement.line
        for (index, byte) in zip(before.indices, before) {
            if byte == .newline || byte == .carriageReturn && script.bytes[index + 1] != .newline { line += 1 }
        }
        return line
    }
}
