import Operations
import Postgres

/// What a restore looks at before anything is changed, and the sessions that it does so with.
extension DatabaseRestore {
    /// Workers hold their settings for hours; a pooler would hand their server connections to others meanwhile.
    func refusePooler(_ admin: Connection) async throws {
        guard try await admin.run({ $0.isPooled }) else { return }
        throw Failure(
            .restoreThroughPooler, "a restore cannot run through a connection pooler",
            detail: "Nothing was changed.",
            hint: "add direct_url to the target in dbctl.yaml, or give a --database-url that goes to the server itself")
    }

    /// Told before anything else, dry run or not: nothing that could be mended here would help.
    func refuseStandby(_ admin: Connection) async throws {
        let isStandby: Bool = try await admin.run { session in
            try session.row("SELECT pg_catalog.pg_is_in_recovery() AS standby").value("standby")
        }
        guard isStandby else { return }
        throw Failure(
            .serverReadOnly, "this server is a standby: nothing can be restored on it", detail: "Nothing was changed.",
            hint: "name its primary in --database-url; what is restored there comes here by itself")
    }

    /// A set that was renamed, or copied to another database's folder, is not the one that was asked for.
    func refuseStranger(_ folder: ArchiveFolder) throws(Failure) {
        guard let set = request.set, let why = folder.manifest?.strangeness(at: set) else { return }
        throw Failure(
            .restoreSetDamaged, "\(folder.path) is not the set that its name says: \(why)",
            detail: "Nothing was changed.", hint: "to restore it all the same, name its folder: --from \(folder.path)")
    }

    func checkName(over admin: Connection) async throws {
        let isTemplate = try await admin.run { session in
            try !session.rows("SELECT FROM pg_database WHERE datname = \(request.into) AND datistemplate").isEmpty
        }
        guard !isTemplate else {
            throw Failure(
                .restoreTargetExists, "\(request.into) is a template: every database made later would hold the archive",
                detail: "Nothing was changed.", hint: "restore into another database, or a new one with --create")
        }
    }

    /// - Parameter isBegun: an interrupted restore left it, and this one goes on.
    func checkTarget(over admin: Connection, isBegun: Bool) async throws {
        switch (try await targetExists(over: admin), request.creates) {
        case (false, false): throw targetMissing
        case (true, true):
            throw Failure(
                .restoreTargetExists, "the database \(request.into) exists already",
                detail: "Nothing was changed.",
                hint: "restore under another name and rename it later, or drop the old one first")
        case (true, false) where request.replaces:
            guard request.into != "postgres" else { throw maintenanceDatabase }
            try await ReplacedDatabase(name: request.into, admin: admin).refuseSessions()
        case (true, false) where !isBegun: try await checkEmpty(server.setting("dbname", request.into))
        case (true, false): break
        case (false, true): break
        }
    }

    func targetExists(over admin: Connection) async throws -> Bool {
        try await admin.run { session in
            try !session.rows("SELECT FROM pg_catalog.pg_database WHERE datname = \(request.into)").isEmpty
        }
    }

    var targetMissing: Failure {
        Failure(
            .restoreTargetMissing, "there is no database \(request.into) on this server",
            hint: request.isExcerpt
                ? "--into names the database that lost it; psql -l lists those there are"
                : "give --create to make it, or create it first")
    }

    private var maintenanceDatabase: Failure {
        Failure(
            .restoreTargetNotEmpty, "the database postgres cannot be replaced: it is where dbctl works from",
            detail: "Nothing was changed.", hint: "restore under another name with --create")
    }

    /// What `--clean` would drop.
    func loss(over admin: Connection) async throws -> [String] {
        guard request.replaces else { return [] }
        let old = ReplacedDatabase(name: request.into, admin: admin)
        let contents = try await old.contents(
            server.setting("dbname", request.into), settings(encoding: "UTF8"))
        return ["DROP DATABASE \(request.into) (\(contents)), once the restored one has its name"]
    }

    func checkEmpty(_ target: ConnectionParameters) async throws {
        let found = try await Connection.with(target, settings: settings(encoding: "UTF8")) { connection in
            try await connection.run { session in
                try session.rows(Query(embedded: PackageResources.database_contents_sql)).map {
                    try "\($0.value("kind", as: String.self)) \($0.value("name", as: String.self))"
                }
            }
        }
        guard found.isEmpty else {
            throw Failure(
                .restoreTargetNotEmpty,
                "the database \(request.into) is not empty: it has \(found.joined(separator: ", "))"
                    + (found.count == 5 ? " and perhaps more" : ""),
                detail: "Nothing was changed.",
                hint: request.resumes
                    ? "look first: no interrupted restore is in it; it is complete, or was filled by something else"
                    : "restore into a new database with --create, or replace this one with --clean --yes")
        }
    }

    /// Every byte, before anything is changed (B3).
    func check(_ folder: ArchiveFolder) async throws {
        guard folder.manifest != nil else { return try ArchiveCheck(folder: folder, progress: progress).run() }
        let verification = SetVerification(
            folder: folder.path, jobs: request.jobs, progress: progress)
        if var failure = try await verification.run().failure {
            failure.add(detail: "Nothing was changed.")
            throw failure
        }
    }

    /// Finds what the server lacks; with `--no-owner`, roles that are not there are left out.
    func roles(for folder: ArchiveFolder, over admin: Connection) async throws -> RoleReferences {
        var references = roleMap
        let needed = RestoreRequirements(
            of: folder.toc, scope: request.scope, references: references, includesDatabase: request.makesDatabase)
        var missing = try await admin.run { try needed.missing(in: $0, encoding: folder.encoding) }
        if request.skipsOwners {
            references.absent = missing.roles
            missing.roles = []
        }
        if let failure = missing.failure { throw failure }
        return references
    }

    var roleMap: RoleReferences {
        RoleReferences(
            map: Dictionary(
                request.roleMap.map { (ArchiveText($0), ArchiveText($1)) }, uniquingKeysWith: { first, _ in first }))
    }

    var removal: DatabaseRemoval { DatabaseRemoval(server: server, settings: settings(encoding: "UTF8")) }

    func settings(encoding: String) -> SessionSettings {
        var settings = SessionSettings(applicationName: TemporaryDatabase.applicationPrefix + run.description)
        settings.clientEncoding = encoding
        // As in every session of pg_restore: names in an archive are qualified.
        settings.searchPath = ""
        // Nobody but our own workers is in the database, and an index build may well keep one of them waiting.
        settings.lockTimeout = .zero
        settings.idleInTransactionTimeout = .zero
        return settings
    }
}
