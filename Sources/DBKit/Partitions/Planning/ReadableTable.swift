import Operations
import Postgres

/// Asks before it reads: what is refused stands in the server's log, and does not say what to grant.
enum ReadableTable {
    /// - Parameters:
    ///   - what: The table, and what it is read for.
    ///   - typed: Its name as it is typed.
    /// - Throws: `partition.unreadable`
    static func require(_ table: Int64, _ what: String, _ typed: String, in session: Session) throws {
        let right = try session.row(Query(embedded: PackageResources.partition_readable_sql, binds: [table]))
        guard try !right.value("may_read") else { return }
        let role: String = try right.value("role")
        throw Failure(
            .partitionUnreadable, "the role may not read \(what)", detail: "Nothing was changed.",
            hint: "GRANT SELECT ON \(typed) TO \(try identifier(role).typed)", sqlState: "42501")
    }

    /// The schema in which a name is written that may not be looked up.
    static func hidden(_ written: String, in session: Session) throws -> Failure {
        let row = try session.row(
            """
            SELECT pg_catalog.quote_ident(p.words[pg_catalog.cardinality(p.words) - 1]) AS schema, pg_catalog.quote_ident(current_user) AS role
            FROM pg_catalog.parse_ident(\(written)) AS p (words)
            """)
        let (schema, role): (String, String) = (try row.value("schema"), try row.value("role"))
        return Failure(
            .partitionUnreadable, "the role may not look into the schema \(schema), where \(written) is",
            detail: "Nothing was changed.", hint: "GRANT USAGE ON SCHEMA \(schema) TO \(role)",
            sqlState: "42501")
    }
}
