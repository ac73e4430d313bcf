import Operations
import Postgres

/// The work of a restore inside its database: definitions, then data and everything after by several connections.
struct RestoreWork: Sendable {
    let folder: ArchiveFolder
    let request: RestoreRequest
    let statements: EntryStatements
    let meter: RestoreMeter
    let journal: RestoreJournal?
    /// Without what ``RestoreDone`` has.
    let plan: RestorePlan
    private let done: RestoreDone

    init(
        folder: ArchiveFolder, request: RestoreRequest, statements: EntryStatements, progress: any ProgressSink,
        journal: RestoreJournal?, done: RestoreDone
    ) {
        (self.folder, self.request, self.statements) = (folder, request, statements)
        (self.journal, self.done) = (journal, done)
        let policy = ChunkPolicy(
            folder.manifest, jobs: request.jobs, smallestBytes: request.smallestSplitTableBytes,
            isWholeCheaper: request.isRehearsal)
        plan = RestorePlan(
            of: folder.toc, scope: request.scope,
            chunks: { entry in
                let table = folder.table(of: entry)
                return done.isBegun(entry.dumpID)
                    ? Array(table?.chunks.indices ?? 0..<0) : policy.chunks(of: table)
            },
            bytes: folder.bytes
        ).leaving(out: done) { folder.table(of: $0)?.chunks[$1].length ?? 0 }
        let total = folder.toc.entries.reduce(0) { $0 + folder.bytes($1) }
        meter = RestoreMeter(sink: progress, totalBytes: total - plan.skipped.bytes)
    }

    /// What ``perform(on:settings:beforeEnd:)`` would do, in words.
    func steps(unfinished: String?) -> [String] {
        RestoreSteps.of(
            plan, request, about: DatabaseStatements(of: folder.toc, statements: statements), unfinished: unfinished)
    }

    /// - Parameter beforeEnd: what belongs to the restore and may not come after its last transaction, for then nothing
    ///   tells any more that it is still to be done.
    func perform(
        on target: ConnectionParameters, settings: (String) -> SessionSettings,
        beforeEnd: () async throws -> Void = {}
    ) async throws {
        let runner = EntryRunner(
            folder: folder, statements: statements, ownTables: plan.ownTables, meter: meter, journal: journal,
            done: done)
        var connections: [Connection] = []
        do {
            for _ in 0..<max(1, request.jobs) {
                connections.append(try await open(target, settings(folder.encoding)))
            }
            meter.phase("definitions")
            try await runner.run(plan.definitions, on: connections[0])
            try await work(through: plan.items, runner, connections)
            if request.scope == .all, !request.isRehearsal {
                meter.phase("analyze")
                try await analyze(connections)
            }
            try await beforeEnd()
            try await runner.finish(with: plan.last, on: connections[0])
            try await connections[0].run { try Self.makeDurable($0) }
        } catch {
            await Self.close(connections)
            throw error
        }
        await Self.close(connections)
    }

    /// The work was committed without waiting for the disk; a commit that waits brings all before it there, too.
    private static func makeDurable(_ session: Session) throws {
        try session.execute("SET synchronous_commit = on")
        _ = try session.rows("SELECT pg_logical_emit_message(true, 'dbctl', 'restored')")
    }

    private func open(_ target: ConnectionParameters, _ settings: SessionSettings) async throws -> Connection {
        let connection = try await Connection.open(target, settings: settings)
        let standardStrings = folder.usesStandardStrings
        try await connection.run { [meter] session in
            try EntryRunner.prepare(session, standardStrings: standardStrings)
            session.onNotice = { meter.warn($0.message) }
        }
        return connection
    }

    private static func close(_ connections: [Connection]) async {
        for connection in connections { await connection.close() }
    }

    /// Keeps every connection busy with whatever is ready.
    private func work(through items: [WorkItem], _ runner: EntryRunner, _ connections: [Connection]) async throws {
        var queue = WorkQueue(items)
        var idle = connections
        try await withThrowingTaskGroup(of: (WorkItem.ID, Connection).self) { group in
            while true {
                while let connection = idle.last, let item = queue.next() {
                    idle.removeLast()
                    group.addTask {
                        try await runner.run(item.action, on: connection)
                        return (item.id, connection)
                    }
                }
                guard let (done, connection) = try await group.next() else { break }
                queue.finish(done)
                idle.append(connection)
            }
        }
        guard queue.isDone else {
            throw Failure(.restoreStatement, "the archive's dependencies left work undone", category: .bug)
        }
    }

    /// Statistics for the planner: an archive has none. A table that cannot be analyzed (a function in one of its
    /// indexes may fail without a search_path) is no reason to throw away a database that has all its rows.
    private func analyze(_ connections: [Connection]) async throws {
        let tables = try await connections[0].run { session in
            try session.rows(Query(embedded: PackageResources.tables_to_analyze_sql)).map { row in
                ArchiveText(hexadecimal: try row.value("name"))
            }
        }
        var rest = tables[...]
        var idle = connections
        try await withThrowingTaskGroup(of: Connection.self) { group in
            while true {
                while let connection = idle.last, let table = rest.popFirst() {
                    idle.removeLast()
                    group.addTask {
                        try await analyze(table, over: connection)
                        return connection
                    }
                }
                guard let connection = try await group.next() else { break }
                idle.append(connection)
            }
        }
    }

    private func analyze(_ table: ArchiveText, over connection: Connection) async throws {
        do {
            let statement: ArchiveText = "ANALYZE " + table
            let paths = folder.searchPaths.candidates(for: nil)
            try await connection.run { session in
                try session.findingNames(along: paths) { try $0.script(ServerText(archive: statement.bytes)) }
            }
        } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
            meter.warn("ANALYZE \(table.string) failed: \(error.message)")
        }
    }
}
