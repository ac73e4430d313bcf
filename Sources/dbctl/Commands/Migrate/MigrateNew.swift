import ArgumentParser
import DBKit
import Foundation

/// `dbctl migrate new NAME`
struct MigrateNewCommand: Verb {
    static let schema = "dbctl.migrate.new/1"
    static let usesServer = false
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Begin a migration: an empty file with the next version, in the folder's own way of writing.",
        discussion: """
            Example: dbctl migrate new add_email_to_users
            The version is the time of day in UTC; where the folder counts (0001, 0002), the next number.
            Exit codes: 0 created, 64 bad command line, 65 a file of the folder cannot be read, 73 it exists already or \
            cannot be created, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(help: "What the migration does, in a few words.") var name: String
    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions

    func run(_ context: Context) async throws -> NewMigrationResult {
        let folder = try place.path(context)
        let isThere = FileManager.default.fileExists(atPath: folder)
        let known = try isThere ? place.folder(context) : MigrationFolder(files: [], dialect: place.dialect(context))
        let migration = try NewMigration(name, in: known, now: context.clock.now)
        let result = NewMigrationResult(
            dryRun: global.dryRun, version: migration.version, files: migration.files.map { "\(folder)/\($0.path)" })
        guard !global.dryRun else { return result }
        for file in migration.files { try write(file, to: "\(folder)/\(file.path)") }
        return result
    }

    private func write(_ file: NewMigration.File, to path: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
            try NewFile.write(file.content, to: path, mode: 0o644)
        } catch {
            let why = (error as? POSIXError)?.code == .EEXIST ? "it exists already" : error.localizedDescription
            throw Failure(.migrationNotCreated, "cannot create \(path): \(why)", hint: "choose another --dir or name")
        }
    }
}

/// The result of `dbctl migrate new`.
struct NewMigrationResult: CommandResult {
    let dryRun: Bool
    let version: String
    let files: [String]

    func human(_ style: Style) -> String {
        files.map { "\(dryRun ? "would create" : "created") \($0)" }.joined(separator: "\n")
    }
}

extension FailureCode {
    static let migrationNotCreated = FailureCode("migrate.not_created", .cannotCreate)
}
