import DBKit
import Testing

/// A folder of migrations in a test: files as text, and what came of them as text.
enum FolderText {
    static func folder(_ files: [String: String], _ dialect: Dialect? = nil) throws(Failure) -> MigrationFolder {
        try MigrationFolder(files: files.map { .init(path: $0.key, bytes: Array($0.value.utf8)) }, dialect: dialect)
    }

    /// A line a section: `7 users up: SELECT 1; SELECT 2`.
    static func summary(_ folder: MigrationFolder) -> [String] {
        var lines = [folder.dialect.rawValue]
        for migration in folder.versioned + folder.repeatables {
            lines.append("\(migration.label) up: \(summary(migration.up))")
            if let down = migration.down { lines.append("\(migration.label) down: \(summary(down))") }
        }
        if let section = folder.beforeEach { lines.append("beforeEach: \(summary(section))") }
        if let section = folder.afterAll { lines.append("afterAll: \(summary(section))") }
        return lines
    }

    static func summary(_ section: MigrationSection) -> String {
        let statements = section.statements.map { section.text($0) }.joined(separator: "; ")
        return (section.directives.isOutsideTransaction ? "outside " : "") + statements
    }

    /// All that is wrong with the files, the message first, each as `file:line: what`.
    static func problems(_ files: [String: String], _ dialect: Dialect? = nil) -> [String] {
        problems(files.map { .init(path: $0.key, bytes: Array($0.value.utf8)) }, dialect)
    }

    static func problems(_ files: [MigrationFolder.File], _ dialect: Dialect? = nil) -> [String] {
        do throws(Failure) {
            _ = try MigrationFolder(files: files, dialect: dialect)
            return []
        } catch {
            #expect(error.category == .data)
            return [error.message] + (error.detail?.split(separator: "\n").map(String.init) ?? [])
        }
    }
}
