// A database with prices, a folder of feeds, and refreshes of one into the other.

public import DBKit
import Foundation

/// A table of prices and files to refresh it from.
public struct RefreshFixture: Sendable {
    public let database: TestDatabase
    public let folder: String

    /// Assets 1 to 3 with symbols; prices of the first two on three days of January 2024.
    public static let schema = """
        CREATE TABLE assets (id int PRIMARY KEY, symbol text NOT NULL UNIQUE);
        INSERT INTO assets VALUES (1, 'AAA'), (2, 'BBB'), (3, 'CCC');
        CREATE TABLE prices (
            asset_id int NOT NULL REFERENCES assets (id),
            date date NOT NULL,
            close numeric(12, 4) NOT NULL,
            volume bigint,
            PRIMARY KEY (asset_id, date)
        );
        INSERT INTO prices
        SELECT a, date '2024-01-01' + d, 100 * a + d, 1000 FROM generate_series(1, 2) AS a, generate_series(0, 2) AS d;
        """

    /// What ``schema`` holds, as a feed.
    public static let same = """
        asset_id,date,close,volume
        1,2024-01-01,100,1000
        1,2024-01-02,101,1000
        1,2024-01-03,102,1000
        2,2024-01-01,200,1000
        2,2024-01-02,201,1000
        2,2024-01-03,202,1000

        """

    public static func with<T: Sendable>(
        _ schema: String = schema, major: Int = 15, isolation: isolated (any Actor)? = #isolation,
        _ body: (RefreshFixture) async throws -> T
    ) async throws -> T {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(schema)
            return try await withTemporaryFolder { folder in
                try await body(RefreshFixture(database: database, folder: folder))
            }
        }
    }

    public init(database: TestDatabase, folder: String) {
        self.database = database
        self.folder = folder
    }

    @discardableResult public func write(_ text: String, to name: String = "feed.csv") throws -> String {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult public func write(_ bytes: [UInt8], to name: String = "feed.csv") throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    /// As the command line makes it of `--table` and `--key`: what the last run had does not count.
    public var definition: FeedDefinition {
        var definition = FeedDefinition(table: "prices", key: ["asset_id", "date"])
        definition.guards.missingAssets = nil
        return definition
    }

    public func request(_ change: (inout RefreshRequest) -> Void = { _ in }) -> RefreshRequest {
        let id = RunID.make()
        var request = RefreshRequest(
            server: database.parameters,
            run: OperationLog.Run(
                id: id, command: "refresh run", arguments: [], operatingSystemUser: "test", host: "test",
                version: "test"),
            applicationName: "dbctl refresh run \(id)")
        request.clock = WallClock { Date(timeIntervalSince1970: 1_709_251_200) }
        change(&request)
        return request
    }

    /// Refreshes from a text, as `dbctl refresh run` does.
    @discardableResult public func run(
        _ feed: String? = nil, _ change: (inout FeedDefinition) -> Void = { _ in }
    ) async throws -> RefreshReport {
        try await refresh(feed, change).run()
    }

    public func plan(
        _ feed: String? = nil, _ change: (inout FeedDefinition) -> Void = { _ in }
    ) async throws -> RefreshReport {
        try await refresh(feed, change).plan()
    }

    public func refresh(
        _ feed: String? = nil, _ change: (inout FeedDefinition) -> Void = { _ in }
    ) throws -> RefreshRun {
        if let feed { try write(feed) }
        var definition = definition
        change(&definition)
        return RefreshRun(request(), definition: definition, arguments: ["\(folder)/feed.csv"])
    }

    public func undo(_ run: String, removesInserted: Bool = false) async throws -> RefreshUndoReport {
        try await RefreshUndo(request(), runPrefix: run, removesInserted: removesInserted).run()
    }

    /// The table, a row a line.
    public func table(_ name: String = "prices") async throws -> String {
        try await database.psql("SELECT t.* FROM \(name) AS t ORDER BY t")
    }
}

extension RefreshReport {
    /// What became of the records, in one line.
    public var counts: String {
        "read \(read) = \(inserted) + \(updated) + \(unchanged) + \(rejected) + \(collapsed) + \(suppressed)"
    }

    /// R2
    public var addsUp: Bool { read == inserted + updated + unchanged + rejected + collapsed + suppressed + pending }
}
