import Operations
import Postgres
import Storage
import Tools

/// What `backup create --dry-run` found: what a set would hold, read in a snapshot under the same locks, and thrown away.
public struct BackupPreview: Sendable, Codable {
    public var database: String
    /// Where the set would lie; its name is made when it is begun.
    public var folder: String
    /// Nothing was written.
    public var dryRun = true
    /// How many tables' rows the set would hold.
    public var tables: Int
    public var contents: [Table]
    public var largeObjects: Int
    public var sequences: Int
    /// Of all tables on disk, with TOAST and without indexes.
    public var tableBytes: Int64
    /// What the set is expected to need at least.
    public var neededBytes: Int64
    public var freeBytes: Int64?
    public var compression: String
    public var jobs: Int
    /// The folder of the `pg_dump` that would write the schema.
    public var tools: String
    public var omitted: [Omission]
    public var warnings: [String]

    public struct Table: Sendable, Codable {
        public var schema: String
        public var name: String
        public var copyFormat: CopyFormat
        public var tableBytes: Int64
        /// In how many pieces it would be read.
        public var chunks: Int

        enum CodingKeys: String, CodingKey {
            case schema, name
            case copyFormat = "copy_format"
            case tableBytes = "table_bytes"
            case chunks
        }
    }

    enum CodingKeys: String, CodingKey {
        case database, folder
        case dryRun = "dry_run"
        case tables, contents
        case largeObjects = "large_objects"
        case sequences
        case tableBytes = "table_bytes"
        case neededBytes = "needed_bytes"
        case freeBytes = "free_bytes"
        case compression, jobs, tools, omitted, warnings
    }
}

extension BackupCreation {
    /// Looks at everything that ``run()`` would look at before the first row, refuses what it would refuse, and writes
    /// nothing.
    public static func preview(_ request: BackupRequest) async throws -> BackupPreview {
        let holder = try await SnapshotHolder.open(
            request.server, applicationName: request.applicationName, lockWait: request.lockWait,
            deadline: .now + request.lockWait)
        return try await holder.connection.closing { _ in
            let tools = try await ClientTools.find(serverMajor: holder.server.major, request.tools)
            let all = Set(holder.relations.filter(\.holdsUserData).map(\.oid))
            let survey = try await BackupSurvey.of(holder, request, archived: all)
            try survey.refuse(request)
            let units = survey.plan.units(chunkPages: request.chunkPages)
            let chunks = units.reduce(into: [:]) { $0[$1.table, default: 0] += 1 }
            return BackupPreview(
                database: holder.server.database,
                folder: request.repository.url(DatabaseFolder.name(for: holder.server.database)),
                tables: survey.plan.tables.count,
                contents: survey.plan.tables.enumerated().map { index, table in
                    BackupPreview.Table(
                        schema: table.relation.schema.text, name: table.relation.name.text, copyFormat: table.format,
                        tableBytes: table.size.bytes, chunks: chunks[index] ?? 0)
                },
                largeObjects: survey.facts.largeObjects.count, sequences: survey.sequences.count,
                tableBytes: survey.tableBytes,
                neededBytes: DiskEstimate.needed(tableBytes: survey.tableBytes, compression: request.compression),
                freeBytes: try request.repository.freeBytes(), compression: request.compression.description,
                jobs: request.jobs, tools: tools.folder, omitted: survey.omitted, warnings: survey.warnings)
        }
    }
}
