public import Operations
import Postgres

/// The row of `dbctl.operations` for sessions that were ended, by an ordinary session of its own: the one that ended them
/// may be one that writes nothing, and takes a slot that the server did not have.
public struct KillRecord: Sendable {
    private let run: OperationLog.Run
    private let entrance: Entrance
    private let clock: WallClock

    public init(_ run: OperationLog.Run, _ entrance: Entrance, _ clock: WallClock) {
        self.run = run
        self.entrance = entrance
        self.clock = clock
    }

    private static let patience = Duration.seconds(2)

    /// Also when the caller's task was cancelled: what was done must not be lost with it.
    ///
    /// - Returns: Why there is no row, for a note.
    public func write(killed: Int, of victims: Int, failure: Failure? = nil) async -> [String] {
        await Task { await insert(killed: killed, of: victims, failure: failure) }.value
    }

    private func insert(killed: Int, of victims: Int, failure: Failure?) async -> [String] {
        let (log, run) = (OperationLog(clock: clock), run)
        let counts = ["killed": Int64(killed), "victims": Int64(victims)]
        var settings = entrance.settings
        settings.isReadOnly = false
        settings.stallTimeout = KillRecord.patience
        do {
            return try await Connection.with(
                entrance.ways.own, settings: settings, timeout: KillRecord.patience
            ) { connection in
                try await connection.run { session in
                    if let refused = try log.prepare(in: session) {
                        return [refused.note]
                    }
                    try session.transaction { session in
                        try log.begin(run, in: session)
                        try log.finish(run, failure: failure, counts: counts, in: session)
                    }
                    return []
                }
            }
        } catch {
            let why = (error as? PostgresError)?.message ?? (error as? Failure)?.message ?? "\(error)"
            return ["dbctl.operations has no row of this run: \(why)"]
        }
    }
}
