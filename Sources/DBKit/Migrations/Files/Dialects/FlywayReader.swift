/// Flyway: `V<version>__<description>.sql`, `U…` that undoes it, `R__<description>.sql`, in subfolders too, and
/// `<file>.sql.conf` beside them.
enum FlywayReader: DialectReader {
    static func migrations(_ reading: inout FolderReading) -> [Migration] {
        var pairs = PairedFiles()
        var repeatables: [Migration] = []
        for file in reading.files {
            switch file.path {
            case _ where file.isTop && MigrationFolder.otherNames.contains(file.path): continue
            case _ where FlywaySettings.isSettings(file): FlywaySettings.checkOwner(file, &reading)
            case _ where file.path.hasSuffix(".java") && FlywayName(file) != nil:
                reading.report(file.path, "a migration written in Java, which only Flyway itself can run")
            case _ where file.path.hasSuffix(".sql"): add(file, &pairs, &repeatables, &reading)
            default: continue
            }
        }
        return pairs.migrations(&reading) { section($0.file, &$1) } + repeatables
    }

    private static func add(
        _ file: MigrationFolder.File, _ pairs: inout PairedFiles, _ repeatables: inout [Migration],
        _ reading: inout FolderReading
    ) {
        if let problem = FlywayCallback.problem(file) { return reading.report(problem) }
        guard let name = FlywayName(file) else {
            return reading.report(
                file.path, "no name of Flyway's",
                hint: "V<version>__<description>.sql, as in V1.2__add_users.sql; other files belong elsewhere")
        }
        switch name.kind {
        case .versioned(let version, let direction):
            pairs.add(.init(version: version, name: name.description, file: file), direction, &reading)
        case .repeatable:
            guard let section = section(file, &reading) else { return }
            repeatables.append(
                Migration(
                    identity: .repeatable, name: name.description, dialect: .flyway,
                    source: MigrationText(file.bytes), up: section))
        case .baseline:
            reading.report(
                file.path, "a baseline of Flyway's, which stands for all versions up to its own",
                hint: "let Flyway run it, then adopt its history; or name it V… in a new folder")
        }
    }

    private static func section(_ file: MigrationFolder.File, _ reading: inout FolderReading) -> MigrationSection? {
        guard var section = reading.wholeFile(file) else { return nil }
        let settings = FlywaySettings(of: file, &reading)
        if settings.isOutsideTransaction { section.directives.isOutsideTransaction = true }
        if settings.replacesPlaceholders {
            FlywayPlaceholder.all(in: section.script).forEach { place in
                reading.report(
                    file.path, line: place.line, "\(place.text) is a placeholder, whose value only Flyway knows",
                    hint: "write the value, or, where it is meant as it stands, placeholderReplacement=false in "
                        + "\(file.path).conf")
            }
        }
        return section
    }
}

/// The name of one of Flyway's files, in its own words.
struct FlywayName {
    enum Kind {
        case versioned(MigrationVersion, Direction)
        case repeatable
        case baseline
    }

    let kind: Kind
    /// With blanks for underscores, as Flyway's history has it.
    let description: String

    /// Nil for what Flyway itself would pass over.
    init?(_ file: MigrationFolder.File) {
        guard let dot = file.name.lastIndex(of: "."), let prefix = file.name.first else { return nil }
        let stem = file.name[..<dot].dropFirst()
        let separator = stem.firstRange(of: "__")
        let version = stem[..<(separator?.lowerBound ?? stem.endIndex)]
        description = String(separator.map { stem[$0.upperBound...] } ?? "").replacing("_", with: " ")
        switch prefix {
        case "R" where version.isEmpty && separator != nil: kind = .repeatable
        case "V", "U", "B":
            guard let number = MigrationVersion(String(version).replacing("_", with: ".")) else { return nil }
            kind = prefix == "B" ? .baseline : .versioned(number, prefix == "V" ? .up : .down)
        default: return nil
        }
    }
}
