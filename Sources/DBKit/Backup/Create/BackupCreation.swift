import Foundation
import Operations
import Postgres
import Storage

/// `backup create`: one consistent set, or nothing.
///
/// The order matters and is this: the repository's lock, the sweep, the snapshot and every table lock, the schema on
/// that snapshot, the rows, the sequences, then reading back what was written, and last the rename that publishes it.
public struct BackupCreation: Sendable {
    private let request: BackupRequest

    public init(_ request: BackupRequest) {
        self.request = request
    }

    /// Makes one set. When it throws, nothing was published and nothing is left behind.
    public func run() async throws -> BackupReport {
        let started = request.clock.now
        let begun = ContinuousClock.now
        let database = try await Self.databaseName(request)
        let set = SetPath(database: database, name: SetName(time: started, run: request.run.description))
        let lock = try await holdLock(set)
        defer { lock.release() }
        let swept = try request.repository.sweep(set.databaseFolder)
        let staged = try request.repository.stage(set.folder)
        do {
            let copied = try await withSnapshotAgeLimit { try await copyDespiteConflicts(into: staged.path) }
            let manifest = try await seal(copied, set, staged.path)
            try staged.publish()
            let report = report(manifest, copied, set, started: started, begun: begun, swept: swept)
            // The set is whole and published; that its size is not noted beside it is no reason to call it failed.
            _ = try? SetState.update(set, in: request.repository) { state in
                state.created = SetState.Creation(
                    runID: report.run, finished: report.body.finished, duration: report.body.duration,
                    bytes: report.body.sizeBytes)
                // What was written was read back just now, every byte.
                state.verified = SetState.Check(
                    at: report.body.finished, ok: true, runID: report.run, duration: copied.readBack)
            }
            return report.body
        } catch {
            staged.discard()
            throw error
        }
    }

    /// The database that the connection leads to: the set's folder is named after it.
    private static func databaseName(_ request: BackupRequest) async throws -> String {
        let connection = try await BackupSession.open(
            request.server, SessionSettings(applicationName: request.applicationName))
        do {
            let name = try await connection.run { session in
                guard !session.isPooled else { throw BackupSession.throughPooler }
                return try session.row("SELECT current_database()::text AS name").value("name", as: String.self)
            }
            await connection.close()
            return name
        } catch {
            await connection.close()
            throw error
        }
    }

