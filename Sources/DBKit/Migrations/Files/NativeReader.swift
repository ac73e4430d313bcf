import Operations

/// `<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down`.
enum NativeReader {
    static func migration(_ file: MigrationFolder.File) throws(Failure) -> Migration {
        let stem = file.path.dropLast(".sql".count)
        let digits = stem.prefix { $0.isASCII && $0.isNumber }
        guard let version = MigrationVersion(String(digits)) else {
            throw Failure(.migrationFile, "\(file.path): the name does not begin with a version")
        }
        let name = String(stem.dropFirst(digits.count).drop { $0 == "_" || $0 == "-" })
        let script: SQLScript
        do {
            script = try SQLScript(file.bytes) { mark(String(decoding: $0, as: UTF8.self)) != nil }
        } catch {
            throw Failure(.migrationFile, "\(file.path):\(error.line): \(error.message)")
        }
        var sections: [String: [SQLStatement]] = [:]
        var current: String?
        for piece in script.pieces {
            switch piece.kind {
            case .marker:
                current = mark(script.text(piece.range))
                sections[current ?? "", default: []] += []
            case .statement(let statement):
                guard let current else {
                    throw Failure(.migrationFile, "\(file.path):\(piece.line): a statement before -- migrate:up")
                }
                sections[current, default: []].append(statement)
            default: break
            }
        }
        func section(_ name: String) -> MigrationSection? {
            sections[name].map { MigrationSection(path: file.path, script: script, statements: $0) }
        }
        guard let up = section("up") else { throw Failure(.migrationFile, "\(file.path): no -- migrate:up") }
        return Migration(
            identity: .versioned(version), name: name, dialect: .dbctl, source: MigrationText(file.bytes), up: up,
            down: section("down"))
    }

    private static func mark(_ comment: String) -> String? {
        for name in ["up", "down"] where comment.hasPrefix("-- migrate:\(name)") { return name }
        return nil
    }
}
