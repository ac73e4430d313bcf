/// The table of contents (`toc.dat`) of a pg_dump directory-format archive.
///
/// A value, nothing else: ``init(parsing:)`` and ``serialized()`` are exact inverses, so that an archive which dbctl
/// extends differs from `pg_dump`'s own only by what was added. Versions 1.14 (PostgreSQL 12-15), 1.15 (16) and
/// 1.16 (17, 18).
public struct ArchiveTOC: Sendable, Hashable {
    public var header: Header
    public var entries: [ArchiveEntry]

    public init(header: Header, entries: [ArchiveEntry]) {
        self.header = header
        self.entries = entries
    }

    public enum Version: UInt8, Sendable, Hashable, CaseIterable, Comparable {
        /// `pg_dump` 12 to 15.
        case dump12 = 14
        /// `pg_dump` 16: the compression is an algorithm, no longer a zlib level.
        case dump16 = 15
        /// `pg_dump` 17 and 18: entries know their relkind.
        case dump17 = 16

        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// How the data files are compressed, in the words of the version that wrote the archive.
    public enum Compression: Sendable, Hashable {
        /// 1.14: a zlib level, 0 for none, -1 for zlib's default.
        case level(Int32)
        /// From 1.15.
        case algorithm(Algorithm)

        public enum Algorithm: UInt8, Sendable, Hashable {
            case none, gzip, lz4, zstd
        }
    }

    /// Broken-down local time of the machine that ran `pg_dump`: `struct tm`, so months count from 0 and years
    /// from 1900. The time zone is not recorded.
    public struct CreationTime: Sendable, Hashable {
        public var second, minute, hour, day, month, year, isDST: Int32

        public init(second: Int32, minute: Int32, hour: Int32, day: Int32, month: Int32, year: Int32, isDST: Int32) {
            (self.second, self.minute, self.hour, self.day) = (second, minute, hour, day)
            (self.month, self.year, self.isDST) = (month, year, isDST)
        }
    }

    public struct Header: Sendable, Hashable {
        public var version: Version
        /// Bytes an integer takes in the file, without its sign byte; 4 everywhere that PostgreSQL runs.
        public var intSize: UInt8
        /// Bytes of a file offset; a directory archive has none, but the field is there.
        public var offsetSize: UInt8
        public var compression: Compression
        public var created: CreationTime
        public var database: ArchiveText?
        /// As the server words it: `15.18 (Debian 15.18-1)`.
        public var serverVersion: ArchiveText?
        public var dumpVersion: ArchiveText?

        public init(
            version: Version,
            intSize: UInt8 = 4,
            offsetSize: UInt8 = 8,
            compression: Compression,
            created: CreationTime,
            database: ArchiveText?,
            serverVersion: ArchiveText?,
            dumpVersion: ArchiveText?
        ) {
            (self.version, self.intSize, self.offsetSize) = (version, intSize, offsetSize)
            (self.compression, self.created) = (compression, created)
            (self.database, self.serverVersion, self.dumpVersion) = (database, serverVersion, dumpVersion)
        }
    }

}

/// An entry's number inside one archive; other entries name it in their dependencies.
public struct DumpID: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static func < (left: DumpID, right: DumpID) -> Bool { left.rawValue < right.rawValue }
}
