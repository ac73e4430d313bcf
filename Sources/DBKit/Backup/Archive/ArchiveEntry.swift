/// One entry of an archive's table of contents: an object's DDL, or the data of one table.
public struct ArchiveEntry: Sendable, Hashable {
    public var dumpID: DumpID
    /// A data file (or a `blobs.toc`) belongs to this entry.
    public var hasData: Bool
    /// The catalog that the object is in (1259 for tables), 0 for data entries.
    public var tableOID: UInt32
    /// The object's OID in the dumped database.
    public var oid: UInt32
    /// The object's name, undecorated for tables, with its arguments for functions.
    public var tag: ArchiveText?
    public var kind: Kind
    public var section: Section
    /// The SQL that creates the object; for ``Kind/tableData`` nil, or the load-via-partition-root marker.
    public var definition: ArchiveText?
    public var dropStatement: ArchiveText?
    public var copyStatement: ArchiveText?
    public var namespace: ArchiveText?
    /// nil: not an object with a tablespace; empty: the database's default.
    public var tablespace: ArchiveText?
    public var tableAccessMethod: ArchiveText?
    /// `pg_class.relkind` as a character code, 0 for what is no relation. In files from 1.16 on.
    public var relkind: UInt8
    public var owner: ArchiveText?
    public var dependencies: [DumpID]
    /// Relative to the archive's folder and without a compression suffix; nil without data.
    public var fileName: ArchiveText?

    public init(
        dumpID: DumpID,
        hasData: Bool = false,
        tableOID: UInt32 = 0,
        oid: UInt32 = 0,
        tag: ArchiveText?,
        kind: Kind,
        section: Section,
        definition: ArchiveText? = nil,
        dropStatement: ArchiveText? = nil,
        copyStatement: ArchiveText? = nil,
        namespace: ArchiveText? = nil,
        tablespace: ArchiveText? = nil,
        tableAccessMethod: ArchiveText? = nil,
        relkind: UInt8 = 0,
        owner: ArchiveText? = nil,
        dependencies: [DumpID] = [],
        fileName: ArchiveText? = nil
    ) {
        (self.dumpID, self.hasData, self.tableOID, self.oid) = (dumpID, hasData, tableOID, oid)
        (self.tag, self.kind, self.section) = (tag, kind, section)
        (self.definition, self.dropStatement, self.copyStatement) = (definition, dropStatement, copyStatement)
        (self.namespace, self.tablespace, self.tableAccessMethod) = (namespace, tablespace, tableAccessMethod)
        (self.relkind, self.owner, self.dependencies, self.fileName) = (relkind, owner, dependencies, fileName)
    }

    public enum Section: Int32, Sendable, Hashable {
        /// Comments, ACLs and labels of objects of any section; restored with whatever they depend on.
        case none = 1
        case preData, data, postData
    }

    /// What `pg_dump` calls the entry's description, and `pg_restore -l` shows.
    public struct Kind: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
        public let text: ArchiveText

        public init(_ text: ArchiveText) { self.text = text }
        public init(stringLiteral value: String) { text = ArchiveText(value) }
        public var description: String { text.string }

        public static let encoding: Kind = "ENCODING"
        public static let standardStrings: Kind = "STDSTRINGS"
        public static let searchPath: Kind = "SEARCHPATH"
        public static let database: Kind = "DATABASE"
        public static let databaseProperties: Kind = "DATABASE PROPERTIES"
        public static let serverExtension: Kind = "EXTENSION"
        public static let schema: Kind = "SCHEMA"
        public static let table: Kind = "TABLE"
        public static let sequence: Kind = "SEQUENCE"
        public static let materializedView: Kind = "MATERIALIZED VIEW"
        public static let tableData: Kind = "TABLE DATA"
        public static let sequenceSet: Kind = "SEQUENCE SET"
        public static let materializedViewData: Kind = "MATERIALIZED VIEW DATA"
        /// A large object, up to 1.15: one entry each.
        public static let largeObject: Kind = "BLOB"
        /// From 1.16: up to 1000 large objects of one owner and ACL.
        public static let largeObjectMetadata: Kind = "BLOB METADATA"
        /// The contents of large objects.
        public static let largeObjectData: Kind = "BLOBS"
        public static let acl: Kind = "ACL"
        public static let defaultACL: Kind = "DEFAULT ACL"
        public static let comment: Kind = "COMMENT"
        public static let securityLabel: Kind = "SECURITY LABEL"
    }

    /// `schema.name`, quoted.
    public var qualifiedName: ArchiveText {
        [namespace, tag].compactMap { $0 }.filter { !$0.isEmpty }.map(\.quotedIdentifier).joined(separator: ".")
    }
}
