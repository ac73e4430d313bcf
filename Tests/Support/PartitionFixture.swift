// A database with a partitioned table, and partition runs in it as dbctl makes them.

public import DBKit
public import Foundation

public struct PartitionFixture: Sendable {
    public let database: TestDatabase

    /// The middle of a month, so that nothing depends on the day on which the tests run.
    public static let now = Date(timeIntervalSince1970: 1_768_478_400)

    /// Attempts of users, cut by the month, with all that a partition should have like its parent.
    public static let schema = """
        CREATE TABLE users (id int PRIMARY KEY);
        INSERT INTO users SELECT generate_series(1, 10);
        CREATE TABLE attempts (
            id bigint GENERATED ALWAYS AS IDENTITY, attempted_at timestamptz NOT NULL,
            user_id int NOT NULL REFERENCES users, score int DEFAULT 7 CHECK (score >= 0),
            twice int GENERATED ALWAYS AS (score * 2) STORED, note text COLLATE "C", PRIMARY KEY (id, attempted_at)
        ) PARTITION BY RANGE (attempted_at);
        """

    public static func with<T: Sendable>(
        _ schema: String = schema, major: Int = 15, isolation: isolated (any Actor)? = #isolation,
        _ body: (PartitionFixture) async throws -> T
    ) async throws -> T {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(schema)
            return try await body(PartitionFixture(database: database))
        }
    }

    public func request(_ change: (inout PartitionRequest) -> Void = { _ in }) -> PartitionRequest {
        let id = RunID.make()
        var request = PartitionRequest(
            server: database.parameters,
            run: OperationLog.Run(
                id: id, command: "partition ensure", arguments: [], operatingSystemUser: "test", host: "test",
                version: "test"),
            applicationName: "dbctl partition ensure \(id)")
        request.clock = WallClock { Self.now }
        change(&request)
        return request
    }

    /// The declaration of the fixture's table.
    public func declaration(
        _ every: String = "1 month", _ change: (inout PartitionDeclaration) -> Void = { _ in }
    ) throws -> PartitionDeclaration {
        var declared = PartitionDeclaration(
            table: "attempts", key: "attempted_at", step: .calendar(try CalendarStep(spelled: every)))
        change(&declared)
        return declared
    }

    /// As `dbctl partition ensure` does it.
    @discardableResult public func ensure(
        _ declared: PartitionDeclaration..., drain: Bool = false, request: PartitionRequest? = nil
    ) async throws -> PartitionEnsureReport {
        var ensure = PartitionEnsure(
            request ?? self.request(), declared: declared.isEmpty ? [try declaration()] : declared)
        ensure.drainsDefault = drain
        return try await ensure.run()
    }

    public func verify(_ declared: PartitionDeclaration...) async throws -> PartitionVerifyReport {
        try await PartitionVerify(request(), declared: declared.isEmpty ? [try declaration()] : declared).run()
    }

    public func check(
        _ declared: PartitionDeclaration..., now: Date = Self.now, horizon: Duration? = nil
    ) async throws -> PartitionCheckReport {
        var check = PartitionCheck(
            request { $0.clock = WallClock { now } }, declared: declared.isEmpty ? [try declaration()] : declared)
        check.horizon = horizon
        return try await check.run()
    }

    /// A session that has a transaction open while the body runs.
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

    /// `name bounds`, one a line, in the order of their names.
    public func partitions(_ table: String = "attempts") async throws -> [String] {
        let text = try await database.psql(
            """
            SELECT format('%s %s', c.relname, pg_get_expr(c.relpartbound, c.oid))
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = '\(table)'::regclass ORDER BY c.relname
            """)
        return text.split(separator: "\n").map(String.init)
    }
}
