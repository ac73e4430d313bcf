// Clients that write to a table while it is being converted, and keep a ledger of what they wrote.

import DBKit

public struct ConvertLoad: Sendable {
    let database: TestDatabase

    /// The ledger is a table of the clients' own: each of their transactions writes the same to both.
    public static let schema = """
        CREATE TABLE ledger (LIKE attempts, PRIMARY KEY (id));
        INSERT INTO ledger SELECT * FROM attempts;
        CREATE TABLE stopped (at timestamptz);
        CREATE TABLE done (client int, count bigint);
        CREATE PROCEDURE work(client int) LANGUAGE plpgsql AS $$
        DECLARE chosen bigint; count bigint := 0; stamp timestamptz;
        BEGIN
            PERFORM setseed(client / 100.0);
            LOOP
                EXIT WHEN EXISTS (SELECT FROM stopped);
                chosen := 1 + floor(random() * 17000);
                stamp := timestamptz '2026-01-01 00:00+00' + random() * interval '360 days';
                CASE floor(random() * 7)::int
                WHEN 0 THEN
                    WITH new AS (INSERT INTO attempts (at, account, note) VALUES (stamp, client, 'new') RETURNING *)
                    INSERT INTO ledger SELECT * FROM new;
                WHEN 1 THEN
                    WITH new AS (UPDATE attempts SET note = 'changed ' || count, score = random() * 100 WHERE id = chosen RETURNING *)
                    UPDATE ledger AS l SET note = new.note, score = new.score FROM new WHERE l.id = new.id;
                WHEN 2 THEN
                    WITH new AS (UPDATE attempts SET at = stamp WHERE id = chosen RETURNING *)
                    UPDATE ledger AS l SET at = new.at FROM new WHERE l.id = new.id;
                WHEN 3 THEN
                    WITH gone AS (DELETE FROM attempts WHERE id = chosen RETURNING id) DELETE FROM ledger AS l USING gone WHERE l.id = gone.id;
                WHEN 4 THEN
                    -- Comes and goes, and changes in between, in one transaction.
                    WITH new AS (INSERT INTO attempts (at, account) VALUES (stamp, -client) RETURNING *)
                    INSERT INTO ledger SELECT * FROM new;
                    UPDATE attempts SET at = at + interval '40 days' WHERE account = -client AND at < timestamptz '2026-11-01 00:00+00';
                    DELETE FROM attempts WHERE account = -client;
                    DELETE FROM ledger WHERE account = -client;
                WHEN 5 THEN
                    -- Another key for a row that is there.
                    WITH new AS (UPDATE attempts SET id = id + 1000000 + client * 100000 WHERE id = chosen RETURNING *)
                    UPDATE ledger AS l SET id = new.id FROM new WHERE l.id = chosen;
                ELSE
                    WITH new AS (INSERT INTO attempts (at, account, note) SELECT stamp + i * interval '1 hour', client, 'many' FROM generate_series(1, 20) AS i RETURNING *)
                    INSERT INTO ledger SELECT * FROM new;
                    IF random() < 0.3 THEN
                        ROLLBACK;
                        CONTINUE;
                    END IF;
                END CASE;
                COMMIT;
                count := count + 1;
            END LOOP;
            INSERT INTO done VALUES (client, count);
        END $$;
        """

    /// Runs the body while clients write.
    ///
    /// - Returns: What the body returns; a client that met an error throws it.
    public static func with<T: Sendable>(
        _ database: TestDatabase, clients: Int = 3, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T?.self) { group in
            for client in 1...clients {
                group.addTask {
                    var settings = SessionSettings(applicationName: "load \(client)")
                    settings.searchPath = "public"
                    settings.lockTimeout = .zero
                    try await Connection.with(database.parameters, settings: settings) { connection in
                        try await connection.run { session in _ = try session.execute("CALL work(\(client))") }
                    }
                    return nil
                }
            }
            group.addTask {
                try await finally {
                    try await body()
                } cleanUp: {
                    try await database.psql("INSERT INTO stopped VALUES (now())")
                }
            }
            var result: T?
            for try await value in group { result = value ?? result }
            guard let result else { throw TestSupportError("the body returned nothing") }
            return result
        }
    }

    /// Rows that are in one of them only, or are others.
    public static func differences(_ database: TestDatabase) async throws -> String {
        try await database.psql(
            """
            SELECT count(*) FROM ((TABLE attempts EXCEPT ALL TABLE ledger) UNION ALL (TABLE ledger EXCEPT ALL TABLE attempts)) AS d
            """)
    }

    /// How many transactions the clients committed.
    public static func transactions(_ database: TestDatabase) async throws -> Int {
        Int(try await database.psql("SELECT coalesce(sum(count), 0) FROM done")) ?? 0
    }
}
