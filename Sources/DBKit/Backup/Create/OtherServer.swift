import Operations
import Postgres
import Storage

/// Keeps the sets of two servers apart whose databases have the same name: in one folder each would be the other's history,
/// `--latest` would mean either, and retention would delete the last good set of the one that is backed up less often.
enum OtherServer {
    /// Nil for a role that may not ask.
    static func identifier(of session: Session) throws -> String? {
        let mayAsk: Bool = try session.row(
            "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may"
        ).value("may")
        return mayAsk
            ? try session.row(Query(embedded: PackageResources.system_identifier_sql)).value("identifier") : nil
    }

    /// The newest set decides; one of an older dbctl does not say whose it is.
    ///
    /// - Throws: `backup.other_server`
    static func refuse(_ database: String, of identifier: String?, in repository: any Repository) throws(Failure) {
        guard let identifier, let newest = try SetCatalog(repository).sets(of: database).first,
            let known =
                (try? SetVerification(folder: FoundSet(repository: repository, path: newest).folder).manifest())?
                .systemIdentifier, known != identifier
        else { return }
        throw Failure(
            .backupOtherServer,
            "\(repository.location) has the sets of a database \(database) of another server, the newest of them \(newest.name)",
            detail:
                "Its system identifier is \(known), that of this server \(identifier). In one folder retention would count the one as the history of the other. Nothing was written.",
            hint:
                "give this server a repository of its own (--repo, backup.repo); or, if it has taken the place of that one, --yes once: from then on the sets are its own"
        )
    }
}
