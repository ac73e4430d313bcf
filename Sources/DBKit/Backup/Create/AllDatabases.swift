public import Operations
import Postgres

/// What `backup create --all-databases` did, or with `--dry-run` would do. One database that fails does not keep the
/// others from being saved.
public struct AllDatabasesReport<Made: Sendable & Encodable>: Sendable, Encodable {
    public var dryRun: Bool
    public var sets: [Made] = []
    public var failed: [FailedDatabase] = []
    /// Why not every set was made, or not every older one deleted. Not part of the data: it travels as the error beside
    /// it.
    public private(set) var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case dryRun = "dry_run"
        case sets, failed
    }

    init(dryRun: Bool) {
        self.dryRun = dryRun
    }

    fileprivate mutating func add(_ failure: Failure, of database: String) {
        self.failure = self.failure ?? failure
        failed.append(FailedDatabase(database: database, code: failure.code.name, message: failure.message))
    }

    /// Where some sets are made and others are not, that is a part of the work (81), whatever was in the way of the rest.
    ///
    /// - Parameter pruneFailure: counts where all are made.
    fileprivate mutating func conclude(pruneFailure: Failure?) {
        guard let first = failed.first, let reason = failure else {
            failure = pruneFailure
            return
        }
        guard !sets.isEmpty else {
            failure?.message = "\(first.database): \(reason.message)"
            return
        }
        let names = failed.map(\.database).joined(separator: ", ")
        let reasons = failed.map { "\($0.database): \($0.message) (\($0.code))" }
        failure = Failure(
            .backupPartlyMade,
            "\(sets.count) of \(sets.count + failed.count) databases \(dryRun ? "could be" : "are") backed up, not: \(names)",
            detail: (reasons + [reason.detail].compactMap(\.self)).joined(separator: "\n"),
            hint: [reason.hint, "mend the cause, and run the same command again: it makes a set of each"]
                .compactMap(\.self).joined(separator: "\n"))
    }
}

/// A database of which no set was made.
public struct FailedDatabase: Sendable, Encodable {
    public var database: String
    public var code: String
    public var message: String
}

extension BackupCreation {
    /// One set for each database that takes connections and is no template.
    public static func allDatabases(_ request: BackupRequest) async throws -> AllDatabasesReport<BackupReport> {
        var report = try await each(request, dryRun: false) { try await BackupCreation($0).run() }
        report.conclude(pruneFailure: report.sets.lazy.compactMap(\.pruneFailure).first)
        return report
    }

    /// What ``allDatabases(_:)`` would make; nothing is written.
    public static func previewOfAll(_ request: BackupRequest) async throws -> AllDatabasesReport<BackupPreview> {
        var report = try await each(request, dryRun: true) { try await preview($0) }
        report.conclude(pruneFailure: nil)
        return report
    }

    private static func each<Made>(
        _ request: BackupRequest, dryRun: Bool, _ make: (BackupRequest) async throws -> Made
    ) async throws -> AllDatabasesReport<Made> {
        let names = try await BackupSession.open(
            request.server, SessionSettings(applicationName: request.applicationName)
        ).closing { connection in
            try await connection.run { session in
                try session.rows(Query(embedded: PackageResources.databases_sql, binds: [TemporaryDatabase.prefix])).map
                {
                    try $0.value("name", as: String.self)
                }
            }
        }
        var report = AllDatabasesReport<Made>(dryRun: dryRun)
        for name in names {
            var own = request
            own.server.set("dbname", name)
            // Several begin in one second, and a name is to mean one set.
            own.mark = RunID.make(at: request.clock)
            do {
                report.sets.append(try await make(own))
            } catch {
                try Task.checkCancellation()
                let failure = (error as? Failure) ?? (error as? PostgresError).map { Failure($0) }
                guard let failure else { throw error }
                report.add(failure, of: name)
            }
        }
        return report
    }
}
