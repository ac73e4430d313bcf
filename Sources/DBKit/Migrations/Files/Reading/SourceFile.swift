/// An SQL file of the folder, cut into statements, with the comments that are meant for a migration tool.
struct SourceFile {
    let path: String
    let script: SQLScript
    /// In the order of the file. Whatever looks like one inside of a string, a body or a comment is none.
    let notes: [FileNote]

    /// All statements of the file.
    var statements: [SQLStatement] { script.statements }

    func note(at position: Int) -> FileNote? {
        notes.first { $0.range.lowerBound == position }
    }
}

extension SourceFile {
    /// A file that was read as far as it can be: one that is no SQL may still say whose it is.
    struct Scan {
        var notes: [FileNote]
        var script: Result<SQLScript, FileProblem>
        var path: String

        init(_ file: MigrationFolder.File) {
            path = file.path
            notes = []
            let bytes = file.bytes
            if let problem = Self.encodingProblem(file) {
                script = .failure(problem)
                return
            }
            var found: [FileNote] = []
            do throws(SQLScriptError) {
                let text = try SQLScript(bytes) { comment in
                    guard let note = FileNote(comment, in: bytes) else { return false }
                    found.append(note)
                    return note.isMarker
                }
                script = .success(text)
            } catch {
                script = .failure(FileProblem(file.path, line: error.line, error.message))
            }
            notes = Self.numbered(found, bytes)
        }

        /// PostgreSQL's own texts are in the client's encoding, and ours is UTF-8.
        private static func encodingProblem(_ file: MigrationFolder.File) -> FileProblem? {
            if file.bytes.starts(with: [0xFF, 0xFE]) || file.bytes.starts(with: [0xFE, 0xFF]) {
                return FileProblem(
                    file.path, line: 1, "the file is UTF-16, not UTF-8",
                    hint: "convert it: iconv -f UTF-16 -t UTF-8 FILE")
            }
            guard String(validating: file.bytes, as: UTF8.self) == nil else { return nulProblem(file) }
            let lines = file.bytes.split(separator: .newline, omittingEmptySubsequences: false)
            let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            return FileProblem(
                file.path, line: line + 1, "the file is not UTF-8",
                hint: "find out what it is with file(1), then convert it: iconv -f LATIN1 -t UTF-8 FILE")
        }

        /// UTF-8 allows for it, libpq and the server end the text there: what follows would never be run.
        private static func nulProblem(_ file: MigrationFolder.File) -> FileProblem? {
            guard let place = file.bytes.firstIndex(of: 0) else { return nil }
            return FileProblem(
                file.path, line: 1 + file.bytes[..<place].count { $0 == .newline },
                "the file has a NUL byte, which no text of PostgreSQL can hold",
                hint: "take it out: tr -d '\\000' <FILE; or, where the file is UTF-16, iconv -f UTF-16LE -t UTF-8 FILE")
        }

        private static func numbered(_ notes: [FileNote], _ bytes: [UInt8]) -> [FileNote] {
            var (line, position) = (1, 0)
            return notes.map { note in
                while position < note.range.lowerBound {
                    let byte = bytes[position]
                    position += 1
                    if byte == .newline || byte == .carriageReturn && bytes[position] != .newline { line += 1 }
                }
                var note = note
                note.line = line
                return note
            }
        }
    }
}
