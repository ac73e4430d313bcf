import Operations
import Postgres

/// REINDEX CONCURRENTLY of one index; what it leaves when it fails is dropped.
struct IndexRebuild: Sendable {
    let request: IndexRequest
    let table: IndexedTable

    func run(_ index: TableIndex) async throws {
        do {
            try await ConcurrentStatement(
                request: request, query: "REINDEX INDEX CONCURRENTLY \(try index.sql())", label: index.name
            ).run()
        } catch {
            var failure = failure(error, index)
            await Leftover(request: request, table: table, name: nil)
                .clear(isHurried: ConcurrentBuild.isInterruption(error)).apply(to: &failure)
            throw failure
        }
    }

    private func failure(_ error: any Error, _ index: TableIndex) -> Failure {
        switch error {
        case let waited as ConcurrentStatement.WaitedTooLong:
            Failure(
                .indexMaxWait,
                "the rebuild of \(index.label) waited \(request.maximumWait.spelled) for others' transactions (\(waited.phase)), and was ended",
                detail: waited.blockers.joined(separator: "\n"),
                hint: "end what it waits for (`dbctl pool kill`), or allow longer with --max-wait")
        case let error as PostgresError where error.sqlState == .uniqueViolation:
            DuplicateLook.failure(table, index.definition, detail: error.detail)
        default: Failure(describing: error)
        }
    }
}
