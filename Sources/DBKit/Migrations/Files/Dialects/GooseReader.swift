import Operations

/// goose: `<version>_<name>.sql` with `-- +goose Up` and `-- +goose Down`.
///
/// `StatementBegin` and `StatementEnd` tell goose what dbctl's lexer sees by itself; they are only checked.
enum GooseReader: DialectReader {
    static func migrations(_ reading: inout FolderReading) -> [Migration] {
        for file in reading.files where isGoMigration(file) {
            reading.report(file.path, "a migration written in Go, which only goose itself can run")
        }
        return reading.migrationFiles.compactMap { file in
            do throws(FileProblem) {
                let name = try NumberedName(file.path.dropLast(".sql".count), of: file.path)
                guard let sections = sections(file, &reading) else { return nil }
                return Migration(
                    identity: .versioned(name.version), name: name.name, dialect: .goose,
                    source: MigrationText(file.bytes), up: sections.up, down: sections.down)
            } catch {
                reading.report(error)
                return nil
            }
        }
    }

    static func isGoMigration(_ file: MigrationFolder.File) -> Bool {
        file.isTop && file.path.hasSuffix(".go") && !file.path.hasSuffix("_test.go")
            && file.path.first?.isNumber == true && file.path.contains("_")
    }

    private static func sections(
        _ file: MigrationFolder.File, _ reading: inout FolderReading
    ) -> (up: MigrationSection, down: MigrationSection?)? {
        guard let source = reading.source(file) else { return nil }
        reading.reportForeignMarkers(source)
        var cut = Cut(source: source)
        cut.read()
        for problem in cut.problems { reading.report(problem) }
        guard cut.hasUp else { return nil }
        let border = cut.downMarker?.range.lowerBound ?? file.bytes.count
        var up = reading.section(source, cut.up, source.notes.filter { $0.range.lowerBound < border })
        var down = cut.downMarker.map { _ in
            reading.section(source, cut.down, source.notes.filter { $0.range.lowerBound >= border })
        }
        // goose has one for the whole file.
        if cut.isOutsideTransaction {
            up.directives.isOutsideTransaction = true
            down?.directives.isOutsideTransaction = true
        }
        return (up, down)
    }

    /// A file on its way through goose's markers.
    private struct Cut {
        let source: SourceFile
        var up: [SQLStatement] = []
        var down: [SQLStatement] = []
        var hasUp = false
        var downMarker: FileNote?
        var isOutsideTransaction = false
        var problems: [FileProblem] = []
        /// Line of the StatementBegin that waits for its end.
        private var blockLine: Int?

        init(source: SourceFile) {
            self.source = source
        }

        mutating func read() {
            for note in source.notes { reportMisspelt(note) }
            for piece in source.script.pieces {
                switch piece.kind {
                case .marker:
                    guard let note = source.note(at: piece.range.lowerBound), case .goose(let annotation) = note.kind
                    else { continue }
                    enter(annotation, note)
                case .statement(let statement):
                    guard hasUp else {
                        return report(
                            piece.line, "a statement stands before -- +goose Up",
                            hint: "put -- +goose Up on a line of its own above the first statement")
                    }
                    if downMarker == nil { up.append(statement) } else { down.append(statement) }
                case .between, .rows: break
                }
            }
            if let blockLine { report(blockLine, "-- +goose StatementBegin has no StatementEnd") }
            if !hasUp {
                problems.append(
                    FileProblem(
                        source.path, "there is no -- +goose Up",
                        hint: "put -- +goose Up on a line of its own above what applies the migration"))
            }
        }

        private mutating func enter(_ annotation: GooseAnnotation, _ note: FileNote) {
            switch annotation {
            case .up, .down:
                if let blockLine {
                    report(note.line, "the StatementBegin on line \(blockLine) has no StatementEnd before this")
                    self.blockLine = nil
                }
                if annotation == .down, !hasUp { report(note.line, "-- +goose Down comes before -- +goose Up") }
                if annotation == .up ? hasUp : downMarker != nil {
                    report(note.line, "a second -- +goose \(annotation.rawValue)")
                }
                if annotation == .up { hasUp = true } else { downMarker = downMarker ?? note }
            case .statementBegin:
                if let blockLine { report(note.line, "a StatementBegin inside of the one on line \(blockLine)") }
                blockLine = note.line
            case .statementEnd:
                if blockLine == nil { report(note.line, "a StatementEnd without its StatementBegin") }
                blockLine = nil
            case .noTransaction: isOutsideTransaction = true
            case .substitutionOn:
                report(
                    note.line, "ENVSUB ON: what the file does would depend on the environment of whoever runs it",
                    hint: "write the values into the file, and take ENVSUB out")
            case .substitutionOff: break
            }
        }

        /// goose refuses these as well.
        private mutating func reportMisspelt(_ note: FileNote) {
            switch note.kind {
            case .goose(let annotation) where !note.beginsLine:
                report(
                    note.line, "-- +goose \(annotation.rawValue) does not begin its line",
                    hint: "put it on a line of its own, without blanks before it")
            case .gooseUnknown(let text):
                let names = GooseAnnotation.allCases.map(\.rawValue)
                let near = NearestName.of(String(text), among: names).first.map { "did you mean \($0)?" }
                report(
                    note.line, "there is no -- +goose \(text); \(near ?? "there are \(names.joined(separator: ", "))")")
            default: break
            }
        }

        private mutating func report(_ line: Int, _ message: String, hint: String? = nil) {
            problems.append(FileProblem(source.path, line: line, message, hint: hint))
        }
    }
}
