public import Operations
import Postgres

/// What `backup create --all-databases` did. One database that fails does not keep the others from being saved.
public struct AllDatabasesReport: Sendable, Encodable {
    public var sets: [BackupReport] = []
    public var failed: [Failed] = []
    /// The first failure; its category decides the exit code.
    public var failure: Failure?

    public struct Failed: Sendable, Encodable {
        public var database: String
        public var code: String
        public var message: String
    }

    enum CodingKeys: String, CodingKey {
        case sets, failed
    }
}

extension BackupCreation {
    /// One set for each database that takes connections and is no template.
    public static func allDatabases(_ request: BackupRequest) async throws -> AllDatabasesReport {
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
        var report = AllDatabasesReport()
        for name in names {
            var own = request
            own.server.set("dbname", name)
            // Several begin in one second, and a name is to mean one set.
            own.mark = RunID.make(at: request.clock)
            do {
                let made = try await BackupCreation(own).run()
                report.sets.append(made)
                report.failure = report.failure ?? made.pruneFailure
            } catch {
                try Task.checkCancellation()
                let failure = (error as? Failure) ?? (error as? PostgresError).map { Failure($0) }
                guard let failure else { throw error }
                report.failure = report.failure ?? failure
                report.failed.append(
                    AllDatabasesReport.Failed(database: name, code: failure.code.name, message: failure.message))
            }
        }
        return report
    }
}
