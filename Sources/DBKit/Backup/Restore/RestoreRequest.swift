/// What a restore is to do.
public struct RestoreRequest: Sendable, Hashable {
    /// Which part of the archive is wanted.
    public enum Scope: String, Sendable, Hashable, Codable {
        case all
        case schemaOnly = "schema_only"
        /// Rows, into tables that are there.
        case dataOnly = "data_only"
    }

    /// The archive's folder.
    public var source: String
    /// Where the set lies in its repository, when it was found there: it must then be the set that it is named after.
    public var set: SetPath?
    /// The database that is filled.
    public var into: String
    /// Make the database; else it must exist and be empty.
    public var creates = false
    /// Connections that load and build at the same time.
    public var jobs = 2
    public var scope = Scope.all
    /// These tables alone, into a database that is in use; empty for everything.
    public var tables: [TableName] = []
    /// Everything in these schemas alone, into a database that is in use.
    public var schemas: [String] = []
    /// Restore the one table under another name.
    public var copyName: TableName?
    /// Take the place of the tables, or of the whole database, that are there.
    public var replaces = false
    /// How long one request for a lock on a table in use may wait; it is repeated a bounded number of times.
    public var lockTimeout: Duration = .seconds(2)
    /// How often all locks on tables in use are asked for, with a growing pause in between.
    public var lockTries = 15
    /// Everything belongs to the role that restores, and grants to roles that are not there are left out.
    public var skipsOwners = false
    /// Role in the archive to role on the server.
    public var roleMap: [String: String] = [:]
    /// Take a folder of a damaged set for a plain archive.
    public var isForeign = false
    /// Go on with what an interrupted restore of the same archive left, and leave it when this one is interrupted.
    public var resumes = false
    /// Tables smaller than this are loaded by one worker, and frozen.
    public var smallestSplitTableBytes: Int64 = 32 << 20
    /// Keep a journal in the database until it is complete, for `--resume`. A drill is held again from the start.
    var isResumable = true
    /// Into a cluster that is thrown away afterwards and writes as little WAL as it may: nobody will plan a query there,
    /// so no statistics are collected, and what is loaded by one worker is not logged at all.
    var isRehearsal = false
    /// Look at everything and say what would be done; change nothing.
    public var isDryRun = false

    /// Into a database that is in use, beside what is there.
    var isExcerpt: Bool { !tables.isEmpty || !schemas.isEmpty }

    /// The database is filled under another name.
    var makesDatabase: Bool { creates || replaces && !isExcerpt }

    public init(source: String, into: String) {
        self.source = source
        self.into = into
    }
}
