import Operations
import Postgres

/// DROP INDEX in the form that stops nobody, or, for a partitioned index, in the only form that there is.
struct IndexDropping: Sendable {
    let request: IndexRequest
    let table: IndexedTable

    func drop(_ index: TableIndex, through connection: Connection) async throws {
        guard index.isPartitioned else { return try await dropConcurrently(index) }
        try await ShortLock(request: request, connection: connection, table: table).run("DROP INDEX \(try index.sql())")
    }

    /// - Throws: `index.max_wait` when others' transactions kept it from finishing; `index.leftover` when that made an
    ///   index useless that was in use.
    func dropConcurrently(_ index: TableIndex) async throws {
        do {
            try await ConcurrentStatement(
                request: request, query: "DROP INDEX CONCURRENTLY \(try index.sql())", label: index.name
            ).run()
        } catch let waited as ConcurrentStatement.WaitedTooLong {
            throw Failure(
                index.isUsable ? .indexLeftover : .indexMaxWait,
                "DROP INDEX \(index.label) waited \(request.maximumWait.spelled) for those who use \(table.label), and was ended",
                detail: (waited.blockers + [
                    "The index is still there and INVALID: queries do not use it any more, and writes may still maintain it."
                ]).joined(separator: "\n"),
                hint:
                    "end what it waits for (`dbctl pool kill`), or allow longer with --max-wait, and run the same command again"
            )
        }
    }
}
