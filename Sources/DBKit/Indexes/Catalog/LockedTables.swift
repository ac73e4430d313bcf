import Operations
import Postgres

/// What the server says of sizes and expressions takes a lock that a table in the middle of an ALTER does not give.
enum LockedTables {
    /// - Throws: `index.locked` naming the tables and who holds them, where `body` met a lock.
    static func naming<T: Sendable>(
        on connection: Connection, _ body: @escaping @Sendable (Session) throws -> T
    ) async throws -> T {
        do {
            return try await connection.run(body)
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
            throw try await connection.run { session in try failure(error, in: session) }
        } catch { throw error }
    }

    private static func failure(_ error: PostgresError, in session: Session) throws -> Failure {
        let rows = try session.rows(Query(embedded: PackageResources.locked_tables_sql))
        let names: [String] = try rows.map { try $0.value("name") }
        let holders = try Blocker.holders(of: try rows.map { try $0.value("oid") }, in: session)
        return Failure(
            .indexLocked,
            "the indexes cannot be looked at: \(names.isEmpty ? "a table" : names.joined(separator: ", ")) is locked against everybody",
            detail: holders.sentences, hint: "\(holders.remedy), or run the same command again later",
            sqlState: error.sqlState?.code)
    }
}
