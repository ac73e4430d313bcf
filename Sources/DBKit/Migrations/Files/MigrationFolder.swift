/// All that lies in a folder of migrations, read and cut into statements before anything runs.
public struct MigrationFolder: Sendable, Hashable {
    public var dialect: Dialect
    /// In the order of their versions.
    public var versioned: [Migration]
    /// In the order of their names.
    public var repeatables: [Migration] = []
    /// `beforeEach.sql`: run in front of every migration, in its transaction.
    public var beforeEach: MigrationSection?
    /// `afterAll.sql`: run once when all are applied.
    public var afterAll: MigrationSection?

    public init(dialect: Dialect, versioned: [Migration]) {
        self.dialect = dialect
        self.versioned = versioned
    }

    /// A file of the folder.
    public struct File: Sendable, Hashable {
        /// From the folder on, with `/` between its parts.
        public var path: String
        public var bytes: [UInt8]

        public init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }
    }
}
