import Operations
import Postgres
import Storage
import Tools

/// Everything of a backup that needs the server: from the snapshot to the last row, into a folder that nobody sees yet.
///
/// The order matters and is this: the snapshot and every table lock, the schema on that snapshot, roles, sequences,
/// rows, large objects.
struct DatabaseCopy: Sendable {
    let request: BackupRequest
    let folder: String
    let serverMajor: Int

    /// All that came of it; no server is needed after it.
    struct Result: Sendable {
        var server: SourceServer
        var snapshot: BackupReport.Snapshot
        var plan: CopyPlan
        var tables: [Int: CopyBoard.Table]
        /// Without the compression suffix, in the order of the plan's tables.
        var fileNames: [String]
        var omitted: [Omission]
        var warnings: [String]
    }

    /// A standby cancels whoever holds a snapshot that replay needs gone (B21): that means a new snapshot and a new
    /// start, three times.
    func run() async throws -> Result {
        let tools = try await ClientTools.find(serverMajor: serverMajor, request.tools)
        let dump = SchemaDump(request: request, tools: tools, serverMajor: serverMajor)
        var attempt = 1
        while true {
            do {
                return try await copy(dump)
            } catch {
                guard Self.isConflict(error) else { throw error }
                guard attempt < Self.attempts else {
                    throw Failure(
                        .backupUnstable, "the server cancelled \(Self.attempts) attempts in favour of replay",
                        detail: "\(error)",
                        hint: "raise max_standby_streaming_delay on the standby, or set hot_standby_feedback = on")
                }
                attempt += 1
                try Folder.empty(folder)
            }
        }
    }

    private static let attempts = 3

    private static func isConflict(_ error: any Error) -> Bool {
        let state = (error as? PostgresError)?.sqlState?.code ?? (error as? Failure)?.sqlState
        return state == "40001" || state == "40P01"
    }

    /// From one snapshot after the other, until nobody is in the way of `pg_dump`.
    private func copy(_ dump: SchemaDump) async throws -> Result {
        let deadline = ContinuousClock.now + request.lockWait
        while true {
            let holder = try await SnapshotHolder.open(
                request.server, applicationName: request.applicationName, lockWait: request.lockWait, deadline: deadline
            )
            let result = try await holder.connection.closing { _ in
                try await holder.within(request.maximumSnapshotAge) {
                    try await copy(holder, dump, deadline: deadline)
                }
            }
            if let result { return result }
            try Folder.empty(folder)
        }
    }

    /// Nil when this snapshot is of no use.
    private func copy(
        _ holder: SnapshotHolder, _ dump: SchemaDump, deadline: ContinuousClock.Instant
    ) async throws -> Result? {
        guard let (schema, globals) = try await definitions(holder, dump, deadline: deadline) else { return nil }
        if let reason = try await holder.lockTables() {
            guard ContinuousClock.now < deadline else { throw reason }
            return nil
        }
        try NewFile.write(Array(globals.utf8), "globals.sql", in: folder)
        let survey = try await BackupSurvey.of(holder, request, archived: ArchivePlan.archivedRelations(schema))
        try survey.refuse(request)
        // Read after the snapshot, and before the rows: whoever is waited for later cannot make them stale.
        let values = try await holder.connection.run { try SequenceValues.read($0, survey.sequences) }
        let archive = try ArchivePlan(
            schema: schema, plan: survey.plan, facts: survey.facts, sequences: values, compression: request.compression)
        let tables = try await copyRows(holder, survey, archive)
        try NewFile.write(archive.toc.serialized(), "toc.dat", in: folder)
        for index in archive.largeObjectIndexes {
            try NewFile.write(Array(index.text.utf8), index.fileName, in: folder)
        }
        try Folder.remove("\(folder)/schema")
        return Result(
            server: holder.server, snapshot: try await Self.account(holder), plan: survey.plan, tables: tables,
            fileNames: archive.tableFiles, omitted: survey.omitted, warnings: survey.warnings)
    }

    /// What PostgreSQL's own programs say; nil when this snapshot is of no use. The two run side by side where the
    /// workers will take as many connections.
    private func definitions(
        _ holder: SnapshotHolder, _ dump: SchemaDump, deadline: ContinuousClock.Instant
    ) async throws -> (schema: ArchiveTOC, globals: String)? {
        async let early = request.jobs > 1 ? dump.globals(of: holder) : nil
        guard let schema = try await dump.schema(of: holder, into: "\(folder)/schema", deadline: deadline) else {
            return nil
        }
        if let globals = try await early { return (schema, globals) }
        return (schema, try await dump.globals(of: holder))
    }

    private func copyRows(
        _ holder: SnapshotHolder, _ survey: BackupSurvey, _ archive: ArchivePlan
    ) async throws -> [Int: CopyBoard.Table] {
        let units = survey.plan.units(chunkPages: request.chunkPages)
        let board = CopyBoard(units, progress: request.progress)
        let worker = CopyWorker(
            plan: survey.plan, board: board, folder: folder, fileNames: archive.tableFiles,
            encoding: holder.server.encoding, compression: request.compression)
        let objects = LargeObjectCopy(
            objects: survey.facts.largeObjects.map(\.oid), folder: folder, compression: request.compression,
            pageSize: holder.server.largeObjectPage)
        var settings = SessionSettings(applicationName: request.applicationName)
        settings.idleInTransactionTimeout = .zero
        settings.isReadOnly = true
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(request.jobs, units.count) {
                group.addTask { [settings] in
                    try await BackupSession.open(request.server, settings).closing {
                        try await worker.run($0, snapshot: holder.snapshot)
                    }
                }
            }
            group.addTask {
                try await objects.run(holder.connection)
                try await worker.runHandedBack(holder.connection)
            }
            // Not waitForAll(): it lets the others go on to their end before it tells of the first failure.
            while try await group.next() != nil {}
        }
        return board.tables
    }

    private static func account(_ holder: SnapshotHolder) async throws -> BackupReport.Snapshot {
        let age = try await holder.connection.run { session in
            try session.row(Query(embedded: PackageResources.snapshot_age_sql, binds: [holder.xmin]))
                .value("age", as: Int64?.self)
        }
        return BackupReport.Snapshot(
            lsn: holder.server.lsn, time: holder.time, xmin: holder.xmin, xminAge: age,
            held: (ContinuousClock.now - holder.started) / .seconds(1))
    }
}
