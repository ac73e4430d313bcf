import ArgumentParser
import DBKit
import Logging

/// Where the backup sets are kept.
struct RepositoryOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp("Folder of the repository (default: backup.repo of dbctl.yaml).", valueName: "dir"),
        completion: .directory)
    var repo: String?

    func repository(_ context: Context) throws(Failure) -> any Repository {
        try open(context.required(.backupRepo, flag: repo, option: "--repo"))
    }

    /// Nil when none is configured: a set may be named by its path alone.
    func repositoryIfConfigured(_ context: Context) throws(Failure) -> (any Repository)? {
        guard let place = try context.setting(.backupRepo, flag: repo) else { return nil }
        return try open(place)
    }

    private func open(_ place: String) throws(Failure) -> any Repository {
        guard !place.isEmpty else {
            throw Failure(.usage, "the repository has no name", hint: "give --repo a folder")
        }
        guard !place.contains("://") else {
            throw Failure(.usage, "\(place) is no folder: this dbctl keeps backups in folders only")
        }
        return LocalRepository(place)
    }
}

/// Which set is meant: by name, or the newest.
struct SetOptions: ParsableArguments, Sendable {
    @OptionGroup var place: RepositoryOptions

    @Option(
        help: ArgumentHelp("The database whose sets are meant.", valueName: "dbname"), completion: .databaseOfSets)
    var database: String?

    func find(_ name: String, _ context: Context) throws(Failure) -> FoundSet {
        try SetCatalog.resolve(name, in: place.repositoryIfConfigured(context), database: database)
    }

    /// `--database`, else the URL's where the repository has sets of it, else the only one.
    ///
    /// - Parameter target: the database that it is restored into.
    func latest(_ context: Context, for target: String? = nil) throws(Failure) -> FoundSet {
        let found = try SetCatalog.latest(
            in: place.repository(context), database: database, likely: try urlDatabase(context), rival: target,
            now: context.clock.now)
        for path in found.passedOver {
            context.log.warning(
                "\(path) lies in the future of this machine's clock and is not taken for the newest; name it to use it")
        }
        return found.set
    }

    /// No server is needed to find a set, so an unusable URL of the environment is no failure here; one that the
    /// command line names is.
    private func urlDatabase(_ context: Context) throws(Failure) -> String? {
        do throws(Failure) {
            return try context.connectionParameters().database()
        } catch {
            guard context.options.databaseURL == nil, context.targetName == nil else { throw error }
            return nil
        }
    }
}

extension ConnectionParameters {
    fileprivate func database() throws(Failure) -> String? {
        do throws(PostgresError) {
            return try resolved().first { $0.keyword == "dbname" }?.value
        } catch {
            throw Failure(error)
        }
    }
}
