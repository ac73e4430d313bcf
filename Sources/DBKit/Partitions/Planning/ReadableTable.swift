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

    /// - Parameter role: The one that may not look into the table's schema.
    static func hidden(_ table: String, in schema: String, from role: String) -> Failure {
        let (place, grantee) = ((try? identifier(schema).typed) ?? schema, (try? identifier(role).typed) ?? role)
        return Failure(
            .partitionUnreadable, "the role may not look into the schema \(schema), where \(table) is",
            detail: "Nothing was changed.", hint: "GRANT USAGE ON SCHEMA \(place) TO \(grantee)", sqlState: "42501")
    }
}
