import Operations
import Postgres
import Storage

/// What a backup is going to hold, and what not: everything that can be said before the first row is read.
struct BackupSurvey: Sendable {
    let server: SourceServer
    let facts: DatabaseFacts
    let plan: CopyPlan
    let sequences: [DatabaseFacts.Relation]
    let warnings: [String]
    private let invisible: [Omission]

    var omitted: [Omission] { plan.omitted + invisible }

    /// Bytes of all tables on disk.
    var tableBytes: Int64 { plan.tables.reduce(0) { $0 + $1.size.bytes } }

    /// - Parameter archived: OIDs of the relations that the schema archive has entries for.
    static func of(
        _ holder: SnapshotHolder, _ request: BackupRequest, archived: Set<UInt32>
    ) async throws -> BackupSurvey {
        try await holder.connection.run { session in
            let facts = try DatabaseFacts.read(session, relations: holder.relations)
            var plan = CopyPlan(
                facts, archived: archived, format: request.copyFormat, excluded: request.excludedTableData,
                only: request.onlyTableData,
                isStandby: holder.server.isStandby)
            let sizes = try sizes(session, plan)
            for index in plan.tables.indices {
                plan.tables[index].size = sizes[plan.tables[index].relation.oid] ?? .init()
            }
            return BackupSurvey(holder.server, facts, plan, archived, request)
        }
    }

    private init(
        _ server: SourceServer, _ facts: DatabaseFacts, _ plan: CopyPlan, _ archived: Set<UInt32>,
        _ request: BackupRequest
    ) {
        (self.server, self.facts, self.plan) = (server, facts, plan)
        let configuration = Set(facts.configurationTables.map(\.oid))
        sequences = facts.relations.filter { relation in
            relation.kind == .sequence && (archived.contains(relation.oid) || configuration.contains(relation.oid))
                && !request.excludedTableData.contains { $0.matches(relation) }
                && !(relation.isUnlogged && server.isStandby)
        }
        // A pattern that fits nothing costs no data, so it is no failure: one list may serve many databases.
        let isHalfRestored = facts.relations.contains { $0.schema.text == RestoreJournal.schema }
        let half =
            isHalfRestored
            ? [
                "\(server.database) is a half-restored database, and so is this set: an interrupted restore has left the "
                    + "schema \(RestoreJournal.schema) there; end it with dbctl restore --resume, then back up again"
            ] : []
        warnings =
            half
            + request.excludedTableData.filter { pattern in !facts.relations.contains { pattern.matches($0) } }
            .map { "--exclude-table-data \($0) fits no table of \(server.database)" }
        invisible = server.invisible.map { Omission(.notVisible, $0) }
    }

    /// Refuses what `--require-all` does not allow, and what cannot fit.
    func refuse(_ request: BackupRequest) throws(Failure) {
        if request.requiresAll, let first = invisible.first {
            throw Failure(
                .backupIncomplete,
                "the role \(server.role) cannot see \(invisible.map(\.what).joined(separator: ", "))",
                detail: "--require-all was given and \(first.what) would be missing",
                hint: "run as a superuser, or without --require-all, which lists what is missing")
        }
        try DiskEstimate.check(
            needed: DiskEstimate.needed(tableBytes: tableBytes, compression: request.compression),
            free: try request.repository.freeBytes(), place: request.repository.location)
    }

    private static func sizes(_ session: Session, _ plan: CopyPlan) throws -> [UInt32: CopyPlan.Size] {
        let oids = plan.tables.map(\.relation.oid)
        var sizes: [UInt32: CopyPlan.Size] = [:]
        for row in try session.rows(Query(embedded: PackageResources.table_sizes_sql, binds: [oids])) {
            sizes[try row.value("oid")] = CopyPlan.Size(pages: try row.value("pages"), bytes: try row.value("bytes"))
        }
        return sizes
    }
}

extension SourceServer {
    /// What this role cannot see of the database, in words.
    var invisible: [String] {
        guard !isSuperuser else { return [] }
        let subscriptions = hiddenSubscriptions > 0 ? ["\(hiddenSubscriptions) subscriptions"] : []
        let mappings = hiddenUserMappings > 0 ? ["options of \(hiddenUserMappings) user mappings"] : []
        return ["role passwords"] + subscriptions + mappings
    }
}
