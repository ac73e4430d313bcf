import ArgumentParser
import DBKit

/// `dbctl backup list`
struct BackupListCommand: Verb {
    static let schema = "dbctl.backup.list/1"
    static let usesServer = false
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the backup sets of a repository, the newest first.",
        discussion: """
            Example: dbctl backup list --repo /var/backups/dbctl
            Exit codes: 0 listed, 64 bad command line, 66 no such repository, 74 I/O, 77 the repository may not be \
            read, 78 no repository configured, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: RepositoryOptions

    @Option(
        help: ArgumentHelp("Only sets of this database.", valueName: "dbname"), completion: .databaseOfSets)
    var database: String?

    func run(_ context: Context) async throws -> SetListing {
        try SetListing.read(place.repository(context), database: database)
    }
}
