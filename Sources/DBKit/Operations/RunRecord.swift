public import Postgres

/// The row of a run in `dbctl.operations`, written over the connection that the run works on.
///
/// A role that may not write it is told so once, and the run goes on: nothing is refused for the lack of its record.
public struct RunRecord: Sendable {
    private let run: OperationLog.Run
    private let connection: Connection
    private let reserve: Reserve
    private let log: OperationLog
    private let onNote: @Sendable (String) -> Void

    /// Another connection, for when the first is lost.
    private struct Reserve: Sendable {
        var server: ConnectionParameters
        var settings: SessionSettings
    }

    /// - Parameters:
    ///   - server: Where the end is written when `connection` is lost by then.
    ///   - onNote: Told why there is no row; from any thread.
    public init(
        _ run: OperationLog.Run, on connection: Connection, server: ConnectionParameters, settings: SessionSettings,
        clock: WallClock, onNote: @escaping @Sendable (String) -> Void
    ) {
        self.run = run
        self.connection = connection
        reserve = Reserve(server: server, settings: settings)
        log = OperationLog(clock: clock)
        self.onNote = onNote
    }

    /// Notes that the run began, and how `body` ended.
    ///
    /// - Parameters:
    ///   - counts: What the row says was done.
    ///   - failure: What a result says that went wrong beside the rest.
    public func keeping<T: Sendable>(
        _ counts: (T) -> [String: Int64], failing failure: (T) -> Failure? = { _ in nil }, _ body: () async throws -> T
    ) async throws -> T {
        guard try await begin() else { return try await body() }
        do {
            let result = try await body()
            await finish(failure(result), counts(result))
            return result
        } catch {
            await finish(Failure(describing: error), [:])
            throw error
        }
    }

    private func begin() async throws -> Bool {
        try await connection.run { [log, run, onNote] session in
            if let trouble = try log.prepare(in: session) {
                onNote(trouble.note)
                return false
            }
            try log.begin(run, in: session)
            return true
        }
    }

    /// Even when the task was cancelled or the connection is lost: a task of its own writes it.
    private func finish(_ failure: Failure?, _ counts: [String: Int64]) async {
        let (log, run, reserve, connection) = (log, run, reserve, connection)
        await Task {
            do {
                try await connection.run { try log.finish(run, failure: failure, counts: counts, in: $0) }
            } catch {
                try? await Connection.with(reserve.server, settings: reserve.settings, timeout: .seconds(5)) {
                    try await $0.run { try log.finish(run, failure: failure, counts: counts, in: $0) }
                }
            }
        }.value
    }
}
