import Operations
import Postgres
import Storage

/// A database that is filled under a temporary name and gets its own at the very end: nobody ever sees half of it, and
/// what a killed run left is known by its name.
struct TemporaryDatabase: Sendable {
    static let prefix = "dbctl_restore_"
    static let applicationPrefix = "dbctl restore "

    /// How long what is left of a killed run may still be there: a server notices within two seconds that a client is
    /// gone (client_connection_check_interval), and a busy one is slow to act on it.
    static let vanishing = Duration.seconds(5)

    let name: String
    let target: String
    private let admin: Connection
    private let removal: DatabaseRemoval

    /// - Parameter admin: open all the while, with ``applicationPrefix`` and the run id as its name: that is how other
    ///   runs know that this one is alive.
    init(run: RunID, target: String, admin: Connection, removal: DatabaseRemoval) {
        name = Self.prefix + run.description.lowercased() + "_" + Self.mark(of: target)
        self.target = target
        self.admin = admin
        self.removal = removal
    }

    /// What a sweep came to.
    struct Swept: Sendable {
        /// Databases that were dropped.
        var names: [String] = []
        /// Those that could not be, and why: no reason to refuse another restore.
        var warnings: [String] = []
        /// Those that a restore into the same name left, the latest first; kept for one that goes on with it.
        var kept: [String] = []
        /// Unfinished work of restores into other names: theirs to go on with.
        var others: [String] = []
    }

    /// Tells restores into the same name apart from others.
    private static func mark(of target: String) -> String {
        String(Digest.hex(Array(target.utf8)).prefix(8))
    }

    /// Also the database that the one for `target` has taken the place of: until it is dropped, that run is not over.
    private static func isMade(_ name: String, for target: String) -> Bool {
        name.dropFirst(prefix.count + 26).hasPrefix("_" + mark(of: target))
    }

