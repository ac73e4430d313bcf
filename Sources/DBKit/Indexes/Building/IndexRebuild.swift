import Operations
import Postgres

/// REINDEX CONCURRENTLY of one index; what it leaves when it fails is dropped.
struct IndexRebuild: Sendable {
    let request: IndexRequest
    let table: IndexedTable

    func run(_ index: TableIndex) async throws {
        do {
            try await ConcurrentStatement(request: request, query: index.rebuildStatement, label: index.name).run()
        } catch {
            var failure = failure(error, index)
            let outcome = await Leftover(request: request, table: table, name: nil)
                .clear(isHurried: ConcurrentBuild.isInterruption(error))
            if case .gone = outcome {} else { outcome.apply(to: &failure, on: table) }
            if !index.isUsable {
                failure.add(detail: "\(index.harm), as before.")
            }
            throw failure
        }
    }

    private func failure(_ error: any Error, _ index: TableIndex) -> Failure {
        switch error {
        case let waited as StatementWatch.WaitedTooLong:
            Failure(
                .indexMaxWait,
                "the rebuild of \(index.label) waited \(request.maximumWait.spelled) for others' transactions (\(waited.phase)), and was ended",
                detail: waited.blockers.sentences,
                hint: "\(waited.blockers.remedy), or allow longer with --max-wait")
        case let error as PostgresError where error.sqlState == .uniqueViolation:
            DuplicateLook.failure(table, index.definition, detail: error.detail)
        default: Failure(describing: error)
        }
    }
}
