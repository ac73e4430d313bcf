import Foundation
import Operations
import Postgres

/// One index on one table that has rows of its own, built CONCURRENTLY: it ends valid or is gone.
struct ConcurrentBuild: Sendable {
    let request: IndexRequest
    let survey: IndexSurvey
    /// Where it is built: the survey's table, or a partition of it.
    let table: IndexedTable
    let connection: Connection

    /// - Parameter removing: Dead INVALID ones of the same definition.
    func run(name: String, removing: [TableIndex]) async throws -> IndexChange {
        let begun = ContinuousClock.now
        for dead in removing {
            try await IndexDropping(request: request, table: table).dropConcurrently(dead)
            request.onEvent(.cleaned("dropped \(dead.label), INVALID since a build of it was interrupted"))
        }
        let query = try survey.body.statement(.concurrently, name: identifier(name), on: table.sql())
        let leftover = Leftover(request: request, table: table, name: name)
        do {
            try await ConcurrentStatement(request: request, query: query, label: name).run()
        } catch {
            throw await failure(error, query, name, leftover)
        }
        guard let built = try await find(name), built.isUsable else {
            var failure = Failure(
                .indexPartial, "\(table.schema).\(name) was built, and is not valid",
                hint: "run the same command again: it builds it anew")
            await leftover.clear(isHurried: false).apply(to: &failure, on: table)
            throw failure
        }
        var change = IndexChange(schema: table.schema, table: table.name, name: name, state: .created)
        change.statement = query.text
        change.sizeBytes = built.sizeBytes
        change.estimateBytes = table == survey.table ? survey.estimate.bytes : nil
        change.durationS = (ContinuousClock.now - begun).seconds
        return change
    }

    private func find(_ name: String) async throws -> TableIndex? {
        let oid = table.oid
        return try await PatientLook(request, connection, at: [oid]).run { session in
            try TableIndex.read(tables: [oid], in: session).first { $0.name == name }
        }
    }

    /// What became of the build, and of what it left.
    private func failure(_ error: any Error, _ query: Query, _ name: String, _ leftover: Leftover) async -> Failure {
        let error = Self.isInterruption(error) ? CancellationError() as any Error : error
        var failure =
            switch error {
            case is CancellationError:
                Failure(
                    .runInterrupted, "stopped while the index \(name) was being built",
                    hint: "run the same command again")
            case let waited as StatementWatch.WaitedTooLong:
                Failure(
                    .indexMaxWait,
                    "the build of \(name) on \(table.label) waited \(request.maximumWait.spelled) for others' transactions (\(waited.phase)), and was ended",
                    detail: waited.blockers.sentences,
                    hint:
                        "\(waited.blockers.remedy), or allow longer with --max-wait, and run the same command again"
                )
            case let error as PostgresError where error.sqlState == .uniqueViolation:
                DuplicateLook.failure(table, survey.wanted.definition, detail: error.detail)
            case let error as PostgresError where error.kind == .server:
                Failure(error, while: "\(query.text)")
            default: Failure(describing: error)
            }
        await leftover.clear(isHurried: error is CancellationError).apply(to: &failure, on: table)
        return failure
    }

    static func isInterruption(_ error: any Error) -> Bool {
        if error is CancellationError { return true }
        return (error as? PostgresError)?.kind == .cancelled
    }
}
