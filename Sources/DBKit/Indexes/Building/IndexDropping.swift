import Operations
import Postgres

/// DROP INDEX in the form that stops nobody, or, for a partitioned index, in the only form that there is.
struct IndexDropping: Sendable {
    let request: IndexRequest
    let table: IndexedTable

    func drop(_ index: TableIndex, through connection: Connection) async throws {
        guard index.isPartitioned else { return try await dropConcurrently(index) }
        try await ShortLock(request: request, connection: connection, table: table).run(index.dropStatement)
    }

    /// - Throws: `index.max_wait` when others' transactions kept it from beginning; `index.leftover` when it made an index
    ///   useless that was in use, and could not finish.
    func dropConcurrently(_ index: TableIndex) async throws {
        do {
            try await ConcurrentStatement(
                request: request, query: index.dropStatement, label: index.name
            ).run()
        } catch {
            throw await failure(error, index)
        }
    }

    /// A DROP that is ended before its first step changes nothing; after it, no query uses the index any more.
    private func failure(_ error: any Error, _ index: TableIndex) async -> Failure {
        var failure =
            if let waited = error as? StatementWatch.WaitedTooLong {
                Failure(
                    .indexMaxWait,
                    "DROP INDEX \(index.label) waited \(request.maximumWait.spelled) for those who use \(table.label), and was ended",
                    detail: waited.blockers.sentences,
                    hint:
                        "\(waited.blockers.remedy), or allow longer with --max-wait, and run the same command again"
                )
            } else if ConcurrentBuild.isInterruption(error) {
                Failure(
                    .runInterrupted, "stopped while \(index.label) was being dropped",
                    hint: "run the same command again")
            } else {
                Failure(describing: error)
            }
        // In a task of its own, because the caller's may be cancelled.
        let looked = await Task.detached { await look(index.oid) }.value
        guard case .success(let found) = looked else {
            failure.add(detail: "Nobody could look what became of it; `dbctl index list` shows it.")
            return failure
        }
        guard let now = found else {
            failure.add(detail: "The index is gone.")
            return failure
        }
        guard !now.isUsable else {
            failure.add(detail: "The index is as it was.")
            return failure
        }
        let state = "\(now.harm); `dbctl index drop \(ShellWord.quoted(now.label)) --yes` finishes it."
        failure.add(detail: state)
        if failure.category == .interrupted || failure.category == .terminated {
            request.onEvent(.left(state))
        } else {
            failure.code = .indexLeftover
            failure.category = .partial
        }
        return failure
    }

    private func look(_ oid: Int64) async -> Result<TableIndex?, any Error> {
        do {
            return .success(
                try await Connection.with(request.server, settings: request.watcherSettings, timeout: .seconds(1)) {
                    try await $0.run { session in try TableIndex.read(index: oid, in: session) }
                })
        } catch {
            return .failure(error)
        }
    }
}
