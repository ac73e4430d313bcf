import Operations
import Postgres

/// The row of a run in `dbctl.operations`.
struct RunRecord: Sendable {
    let request: IndexRequest
    let connection: Connection

    func keeping<T: Sendable>(
        _ counts: @escaping @Sendable (T) -> [String: Int64], failing failure: (T) -> Failure? = { _ in nil },
        _ body: () async throws -> T
    ) async throws -> T {
        let log = OperationLog(clock: request.clock)
        let isWritable = try await connection.run { [request] session in
            if let trouble = try log.prepare(in: session) {
                request.onEvent(.note(trouble.message))
                return false
            }
            try log.begin(request.run, in: session)
            return true
        }
        guard isWritable else { return try await body() }
        do {
            let result = try await body()
            await finish(log, failure(result), counts(result))
            return result
        } catch {
            await finish(log, Failure(describing: error), [:])
            throw error
        }
    }

    /// Even when the task was cancelled: a task of its own writes it.
    private func finish(_ log: OperationLog, _ failure: Failure?, _ counts: [String: Int64]) async {
        let (request, connection) = (request, connection)
        await Task {
            try? await connection.run { session in
                try log.finish(request.run, failure: failure, counts: counts, in: session)
            }
        }.value
    }
}
