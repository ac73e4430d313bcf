import ArgumentParser
import DBKit

/// `dbctl backup show`
struct BackupShowCommand: Verb {
    static let schema = "dbctl.backup.show/1"
    static let usesServer = false
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a backup set holds, and what is known of it.",
        discussion: """
            Example: dbctl backup show 20260131T0200 --repo /var/backups/dbctl
            Exit codes: 0 shown, 64 bad command line or an ambiguous name, 65 its manifest is damaged, 66 no such set, \
            74 I/O, 77 the repository may not be read, 78 no repository configured, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var choice: SetOptions

    @Argument(
        help: ArgumentHelp("Name, unique prefix, or path of the set's folder.", valueName: "set"),
        completion: .backupSet)
    var set: String

    func run(_ context: Context) async throws -> SetDetails {
        try SetDetails(choice.find(set, context))
    }
}
