// A database with a table of prices, and index runs in it as dbctl makes them.

public import DBKit

public struct IndexFixture: Sendable {
    public let database: TestDatabase

    public init(database: TestDatabase) { self.database = database }

    /// Twenty thousand prices of a hundred assets.
    public static let schema = """
        CREATE TABLE prices (asset_id int NOT NULL, date date NOT NULL, close numeric, name varchar(40), note text);
        INSERT INTO prices
        SELECT i % 100, date '2024-01-01' + i / 100, i, 'n' || i % 5000, NULL FROM generate_series(1, 20000) AS i;
        ANALYZE prices;
        """

    /// An index on it takes its time, on the processor.
    public static let slowFunction = """
        CREATE FUNCTION slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
        DECLARE s int := 0;
        BEGIN FOR i IN 1..600 LOOP s := s + i % 7; END LOOP; RETURN s + a; END $$;
        """

    public static func with<T: Sendable>(
        _ schema: String = schema, major: Int = 15, isolation: isolated (any Actor)? = #isolation,
        _ body: (IndexFixture) async throws -> T
    ) async throws -> T {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(schema)
            return try await body(IndexFixture(database: database))
        }
    }

    public func request(_ change: (inout IndexRequest) -> Void = { _ in }) -> IndexRequest {
        let id = RunID.make()
        var request = IndexRequest(
            server: database.parameters,
            run: OperationLog.Run(
                id: id, command: "index create", arguments: [], operatingSystemUser: "test", host: "test",
                version: "test"),
            applicationName: "dbctl index create \(id)")
        request.lockTimeout = .milliseconds(500)
        change(&request)
        return request
    }

    /// As `dbctl index create` does it.
    @discardableResult public func create(
        _ table: String = "prices", _ columns: String..., force: Bool = false,
        request: IndexRequest? = nil, _ change: (inout IndexSpecification) -> Void = { _ in }
    ) async throws -> IndexCreateReport {
        try await creation(table, columns, force: force, request: request, change).run()
    }

    public func creation(
        _ table: String, _ columns: [String], force: Bool = false, request: IndexRequest? = nil,
        _ change: (inout IndexSpecification) -> Void = { _ in }
    ) -> IndexCreate {
        var specification = IndexSpecification(table: table, columns: columns)
        change(&specification)
        var create = IndexCreate(request ?? self.request(), specification)
        create.isForced = force
        return create
    }

    /// `name valid`, one a line, of a table and its partitions.
    public func indexes(_ table: String = "prices") async throws -> [String] {
        let text = try await database.psql(
            """
            SELECT format('%s %s', i.indexrelid::regclass, CASE WHEN i.indisvalid THEN 'valid' ELSE 'invalid' END)
            FROM pg_index AS i WHERE i.indrelid = '\(table)'::regclass
                OR i.indrelid IN (SELECT relid FROM pg_partition_tree('\(table)')) ORDER BY 1
            """)
        return text.split(separator: "\n").map(String.init)
    }

    /// What an interrupted build leaves.
    public func invalidate(_ index: String) async throws {
        try await database.psql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\(index)'::regclass")
    }

    /// A session that has a transaction open while the body runs.
    public func holding<T: Sendable>(
        _ statement: String, user: String = "postgres", isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> T
    ) async throws -> T {
        var settings = SessionSettings(applicationName: "forgotten")
        settings.searchPath = "public"
        let connection = try await Connection.open(
            database.parameters.setting("user", user), settings: settings)
        return try await finally {
            try await connection.run { session in
                try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                try session.script(ServerText(file: statement))
            }
            return try await body()
        } cleanUp: {
            await connection.close()
        }
    }
}
