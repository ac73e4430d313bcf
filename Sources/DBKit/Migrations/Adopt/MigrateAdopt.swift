public import Operations
import Postgres

/// `dbctl migrate adopt`: takes over the history of the tool that had the migrations before.
///
/// Runs nothing, and only reads the other tool's tables.
public struct MigrateAdopt: Sendable {
    public var request: MigrationRequest
    /// Nil: there is none, for the reason given.
    public var folder: MigrationFolder?
    /// Thrown where the tool is one that keeps files.
    public var absence: Failure?
    /// Nil finds it out.
    public var tool: ForeignTool?
    public var isDryRun = false

    public init(_ request: MigrationRequest, folder: MigrationFolder?, absence: Failure? = nil) {
        self.request = request
        self.folder = folder
        self.absence = absence
    }

    public func run() async throws -> AdoptReport {
        try await MigrationSite.with(request, isDryRun: isDryRun) { site in
            let found = try await site.connection.run { session in
                try session.transaction(.readOnly) { session in try look(site.history, in: session) }
            }
            guard !isDryRun, !found.plan.records.isEmpty else {
                return AdoptReport(found.source, found.plan, isDryRun: isDryRun)
            }
            try await site.begin()
            let done = try await site.connection.run { session in
                try session.transaction { session in
                    try ForeignLock.take(site.foreignLocks, wait: request.wait, in: session)
                    // The wait may have been long. While we hold the tool's lock it applies nothing more.
                    let found = try look(MigrationHistory.read(in: session), in: session)
                    for record in found.plan.records {
                        try MigrationHistory.record(record, run: request.run.id, in: session)
                    }
                    return found
                }
            }
            await site.count("adopted", Int64(done.plan.records.count))
            return AdoptReport(done.source, done.plan, isDryRun: false)
        }
    }

    private func look(
        _ history: [AppliedMigration], in session: Session
    ) throws -> (source: ForeignSource, plan: AdoptionPlan) {
        let tables = try ForeignTable.named(ForeignSource.names, in: session)
        let source = try ForeignSource(tool, among: tables)
        if source.tool.keepsFiles, let absence { throw absence }
        let rows = try source.rows(tables, in: session)
        let folder = folder ?? MigrationFolder(dialect: .dbctl, versioned: [])
        let plan = try AdoptionPlan(source.tool.reader.read(rows), of: source.tool, in: folder, beside: history)
        return (source, plan)
    }
}

extension ForeignSource {
    /// What its history says, with the tables that belong to it.
    func rows(_ tables: [ForeignTable], in session: Session) throws -> ForeignRows {
        var rows = ForeignRows(table: table.label, try table.rows(in: session))
        for name in tool.reader.tables.dropFirst() {
            guard let table = tables.first(where: { $0.name == name && $0.schema == table.schema }) else { continue }
            rows.beside[name] = try table.rows(in: session)
        }
        return rows
    }
}

extension MigrationHistory {
    static func record(_ record: AdoptionPlan.Record, run: RunID, in session: Session) throws {
        let migration = record.migration
        try session.execute(
            Query(
                embedded: PackageResources.adopt_record_sql,
                binds: [
                    record.key, record.name, migration?.source.checksum ?? "", record.dialect, record.appliedAt,
                    record.appliedBy, run.description, record.duration, migration?.up.statements.count ?? 0,
                    migration?.source.hexadecimal,
                    migration?.up.statementChecksums, migration?.down?.statementChecksums,
                ]))
    }
}