    /// Removes what killed runs left behind: all that was to become `target`, and of others what cannot be gone on with.
    ///
    /// - Parameters:
    ///   - wait: how long to wait for another restore into `target`.
    ///   - keepsOwn: whether what was to become `target` is left alone.
    ///   - isUnfinished: whether a restore can be resumed in a database.
    static func sweep(
        target: String, over admin: Connection, removal: DatabaseRemoval, wait: Duration, keepsOwn: Bool = false,
        isUnfinished: (String) async -> Bool
    ) async throws -> Swept {
        let deadline = ContinuousClock.now + max(wait, vanishing)
        var swept = Swept()
        var seen: Set<String> = []
        while true {
            var rival: String?
            for (name, isAlive) in try await leftovers(over: admin) where !seen.contains(name) {
                let isOwn = name.hasSuffix("_" + mark(of: target))
                if isAlive {
                    if isMade(name, for: target) { rival = name }
                } else if isOwn, keepsOwn {
                    seen.insert(name)
                    swept.kept.insert(name, at: 0)
                } else if !isMade(name, for: target), await isUnfinished(name) {
                    seen.insert(name)
                    swept.others.append(name)
                } else {
                    seen.insert(name)
                    try await sweep(name, over: admin, removal, &swept)
                }
            }
            guard let rival else { return swept }
            guard ContinuousClock.now < deadline else {
                throw inProgress(target, as: rival)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// What a dry run sees of it.
    static func left(target: String, over admin: Connection) async throws -> [String] {
        try await leftovers(over: admin).filter { !$0.isAlive && $0.name.hasSuffix("_" + mark(of: target)) }
            .map(\.name).reversed()
    }

    static func sweep(
        _ name: String, over admin: Connection, _ removal: DatabaseRemoval, _ swept: inout Swept
    ) async throws {
        do {
            try await removal.drop(name, over: admin)
            swept.names.append(name)
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            // It is somebody else's, who has to do it.
        } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
            swept.warnings.append("the database \(name), left by a killed restore, cannot be dropped: \(error.message)")
        }
    }

    private static func leftovers(over admin: Connection) async throws -> [(name: String, isAlive: Bool)] {
        try await admin.run { session in
            try session.rows(
                Query(embedded: PackageResources.restore_leftovers_sql, binds: [prefix, applicationPrefix])
            ).map { try ($0.value("name"), $0.value("is_alive")) }
        }
    }

    /// Makes it from template0, with encoding and locale as the archive's DATABASE entry has them.
    func create(like entry: ArchiveEntry?, encoding: String) async throws {
        let archived: ArchiveText? = entry.flatMap { entry in
            guard let tag = entry.tag, let definition = entry.definition else { return nil }
            return DatabaseName.replacing(tag, with: ArchiveText(name), in: definition)
        }
        do {
            try await RetryPolicy(attempts: 10, cap: .milliseconds(500)).run(isRetryable: Self.isBusy) {
                try await admin.run { session in
                    if let archived {
                        _ = try session.execute(Query(ServerText(archive: archived.bytes)))
                    } else {
                        _ = try session.execute(
                            "CREATE DATABASE \(identifier(name)) TEMPLATE template0 ENCODING \(literal(encoding))")
                    }
                }
            }
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            var failure = Failure(error, while: "cannot create the database \(target)")
            failure.hint =
                "no GRANT gives this right: ALTER ROLE … CREATEDB, or restore as a role that has it, or into an empty "
                + "database that somebody else has made"
            throw failure
        }
    }

    /// Runs statements about the database itself, with its archived name exchanged for the one that it has now.
    ///
    /// - Parameter session: of this database and in the archive's encoding: what is said about a database is kept in the
    ///   bytes of the database that it is said in.
    func apply(_ statements: [ArchiveText], archivedName: ArchiveText, in session: Session) throws {
        for statement in statements {
            let sql = DatabaseName.replacing(archivedName, with: ArchiveText(name), in: statement)
            try session.script(ServerText(archive: sql.bytes))
        }
    }

    /// Gives it its name. Whoever has connected to it meanwhile (a monitor looks into every database) must go: as long as
    /// one is there it cannot be renamed, and it is ours.
    func publish() async throws {
        do {
            try await RetryPolicy(attempts: 5).run(isRetryable: Self.isBusy) {
                try await admin.run { session in
                    _ = try session.rows(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(name)")
                    _ = try session.execute("ALTER DATABASE \(identifier(name)) RENAME TO \(identifier(target))")
                }
            }
        } catch let error as PostgresError where error.sqlState == .duplicateDatabase {
            throw Failure(
                .restoreTargetExists, "somebody has created the database \(target) meanwhile",
                hint: "restore under another name, or drop that one first", sqlState: error.sqlState?.code)
        }
    }

    /// Takes over what an interrupted run has left: under a name of this run's nobody sweeps it, and of two runs that want
    /// it one gets it.
    func adopt(_ left: String) async throws {
        do {
            try await RetryPolicy(attempts: 20, cap: .milliseconds(500)).run(isRetryable: Self.isBusy) {
                try await admin.run { session in
                    _ = try session.rows(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(left)")
                    // The interrupted run may have come as far as the limits that the archive has.
                    try session.execute(
                        "ALTER DATABASE \(identifier(left)) WITH ALLOW_CONNECTIONS true CONNECTION LIMIT -1")
                    try session.execute("ALTER DATABASE \(identifier(left)) RENAME TO \(identifier(name))")
                }
            }
        } catch let error as PostgresError where error.sqlState == .invalidCatalogName {
            throw Self.takenOver(target)
        }
    }

    static func takenOver(_ target: String) -> Failure {
        Failure(
            .restoreInProgress, "another run has just taken over what was left of the restore into \(target)",
            detail: "Nothing was changed.", hint: "wait for it, or let this one wait with --wait 30m")
    }

    /// Of two runs that began together, neither of which had made its database when the other looked, the first goes on.
    func refuseEarlier() async throws {
        let earlier = try await Self.leftovers(over: admin).first {
            $0.isAlive && $0.name < name && Self.isMade($0.name, for: target)
        }
        if let earlier { throw Self.inProgress(target, as: earlier.name) }
    }

    private static func inProgress(_ target: String, as rival: String) -> Failure {
        Failure(
            .restoreInProgress, "another run is restoring into \(target) (as \(rival))", detail: "Nothing was changed.",
            hint: "wait for it, or let this one wait with --wait 30m")
    }

    func drop() async throws {
        try await removal.drop(name, over: admin)
    }

    /// Somebody is still in the database, or copies template0 right now.
    private static func isBusy(_ error: any Error) -> Bool {
        (error as? PostgresError)?.sqlState == .objectInUse
    }
}
