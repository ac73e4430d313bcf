import ArgumentParser
import DBKit

/// Which archive is restored: a set of the repository, or any folder.
struct RestoreSourceOptions: ParsableArguments, Sendable {
    @OptionGroup var choice: SetOptions

    @Argument(
        help: ArgumentHelp("Name, unique prefix, or path of the set's folder.", valueName: "set"),
        completion: .backupSet)
    var set: String?

    @Flag(help: "The newest set.")
    var latest = false

    @Option(
        help: ArgumentHelp("Folder of one archive: a set, or what pg_dump -Fd wrote.", valueName: "dir"),
        completion: .directory)
    var from: String?

    @Flag(help: "Take a set whose manifest is missing for a plain archive, without its checksums.")
    var foreign = false

    func validate() throws {
        guard [set != nil, latest, from != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("name one set, or give --latest or --from")
        }
    }

    /// The archive's folder, and the set that it is where it lies in a repository.
    ///
    /// - Parameter target: the database of `--into`.
    func resolve(_ context: Context, for target: String) throws(Failure) -> (folder: String, set: FoundSet?) {
        if let from { return (from, nil) }
        if let set {
            let found = try choice.find(set, context)
            return (found.folder, found)
        }
        let found = try choice.latest(context, for: target)
        return (found.folder, found)
    }
}
