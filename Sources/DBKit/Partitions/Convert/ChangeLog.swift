import Operations
import Postgres

/// The keys of all rows that are written to a table, noted by a trigger in the writer's own transaction.
///
/// Keys and nothing else: whoever follows reads what stands in the table now, so that the order of the entries does not
/// matter, and neither do the transactions in which they arose. A writer pays for one more INSERT into a table without
/// indexes; whatever is wrong with the copy can never make a write fail.
struct ChangeLog: Sendable, Hashable {
    enum Direction: Sendable {
        /// From the table to the partitioned one, before the swap.
        case forth
        /// From the partitioned table to the one that it has replaced, until there is no way back.
        case back
    }

    let conversion: Int64
    let direction: Direction
    let key: SyncKey

    /// Of the table of keys and of the function alike.
    private static func name(_ conversion: Int64, _ direction: Direction) -> String {
        "convert_\(conversion)\(direction == .back ? "_back" : "")"
    }

    static let rowTrigger = "dbctl_convert"
    static let truncateTrigger = "dbctl_convert_truncate"

    func sql() throws(PostgresError) -> SQLFragment {
        "\(try identifier("dbctl", Self.name(conversion, direction)))"
    }

    /// The table of keys and the function, without which no trigger can be.
    func create(like table: SQLFragment, in session: Session) throws {
        let log = try sql()
        try session.execute("CREATE TABLE \(log) AS SELECT \(try key.list(key.all)) FROM \(table) WITH NO DATA")
        // A publication of all tables would else refuse every DELETE from it.
        try session.execute("ALTER TABLE \(log) REPLICA IDENTITY FULL")
        // Millions of rows come and go.
        try session.execute(
            "ALTER TABLE \(log) SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000)")
        try session.execute(
            """
            CREATE FUNCTION \(log)() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS \(try literal(try body().text))
            """)
        // Whoever writes to the table runs it by the trigger, which needs no privilege.
        try session.execute("REVOKE ALL ON FUNCTION \(log)() FROM PUBLIC")
    }

    private func body() throws -> Query {
        // Without comparing the two: operators of a type that an extension brings are not found under this search_path.
        let log = try sql()
        let old = try key.list(key.all, of: "OLD")
        let new = try key.list(key.all, of: "NEW")
        return """
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    INSERT INTO \(log) VALUES (\(new));
                ELSIF TG_OP = 'DELETE' THEN
                    INSERT INTO \(log) VALUES (\(old));
                ELSIF TG_OP = 'TRUNCATE' THEN
                    INSERT INTO \(log) DEFAULT VALUES;
                ELSE
                    INSERT INTO \(log) VALUES (\(old)), (\(new));
                END IF;
                RETURN NULL;
            END
            """
    }

    /// Takes SHARE ROW EXCLUSIVE: once it is committed, no write is under way that is not noted.
    func install(on table: SQLFragment, in session: Session) throws(PostgresError) {
        let function = try sql()
        let (row, truncate) = (try identifier(Self.rowTrigger), try identifier(Self.truncateTrigger))
        try session.execute(
            "CREATE TRIGGER \(row) AFTER INSERT OR UPDATE OR DELETE ON \(table) FOR EACH ROW EXECUTE FUNCTION \(function)()"
        )
        try session.execute(
            "CREATE TRIGGER \(truncate) AFTER TRUNCATE ON \(table) FOR EACH STATEMENT EXECUTE FUNCTION \(function)()")
        // Also for sessions that replay a subscription or a dump (session_replication_role).
        for trigger in [row, truncate] {
            try session.execute("ALTER TABLE \(table) ENABLE ALWAYS TRIGGER \(trigger)")
        }
    }

    /// True as long as nobody has switched the triggers off, which `ALTER TABLE … DISABLE TRIGGER ALL` also does; switched
    /// on again, they are no longer ALWAYS.
    static func isWatching(_ table: Int64, in session: Session) throws -> Bool {
        try session.row(
            """
            SELECT count(*) = 2 AS is_on FROM pg_catalog.pg_trigger
            WHERE tgrelid = \(table)::bigint::oid AND tgenabled = 'A'
              AND tgname IN (\(rowTrigger), \(truncateTrigger)) AND NOT tgisinternal
            """
        ).value("is_on")
    }

    static func remove(from table: SQLFragment, in session: Session) throws(PostgresError) {
        for trigger in [rowTrigger, truncateTrigger] {
            try session.execute("DROP TRIGGER IF EXISTS \(try identifier(trigger)) ON \(table)")
        }
    }

    /// Of both directions; once no trigger is left.
    static func drop(of conversion: Int64, in session: Session) throws(PostgresError) {
        for direction in [Direction.forth, .back] {
            let log = try identifier("dbctl", name(conversion, direction))
            try session.execute("DROP FUNCTION IF EXISTS \(log)()")
            try session.execute("DROP TABLE IF EXISTS \(log)")
        }
    }
}
