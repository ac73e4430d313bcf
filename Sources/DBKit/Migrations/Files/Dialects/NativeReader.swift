/// dbctl's own files, and dbmate's: `<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down`.
enum NativeReader: DialectReader {
    static func migrations(_ reading: inout FolderReading) -> [Migration] {
        var migrations: [Migration] = []
        for file in reading.migrationFiles {
            let stem = file.path.dropLast(".sql".count)
            if stem.hasPrefix("R__") {
                if let migration = repeatable(file, &reading) { migrations.append(migration) }
                continue
            }
            do throws(FileProblem) {
                let name = try NumberedName(stem, of: file.path)
                guard let sections = sections(file, &reading) else { continue }
                migrations.append(
                    Migration(
                        identity: .versioned(name.version), name: name.name, dialect: reading.dialect,
                        source: MigrationText(file.bytes), up: sections.up, down: sections.down))
            } catch {
                reading.report(error)
            }
        }
        return migrations
    }

    /// Its whole text is run; a marker `up` above it is allowed, for those who are used to one.
    private static func repeatable(_ file: MigrationFolder.File, _ reading: inout FolderReading) -> Migration? {
        guard let section = reading.wholeFile(file) else { return nil }
        return Migration(
            identity: .repeatable, name: String(file.path.dropFirst("R__".count).dropLast(".sql".count)),
            dialect: reading.dialect, source: MigrationText(file.bytes), up: section)
    }

    private static func sections(
        _ file: MigrationFolder.File, _ reading: inout FolderReading
    ) -> (up: MigrationSection, down: MigrationSection?)? {
        guard let source = reading.source(file) else { return nil }
        reading.reportForeignMarkers(source)
        var statements: [Direction: [SQLStatement]] = [:]
        var markers: [Direction: FileNote] = [:]
        var current: Direction?
        for piece in source.script.pieces {
            switch piece.kind {
            case .marker:
                guard let note = source.note(at: piece.range.lowerBound), case .native(let direction, _) = note.kind
                else { continue }
                reportOrder(note, direction, markers, source, &reading)
                markers[direction] = markers[direction] ?? note
                current = direction
            case .statement(let statement):
                guard let current else {
                    reading.report(
                        file.path, line: piece.line, "a statement stands before -- migrate:up",
                        hint: "put -- migrate:up on a line of its own above the first statement")
                    return nil
                }
                statements[current, default: []].append(statement)
            case .between, .rows: break
            }
        }
        reportMisspelt(source, &reading)
        guard let upMarker = markers[.up] else {
            reading.report(
                file.path, "there is no -- migrate:up",
                hint: "put -- migrate:up on a line of its own above what applies the migration")
            return nil
        }
        let border = markers[.down]?.range.lowerBound ?? file.bytes.count
        var up = reading.section(source, statements[.up] ?? [], source.notes.filter { $0.range.lowerBound < border })
        setOptions(upMarker, &up, &reading)
        guard let downMarker = markers[.down] else { return (up, nil) }
        var down = reading.section(
            source, statements[.down] ?? [], source.notes.filter { $0.range.lowerBound >= border })
        setOptions(downMarker, &down, &reading)
        return (up, down)
    }

    private static func reportOrder(
        _ note: FileNote, _ direction: Direction, _ markers: [Direction: FileNote], _ source: SourceFile,
        _ reading: inout FolderReading
    ) {
        if let first = markers[direction] {
            reading.report(
                source.path, line: note.line,
                "a second -- migrate:\(direction.rawValue); the first is on line \(first.line)",
                hint: "give the second part a file and a version of its own")
        } else if direction == .up, let down = markers[.down] {
            reading.report(
                source.path, line: note.line, "-- migrate:up comes after -- migrate:down on line \(down.line)")
        }
    }

    /// What was meant as a marker and would be passed over as a comment, so that `down` would run with `up`.
    private static func reportMisspelt(_ source: SourceFile, _ reading: inout FolderReading) {
        for note in source.notes {
            switch note.kind {
            case .native(let direction, _) where !note.beginsLine:
                reading.report(
                    source.path, line: note.line, "-- migrate:\(direction.rawValue) does not begin its line",
                    hint: "put it on a line of its own, without blanks before it")
            case .nativeUnknown(let word):
                let near = word.lowercased().hasPrefix("u") ? "up" : "down"
                reading.report(
                    source.path, line: note.line, "there is no -- migrate:\(word); did you mean -- migrate:\(near)?")
            default: break
            }
        }
    }

    private static func setOptions(
        _ marker: FileNote, _ section: inout MigrationSection, _ reading: inout FolderReading
    ) {
        guard case .native(let direction, let options) = marker.kind else { return }
        for option in options {
            switch option {
            case "transaction:false": section.directives.isOutsideTransaction = true
            case "transaction:true": break
            default:
                reading.report(
                    section.path, line: marker.line,
                    "-- migrate:\(direction.rawValue) knows no option \(option); did you mean transaction:false?")
            }
        }
    }
}
