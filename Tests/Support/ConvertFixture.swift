// A table that is to become partitioned, and conversions of it as dbctl makes them.

public import DBKit

public struct ConvertFixture: Sendable {
    public let database: TestDatabase

    public init(database: TestDatabase) {
        self.database = database
    }

    /// Attempts of a year, one in half an hour.
    public static let schema = """
        CREATE TABLE attempts (
            id bigserial PRIMARY KEY, at timestamptz NOT NULL, account int NOT NULL DEFAULT 7, score numeric(10, 2), note text
        );
        CREATE INDEX attempts_account ON attempts (account, at DESC);
        INSERT INTO attempts (at, account, score, note)
        SELECT timestamptz '2026-01-01 00:00+00' + i * interval '30 minutes', i % 100, i / 3.0, 'note ' || i
        FROM generate_series(0, 17000) AS i;
        ANALYZE attempts;
        """

    public static func with<T: Sendable>(
        _ schema: String = schema, major: Int = 15, isolation: isolated (any Actor)? = #isolation,
        _ body: (ConvertFixture) async throws -> T
    ) async throws -> T {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(schema)
            return try await body(ConvertFixture(database: database))
        }
    }

    public func request(_ change: (inout PartitionRequest) -> Void = { _ in }) -> PartitionRequest {
        let id = RunID.make()
        var request = PartitionRequest(
            server: database.parameters,
            run: OperationLog.Run(
                id: id, command: "partition convert", arguments: [], operatingSystemUser: "test", host: "test",
                version: "test"),
            applicationName: "dbctl partition convert \(id)")
        request.wait = .zero
        change(&request)
        return request
    }

    /// By month, with a swap that a machine with ten other things to do also gets done.
    public static func monthly(
        _ table: String = "attempts", _ key: String = "at", _ change: (inout ConvertSpecification) -> Void = { _ in }
    ) -> ConvertSpecification {
        var specification = ConvertSpecification(table: table, key: key, step: .calendar(CalendarStep(1, .month)))
        specification.maximumStall = .seconds(10)
        change(&specification)
        return specification
    }

    public func plan(_ specification: ConvertSpecification = monthly()) async throws -> ConvertReport {
        try await PartitionConvert(request(), specification).plan()
    }

    @discardableResult public func convert(
        _ specification: ConvertSpecification = monthly(), request: PartitionRequest? = nil
    ) async throws -> ConvertReport {
        try await PartitionConvert(request ?? self.request(), specification).run()
    }

    /// While somebody reads the table in a transaction that he has forgotten, so that it cannot be swapped.
    @discardableResult public func convertHeld(
        _ specification: ConvertSpecification = monthly(), _ statement: String = "SELECT * FROM attempts LIMIT 1"
    ) async throws -> ConvertReport {
        var specification = specification
        specification.patience = .milliseconds(500)
        specification.maximumStall = .milliseconds(400)
        let wanted = specification
        return try await holding(statement) { try await convert(wanted) }
    }

    public func holding<T: Sendable>(
        _ statement: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        var settings = SessionSettings(applicationName: "forgotten")
        settings.searchPath = "public"
        let connection = try await Connection.open(database.parameters, settings: settings)
        return try await finally {
            try await connection.run { session in
                try session.execute("BEGIN")
                try session.script(ServerText(file: statement))
            }
            return try await body()
        } cleanUp: {
            await connection.close()
        }
    }

    @discardableResult public func undo(_ table: String = "attempts") async throws -> ConvertReport {
        try await PartitionConvert.undo(table, request(), maximumStall: .seconds(10), isDryRun: false)
    }

    @discardableResult public func finish(_ table: String = "attempts") async throws -> ConvertReport {
        try await PartitionConvert.finish(table, request(), isDryRun: false)
    }

    /// Count and checksum over all values.
    public func content(_ table: String = "attempts") async throws -> String {
        try await database.psql(
            "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM \(table) AS t")
    }

    public func isPartitioned(_ table: String = "attempts") async throws -> Bool {
        try await database.psql("SELECT relkind = 'p' FROM pg_class WHERE oid = '\(table)'::regclass") == "t"
    }

    /// More than so many rows are copied by a conversion that is under way.
    public func hasCopied(_ rows: Int) async throws -> Bool {
        guard try await database.psql("SELECT to_regclass('dbctl.conversions') IS NOT NULL") == "t" else {
            return false
        }
        return try await database.psql("SELECT coalesce(max(rows_copied), 0) > \(rows) FROM dbctl.conversions") == "t"
    }

    /// What a conversion leaves beside the table: schemas, tables of keys, rows.
    public func leftovers() async throws -> String {
        try await database.psql(
            """
            SELECT coalesce(string_agg(name, ', '), '') FROM (
                SELECT nspname::text AS name FROM pg_namespace WHERE nspname LIKE 'dbctl_%'
                UNION ALL
                SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('dbctl') AND relname LIKE 'convert%' AND relkind = 'r'
                UNION ALL
                SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace('dbctl')
                UNION ALL
                SELECT tgname FROM pg_trigger WHERE tgname LIKE 'dbctl%'
                UNION ALL
                SELECT conname FROM pg_constraint WHERE conname LIKE 'dbctl%'
            ) AS found
            """)
    }
}
