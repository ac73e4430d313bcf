/// The files of a folder while a dialect's reader makes migrations of them. What is wrong is gathered, not thrown.
struct FolderReading {
    let dialect: Dialect
    /// Without hidden files; sorted by path.
    let files: [MigrationFolder.File]
    private(set) var problems: [FileProblem] = []
    private var scans: [String: SourceFile.Scan]
    private let places: [String: Int]

    init(_ files: [MigrationFolder.File], dialect: Dialect, scans: [String: SourceFile.Scan] = [:]) {
        self.files = files
        self.dialect = dialect
        self.scans = scans
        places = Dictionary(files.enumerated().map { ($0.element.path, $0.offset) }) { first, _ in first }
    }

    mutating func report(_ problem: FileProblem) {
        problems.append(problem)
    }

    mutating func report(_ path: String, line: Int? = nil, _ message: String, hint: String? = nil) {
        problems.append(FileProblem(path, line: line, message, hint: hint))
    }

    func file(_ path: String) -> MigrationFolder.File? {
        places[path].map { files[$0] }
    }

    /// The file, cut into statements; nil when it is none of SQL, which is reported.
    mutating func source(_ file: MigrationFolder.File) -> SourceFile? {
        let scan = scans[file.path] ?? SourceFile.Scan(file)
        scans[file.path] = scan
        switch scan.script {
        case .success(let script): return SourceFile(path: file.path, script: script, notes: scan.notes)
        case .failure(let problem):
            report(problem)
            return nil
        }
    }

    /// Files at the top of the folder that should be migrations: all of SQL but hooks and what dbctl itself dumps.
    var migrationFiles: [MigrationFolder.File] {
        files.filter { $0.isTop && $0.path.hasSuffix(".sql") && !MigrationFolder.otherNames.contains($0.path) }
    }

    /// A section that is a whole file.
    mutating func wholeFile(_ file: MigrationFolder.File) -> MigrationSection? {
        guard let source = source(file) else { return nil }
        if let problem = foreignMarker(source) {
            report(problem)
        } else if let note = source.notes.first(where: { $0.isMarker && $0.beginsDown }) {
            report(source.path, line: note.line, "this file is run as a whole and has no down section")
        }
        return section(source, source.statements, source.notes)
    }

    /// Some statements of a file with the directives among them.
    mutating func section(_ source: SourceFile, _ statements: [SQLStatement], _ notes: [FileNote]) -> MigrationSection {
        var reader = DirectiveReader(source: source, statements: statements)
        reader.read(notes)
        problems += reader.problems
        return MigrationSection(
            path: source.path, script: source.script, statements: statements, directives: reader.directives)
    }

    /// A file with another tool's markers, run as a whole, would do and undo at once.
    mutating func reportForeignMarkers(_ source: SourceFile) {
        if let problem = foreignMarker(source) { report(problem) }
    }

    private func foreignMarker(_ source: SourceFile) -> FileProblem? {
        for note in source.notes where note.isMarker {
            let owner: Dialect
            switch note.kind {
            case .native where dialect != .dbctl && dialect != .dbmate: owner = .dbctl
            case .goose where dialect != .goose: owner = .goose
            default: continue
            }
            return FileProblem(
                source.path, line: note.line, "a marker of \(owner.rawValue) in a folder of \(dialect.rawValue)",
                hint: "read the folder with --dialect \(owner.rawValue), or take the marker out")
        }
        return nil
    }
}

extension MigrationFolder.File {
    var isTop: Bool { !path.contains("/") }

    /// The last part of the path.
    var name: Substring { path.split(separator: "/").last ?? "" }
}

extension MigrationFolder {
    static let beforeEachName = "beforeEach.sql"
    static let afterAllName = "afterAll.sql"
    /// What `dbctl migrate dump` writes.
    static let dumpName = "schema.sql"
    static let otherNames: Set<String> = [beforeEachName, afterAllName, dumpName]
}
