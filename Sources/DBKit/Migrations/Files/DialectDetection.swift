/// Finds out whose a folder is, from the names of its files and the markers in them.
struct DialectDetection {
    /// What speaks for which; the first sign of each is enough to say.
    private var signs: [Dialect: String] = [:]
    private var hasPairs = false
    /// Files that only their number makes migrations.
    private var plain: String?
    private var hasDirectives = false

    init(_ files: [MigrationFolder.File], _ scans: inout [String: SourceFile.Scan]) {
        for file in files {
            read(file, &scans)
        }
        settlePairsAndPlain()
    }

    /// The dialect; an empty folder is dbctl's own.
    ///
    /// - Throws: what speaks for which, where it is more than one.
    func dialect() throws(FileProblem) -> Dialect {
        guard signs.count < 2 else {
            let found = Dialect.allCases.compactMap { dialect in signs[dialect].map { "\(dialect.rawValue) (\($0))" } }
            throw FileProblem(
                "", "whose migrations these are is not clear: " + found.joined(separator: ", "),
                hint: "name the tool with --dialect NAME, or give each its own folder", code: .migrationDialect)
        }
        return signs.keys.first ?? .dbctl
    }

    private mutating func add(_ dialect: Dialect, _ sign: String) {
        signs[dialect] = signs[dialect] ?? sign
    }

    private mutating func read(_ file: MigrationFolder.File, _ scans: inout [String: SourceFile.Scan]) {
        let name = file.name
        if file.path == SqitchReader.planName { return add(.sqitch, "there is \(file.path)") }
        if file.path == PrismaReader.lockName { return add(.prisma, "there is \(file.path)") }
        let depth = file.path.count { $0 == "/" }
        if depth == 1, name == PrismaReader.scriptName, file.path.first?.isNumber == true {
            return add(.prisma, "there is \(file.path)")
        }
        if GooseReader.isGoMigration(file) { return add(.goose, "there is \(file.path)") }
        if name.hasSuffix(".sql") || name.hasSuffix(".java"), let flyway = FlywayName(file) {
            // R__ is dbctl's own as well.
            if case .repeatable = flyway.kind { return }
            return add(.flyway, "there is \(file.path)")
        }
        guard file.isTop, name.hasSuffix(".sql"), !MigrationFolder.otherNames.contains(file.path),
            name.first?.isASCII == true, name.first?.isNumber == true
        else { return }
        let scan = SourceFile.Scan(file)
        scans[file.path] = scan
        readContent(file, scan)
    }

    private mutating func readContent(_ file: MigrationFolder.File, _ scan: SourceFile.Scan) {
        var isMarked = false
        for note in scan.notes {
            switch note.kind {
            case .native, .nativeUnknown:
                add(.dbctl, "\(file.path) has -- migrate:up or down")
                isMarked = true
            case .goose:
                add(.goose, "\(file.path) has -- +goose")
                isMarked = true
            case .gooseUnknown: break
            case .directive: hasDirectives = true
            }
        }
        if Direction.suffix(of: String(file.path.dropLast(".sql".count))) != nil {
            hasPairs = true
            if SqlxReader.beginsOutsideTransaction(file) {
                return add(.sqlx, "\(file.path) begins with -- no-transaction")
            }
            if signs[.sqlx] == nil { pairSign = pairSign ?? "there is \(file.path)" }
        } else if !isMarked {
            plain = plain ?? file.path
        }
    }

    private var pairSign: String?

    /// golang-migrate and sqlx name pairs alike and read them alike; only sqlx has files without a direction too.
    private mutating func settlePairsAndPlain() {
        if let plain, signs[.dbctl] == nil, signs[.goose] == nil {
            // A directive without any marker: the marker was forgotten, and dbctl's own reader says so.
            if hasDirectives, !hasPairs {
                add(.dbctl, "\(plain) has -- dbctl:")
            } else {
                add(.sqlx, "\(plain) has neither markers nor a direction in its name")
            }
        }
        if let pairSign, signs[.sqlx] == nil { add(.golangMigrate, pairSign) }
    }
}
