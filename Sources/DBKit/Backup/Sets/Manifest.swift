/// What a backup set says about itself, `manifest.json`.
///
/// Written once; what is learned later lies beside the set in ``SetState``.
public struct Manifest: Sendable, Hashable, Codable {
    /// The version of this document that this program writes, and the newest that it reads.
    public static let currentFormat = 1

    public var format = Manifest.currentFormat
    /// The set's name.
    public var set: String
    public var database: String
    /// `server_version` as the server words it.
    public var serverVersion: String
    /// The number that the cluster was born with; nil where the role could not ask, and in older sets.
    public var systemIdentifier: String?
    public var dbctlVersion: String
    public var snapshot: Snapshot
    public var tables: [Table]
    /// Every other file of the set but this one.
    public var files: [File]
    /// What the backup does not hold, each as one sentence; see ``Omission``.
    public var omitted: [Omission]

    public init(
        set: String, database: String, serverVersion: String, systemIdentifier: String? = nil, dbctlVersion: String,
        snapshot: Snapshot, tables: [Table], files: [File], omitted: [Omission]
    ) {
        self.set = set
        self.database = database
        self.serverVersion = serverVersion
        self.systemIdentifier = systemIdentifier
        self.dbctlVersion = dbctlVersion
        self.snapshot = snapshot
        self.tables = tables
        self.files = files
        self.omitted = omitted
    }

    public struct Snapshot: Sendable, Hashable, Codable {
        /// Read before the snapshot was taken: a lower bound, no recovery point.
        public var lsn: String
        /// RFC 3339, UTC.
        public var time: String

        public init(lsn: String, time: String) {
            self.lsn = lsn
            self.time = time
        }
    }

    public struct Table: Sendable, Hashable, Codable {
        public var schema: String
        public var name: String
        /// The data file, relative to the set.
        public var file: String
        public var copyFormat: CopyFormat
        public var rows: Int64
        /// Of the COPY stream without its header and trailer, before compression.
        public var bytes: Int64
        public var checksum: TableChecksum
        /// The form of the rows that the checksum is over; differs from `copy_format` where the binary form carries
        /// OIDs of user types, which are others in every database.
        public var checksumFormat: CopyFormat
        /// In the order of the data file.
        public var columns: [String]
        public var chunks: [Chunk]

        public init(
            schema: String, name: String, file: String, copyFormat: CopyFormat, rows: Int64, bytes: Int64,
            checksum: TableChecksum, checksumFormat: CopyFormat, columns: [String], chunks: [Chunk]
        ) {
            self.schema = schema
            self.name = name
            self.file = file
            self.copyFormat = copyFormat
            self.rows = rows
            self.bytes = bytes
            self.checksum = checksum
            self.checksumFormat = checksumFormat
            self.columns = columns
            self.chunks = chunks
        }

        enum CodingKeys: String, CodingKey {
            case schema, name, file
            case copyFormat = "copy_format"
            case rows, bytes, checksum
            case checksumFormat = "checksum_format"
            case columns, chunks
        }
    }

    /// A range of a data file that can be decompressed and loaded by itself, once the COPY header and trailer are put
    /// around it.
    public struct Chunk: Sendable, Hashable, Codable {
        public var offset: Int64
        public var length: Int64
        public var rows: Int64
        /// Of the bytes in the file.
        public var sha256: String

        public init(offset: Int64, length: Int64, rows: Int64, sha256: String) {
            self.offset = offset
            self.length = length
            self.rows = rows
            self.sha256 = sha256
        }
    }

    public struct File: Sendable, Hashable, Codable {
        public var path: String
        public var bytes: Int64
        public var sha256: String

        public init(path: String, bytes: Int64, sha256: String) {
            self.path = path
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    enum CodingKeys: String, CodingKey {
        case format, set, database
        case serverVersion = "server_version"
        case systemIdentifier = "system_identifier"
        case dbctlVersion = "dbctl_version"
        case snapshot, tables, files, omitted
    }
}
