public import Operations
public import Postgres
import Synchronization

/// Compares the rows of a live database with what a manifest says of them, by count and checksum.
///
/// Partitions are added up under the root of their tree: rows of a hash partition on an enum may lie in another
/// partition after a restore, for the hash depends on OIDs.
public struct ManifestComparison: Sendable {
    private let manifest: Manifest
    private let server: ConnectionParameters
    private let settings: SessionSettings
    private let jobs: Int
    private let progress: any ProgressSink

    /// - Parameter server: with the database that is compared.
    public init(
        _ manifest: Manifest, with server: ConnectionParameters, settings: SessionSettings, jobs: Int = 2,
        progress: any ProgressSink = SilentProgress()
    ) {
        (self.manifest, self.server, self.settings) = (manifest, server, settings)
        (self.jobs, self.progress) = (max(1, jobs), progress)
    }

    /// A table, or a partition tree, that is not as the manifest has it.
    public struct Difference: Sendable, Hashable, Codable {
        /// `schema.name`, of a partition its root's.
        public var table: String
        public var expectedRows: Int64
        /// Nil when the table is not there.
        public var rows: Int64?
        public var expectedChecksum: TableChecksum
        public var checksum: TableChecksum?

        enum CodingKeys: String, CodingKey {
            case table
            case expectedRows = "expected_rows"
            case rows
            case expectedChecksum = "expected_checksum"
            case checksum
        }

        public var sentence: String {
            guard let rows, let checksum else { return "\(table) is missing (\(expectedRows) rows)" }
            let what =
                rows == expectedRows ? "other rows than the set" : "\(rows) rows where the set has \(expectedRows)"
            return "\(table) has \(what) (\(checksum), expected \(expectedChecksum))"
        }
    }

    /// - Returns: what differs, by name; nothing when every row came back.
    public func differences() async throws -> [Difference] {
        let board = Board(manifest.tables)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(jobs, manifest.tables.count) {
                group.addTask {
                    try await Connection.with(server, settings: settings) { try await compare(board, over: $0) }
                }
            }
            while try await group.next() != nil {}
        }
        return board.found.withLock { Array($0.values) }.filter { !$0.isNone }.sorted { $0.table < $1.table }
    }

    private func compare(_ board: Board, over connection: Connection) async throws {
        while let table = board.work.withLock({ $0.popLast() }) {
            progress.report(Progress(phase: "compare", done: 0, total: nil, unit: .items, note: table.displayName))
            let (root, checksum) = try await connection.run { try Self.look($0, table) }
            board.found.withLock { $0[root, default: Difference(root)].add(table, checksum) }
        }
    }

    /// What is still to be looked at, and what was found.
    private final class Board: Sendable {
        let work: Mutex<[Manifest.Table]>
        let found = Mutex<[String: Difference]>([:])

        init(_ tables: [Manifest.Table]) {
            // The largest is taken first, so that no session is left alone with it at the end.
            work = Mutex(tables.sorted { $0.bytes < $1.bytes })
        }
    }

    /// The root of the table's partition tree, and its rows; nil for a table that is not there.
    private static func look(_ session: Session, _ table: Manifest.Table) throws -> (String, TableChecksum?) {
        let rows = try session.rows(
            Query(embedded: PackageResources.partition_root_sql, binds: [table.schema, table.name]))
        guard let row = rows.first else { return (table.displayName, nil) }
        let (schema, name): (String, String) = (try row.value("schema"), try row.value("name"))
        let encoding: String = try row.value("encoding")
        let checksum = try TableChecksum.compute(
            session, schema: table.schema, table: table.name, columns: table.columns, format: table.checksumFormat,
            encoding: encoding)
        return ("\(schema).\(name)", checksum)
    }
}

extension ManifestComparison.Difference {
    fileprivate init(_ table: String) {
        self.init(
            table: table, expectedRows: 0, rows: 0, expectedChecksum: TableChecksum(), checksum: TableChecksum())
    }

    fileprivate var isNone: Bool { rows == expectedRows && checksum == expectedChecksum }

    /// Adds up a partition, or the only table there is.
    fileprivate mutating func add(_ table: Manifest.Table, _ found: TableChecksum?) {
        expectedRows += table.rows
        expectedChecksum = expectedChecksum + table.checksum
        guard let found, let sum = checksum, let count = rows else {
            (rows, checksum) = (nil, nil)
            return
        }
        (rows, checksum) = (count + found.rows, sum + found)
    }
}

extension Manifest.Table {
    /// `schema.name`, for people.
    var displayName: String { "\(schema).\(name)" }
}