    private func holdLock(_ set: SetPath) async throws -> FileLock {
        let end = ContinuousClock.now + request.wait
        while true {
            do throws(Failure) {
                let now = Int64(request.clock.now.timeIntervalSince1970)
                return try request.repository.lock(set.databaseFolder, note: request.applicationName, now: now)
            } catch {
                guard error.code == .repositoryLocked, ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Ends the work when the snapshot becomes too old, before it hurts vacuum.
    private func withSnapshotAgeLimit<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        guard let limit = request.maximumSnapshotAge else { return try await body() }
        return try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw Failure(
                    .backupSnapshotAge, "the backup was stopped: its snapshot is \(limit) old",
                    hint: "raise --max-snapshot-age, or give more --jobs; nothing was published")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    // MARK: Reading

    /// All that a session had to do with; no server is needed after it.
    private struct Copied: Sendable {
        var server: ServerFacts
        var snapshot: BackupReport.Snapshot
        var plan: CopyPlan
        var tables: [Int: CopyBoard.Table]
        var fileNames: [String]
        var omitted: [Omission]
        var readBack: Double = 0
    }

    /// A standby cancels whoever holds a snapshot that replay needs gone (B21): that means a new snapshot and a new
    /// start, three times.
    private func copyDespiteConflicts(into folder: String) async throws -> Copied {
        for _ in 1..<Self.attempts {
            do {
                return try await copy(into: folder)
            } catch {
                guard Self.isConflict(error) else { throw error }
                try Folder.empty(folder)
            }
        }
        do {
            return try await copy(into: folder)
        } catch {
            guard Self.isConflict(error) else { throw error }
            throw Failure(
                .backupUnstable, "the server cancelled \(Self.attempts) attempts in favour of replay",
                detail: "\(error)",
                hint: "raise max_standby_streaming_delay on the standby, or set hot_standby_feedback = on")
        }
    }

    private static let attempts = 3

    private static func isConflict(_ error: any Error) -> Bool {
        let state = (error as? PostgresError)?.sqlState?.code ?? (error as? Failure)?.sqlState
        return state == "40001" || state == "40P01"
    }

    private func copy(into folder: String) async throws -> Copied {
        let (holder, schema) = try await SchemaDump(request).run(into: "\(folder)/schema")
        do {
            let copied = try await copy(holder, schema, into: folder)
            await holder.close()
            return copied
        } catch {
            await holder.close()
            throw error
        }
    }

    private func copy(_ holder: SnapshotHolder, _ schema: ArchiveTOC, into folder: String) async throws -> Copied {
        let facts = try await holder.connection.run { session in
            try DatabaseFacts.read(session, relations: holder.relations)
        }
        var plan = CopyPlan(
            facts, archived: ArchivePlan.archivedRelations(schema), format: request.copyFormat,
            excluded: request.excludedTableData, isStandby: holder.server.isStandby)
        let invisible = Self.invisible(to: holder.server)
        if request.requiresAll, let first = invisible.first {
            throw Failure(
                .backupIncomplete,
                "the role \(holder.server.role) cannot see \(invisible.map(\.what).joined(separator: ", "))",
                detail: "--require-all was given and \(first.what) would be missing",
                hint: "run as a superuser, or without --require-all, which lists what is missing")
        }
        let sizes = try await holder.connection.run { [plan] session in try Self.sizes(session, plan) }
        for index in plan.tables.indices { plan.tables[index].size = sizes[plan.tables[index].relation.oid] ?? .init() }
        try DiskEstimate.check(
            needed: DiskEstimate.needed(
                tableBytes: plan.tables.reduce(0) { $0 + $1.size.bytes }, compression: request.compression),
            free: try request.repository.freeBytes(), place: request.repository.location)

        // Read after the snapshot, and before the rows: whoever is waited for later cannot make them stale.
        let archived = ArchivePlan.archivedRelations(schema)
        let sequences = facts.relations.filter { relation in
            relation.kind == .sequence
                && (archived.contains(relation.oid) || facts.configurationTables.contains { $0.oid == relation.oid })
                && !request.excludedTableData.contains { $0.matches(relation) }
                && !(relation.isUnlogged && holder.server.isStandby)
        }
        let values = try await holder.connection.run { session in try SequenceValues.read(session, sequences) }
        let archive = try ArchivePlan(
            schema: schema, plan: plan, facts: facts, sequences: values, compression: request.compression)
        let tables = try await copyRows(holder, plan, archive, facts, into: folder)
        try write(archive.toc.serialized(), "toc.dat", in: folder)
        for index in archive.largeObjectIndexes { try write(Array(index.text.utf8), index.fileName, in: folder) }
        try Folder.remove("\(folder)/schema")
        let globals = try await SchemaDump(request).globals(serverMajor: holder.server.major)
        try write(Array(globals.utf8), "globals.sql", in: folder)
        return Copied(
            server: holder.server, snapshot: try await Self.account(holder), plan: plan, tables: tables,
            fileNames: archive.tableFiles, omitted: plan.omitted + invisible)
    }

    private func copyRows(
        _ holder: SnapshotHolder, _ plan: CopyPlan, _ archive: ArchivePlan, _ facts: DatabaseFacts, into folder: String
    ) async throws -> [Int: CopyBoard.Table] {
        let units = plan.units(chunkPages: Self.chunkPages)
        let board = CopyBoard(units, progress: request.progress)
        let worker = CopyWorker(
            plan: plan, board: board, folder: folder, fileNames: archive.tableFiles, encoding: holder.server.encoding,
            compression: request.compression)
        let objects = LargeObjectCopy(
            objects: facts.largeObjects.map(\.oid), folder: folder, compression: request.compression)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, min(request.jobs, units.count)) where !units.isEmpty {
                group.addTask { try await runWorker(worker, holder.snapshot) }
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

    private func runWorker(_ worker: CopyWorker, _ snapshot: SnapshotID) async throws {
        var settings = SessionSettings(applicationName: request.applicationName)
        settings.idleInTransactionTimeout = .zero
        settings.isReadOnly = true
        let connection = try await BackupSession.open(request.server, settings)
        do {
            try await worker.run(connection, snapshot: snapshot)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    /// 64 MiB of heap: small enough to keep all workers busy to the end, large enough to compress well.
    private static let chunkPages: Int64 = 8192

    private static func sizes(_ session: Session, _ plan: CopyPlan) throws -> [UInt32: CopyPlan.Size] {
        let oids = plan.tables.map(\.relation.oid)
        var sizes: [UInt32: CopyPlan.Size] = [:]
        for row in try session.rows(Query(embedded: PackageResources.table_sizes_sql, binds: [oids])) {
            sizes[try row.value("oid")] = CopyPlan.Size(pages: try row.value("pages"), bytes: try row.value("bytes"))
        }
        return sizes
    }

    private static func invisible(to server: ServerFacts) -> [Omission] {
        guard !server.isSuperuser else { return [] }
        let subscriptions = server.hiddenSubscriptions > 0 ? ["\(server.hiddenSubscriptions) subscriptions"] : []
        let mappings = server.hiddenUserMappings > 0 ? ["options of \(server.hiddenUserMappings) user mappings"] : []
        return (["role passwords"] + subscriptions + mappings).map { Omission(.notVisible, $0) }
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

    // MARK: Sealing

    /// Reads everything back, compares it with what was meant to be written, and writes the lists.
    private func seal(_ copied: Copied, _ set: SetPath, _ folder: String) async throws -> Manifest {
        let tables = try copied.plan.tables.enumerated().map { index, table in
            guard let result = copied.tables[index] else {
                throw Failure(.backupDamaged, "table \(table.relation.displayName) was not copied", category: .bug)
            }
            return Manifest.Table(
                schema: table.relation.schema.text, name: table.relation.name.text,
                file: copied.fileNames[index] + request.compression.suffix, copyFormat: table.format,
                rows: result.rows.values.reduce(0, +), bytes: result.bytes, checksum: result.checksum,
                checksumFormat: table.checksumFormat, columns: table.columns.map(\.name.text), chunks: result.chunks)
        }
        let chunks = Dictionary(uniqueKeysWithValues: tables.map { ($0.file, $0.chunks) })
        let files = SetFiles(place: folder)
        var sums: [String: String] = [:]
        var others: [Manifest.File] = []
        for name in try files.names() {
            try Task.checkCancellation()
            let digest = try FileDigest(of: try files.open(name), chunks: chunks[name] ?? [])
            guard digest.badChunks.isEmpty else {
                throw Failure(
                    .backupDamaged, "\(name) was read back with other bytes than were written to it",
                    hint: "the disk of \(request.repository.location) or its memory is failing; nothing was published",
                    category: .io)
            }
            sums[name] = digest.sha256
            if chunks[name] == nil {
                others.append(Manifest.File(path: name, bytes: digest.length, sha256: digest.sha256))
            }
        }
        let list = SumsFile.encode(sums)
        try write(list, SumsFile.name, in: folder)
        others.append(Manifest.File(path: SumsFile.name, bytes: Int64(list.count), sha256: Digest.hex(list)))
        let manifest = Manifest(
            set: set.name.text, database: set.database, serverVersion: copied.server.version,
            dbctlVersion: request.dbctlVersion,
            snapshot: Manifest.Snapshot(lsn: copied.snapshot.lsn, time: copied.snapshot.time), tables: tables,
            files: others, omitted: copied.omitted)
        try write(try ManifestFile.encode(manifest), ManifestFile.name, in: folder)
        return manifest
    }

    private func write(_ bytes: [UInt8], _ name: String, in folder: String) throws(Failure) {
        let file = try OutputFile(creating: "\(folder)/\(name)")
        try file.write(bytes)
        try file.sync()
        file.close()
    }

    private func report(
        _ manifest: Manifest, _ copied: Copied, _ set: SetPath, started: Date, begun: ContinuousClock.Instant,
        swept: [String]
    ) -> (run: String, body: BackupReport) {
        let size =
            manifest.files.reduce(0) { $0 + $1.bytes }
            + manifest.tables.reduce(0) { $0 + (Folder.size("\(request.repository.url(set.file($1.file)))") ?? 0) }
        let body = BackupReport(
            set: set.name.text, database: set.database, path: request.repository.url(set.folder), started: started,
            finished: request.clock.now, duration: (ContinuousClock.now - begun) / .seconds(1),
            tables: manifest.tables.count, rows: manifest.tables.reduce(0) { $0 + $1.rows },
            bytes: manifest.tables.reduce(0) { $0 + $1.bytes }, sizeBytes: size,
            compression: request.compression.description, jobs: request.jobs, snapshot: copied.snapshot,
            omitted: manifest.omitted, swept: swept)
        return (request.run.description, body)
    }
}
