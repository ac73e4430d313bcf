import ArgumentParser
import DBKit

/// `dbctl backup pin`
struct BackupPinCommand: Verb {
    static let schema = "dbctl.backup.pin/1"
    static let usesServer = false
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Keep a backup set, whatever the retention policy says.",
        discussion: """
            Example: dbctl backup pin 20260131T0200 --repo /var/backups/dbctl
            The pin lies beside the set, which is not touched. Pinning twice is as good as once.
            Exit codes: 0 pinned, 64 bad command line or an ambiguous name, 65 the note beside the set is damaged, 66 \
            no such set, 73 no space, 74 I/O, 75 the note is being changed, 77 the repository may not be written, 78 \
            no repository configured, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var choice: SetOptions

    @Argument(
        help: ArgumentHelp("Name, unique prefix, or path of the set's folder.", valueName: "set"),
        completion: .backupSet)
    var set: String

    func run(_ context: Context) async throws -> SetPin {
        try SetPin.set(choice.find(set, context), pinned: true, dryRun: global.dryRun)
    }
}
