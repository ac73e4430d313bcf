import Operations
import Postgres

/// What happens to a range of the default partition while its rows are copied: a trigger notes every row that comes, goes or
/// changes, before and after. It writes into a table of its own, so that no write of anybody's can fail for the copy's sake.
struct DrainQueue: Sendable {
    let table: PartitionedTable
    let fallback: Partition
    let check: RangeCheck
    /// Of the table that the rows are copied into.
    let child: Int64

    static let trigger = "dbctl_drain"

    static func name(of child: Int64) -> String { "dbctl_drain_\(child)" }

    var sql: SQLFragment {
        get throws(PostgresError) { "\(try identifier(table.schema, Self.name(of: child)))" }
    }

    /// - Throws: `partition.locked`
    func create(_ request: PartitionRequest, _ connection: Connection) async throws {
        let row = try fallback.sql()
        let body: SQLFragment =
            """
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    IF \(try check.inside(of: "NEW")) THEN
                        INSERT INTO \(try sql) (has_old, has_new, new_row) VALUES (false, true, NEW);
                    END IF;
                ELSIF TG_OP = 'DELETE' THEN
                    IF \(try check.inside(of: "OLD")) THEN
                        INSERT INTO \(try sql) (has_old, has_new, old_row) VALUES (true, false, OLD);
                    END IF;
                ELSIF (\(try check.inside(of: "OLD"))) OR (\(try check.inside(of: "NEW"))) THEN
                    INSERT INTO \(try sql) (has_old, has_new, old_row, new_row)
                    VALUES ((\(try check.inside(of: "OLD"))), (\(try check.inside(of: "NEW"))), OLD, NEW);
                END IF;
                RETURN NULL;
            END
            """
        let mark = try literal(check.mark(of: table))
        let trigger = try identifier(Self.trigger)
        let statements: [Query] = [
            "CREATE TABLE \(try sql) (has_old boolean, has_new boolean, old_row \(row), new_row \(row))",
            "COMMENT ON TABLE \(try sql) IS \(mark)",
            // Whoever writes needs no right on the queue; whose function it is has them.
            "CREATE FUNCTION \(try sql)() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS \(try literal(body.statement))",
            "ALTER TABLE \(try sql) OWNER TO \(try identifier(table.owner))",
            "ALTER FUNCTION \(try sql)() OWNER TO \(try identifier(table.owner))",
            "REVOKE ALL ON FUNCTION \(try sql)() FROM PUBLIC",
            "CREATE TRIGGER \(trigger) AFTER INSERT OR UPDATE OR DELETE ON \(row) FOR EACH ROW EXECUTE FUNCTION \(try sql)()",
            "COMMENT ON TRIGGER \(trigger) ON \(row) IS \(mark)",
            // Rows that come by logical replication are rows.
            "ALTER TABLE \(row) ENABLE ALWAYS TRIGGER \(trigger)",
        ]
        try await BoundedLock(request: request, connection: connection, tables: [fallback.oid], label: fallback.label)
            .run("CREATE TRIGGER \(Self.trigger) ON \(fallback.label)") { session in
                try session.execute("LOCK TABLE \(row) IN SHARE ROW EXCLUSIVE MODE")
                for statement in statements { try session.execute(statement) }
            }
    }

    /// What is to be run, under ACCESS EXCLUSIVE on the default partition, so that nothing of it is left.
    func drop(in session: Session) throws {
        try session.execute("DROP TRIGGER \(try identifier(Self.trigger)) ON \(try fallback.sql())")
        try session.execute("DROP FUNCTION \(try sql)()")
        try session.execute("DROP TABLE \(try sql)")
    }
}
