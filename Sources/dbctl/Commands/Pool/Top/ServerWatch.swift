import DBKit

/// The one connection that `pool top` holds: opened again when it is lost, and never a second one beside it.
actor ServerWatch {
    private let entrance: Entrance
    private var connection: Connection?
    /// Sessions that were ended, one by one.
    private var ended = 0

    init(_ context: Context) throws {
        entrance = try context.entrance(asksConsole: false)
    }

    func look() async throws(Failure) -> Observation {
        do {
            let connection = if let connection { connection } else { try await entrance.open().connection }
            self.connection = connection
            // A little longer than the server's own limit, which leaves the session usable.
            let observer = Observer(timeout: entrance.settings.statementTimeout + .seconds(1))
            return try await connection.run { try observer.observe(in: $0) }
        } catch {
            if let connection, await !connection.isUsable { await close() }
            throw Failure(describing: error)
        }
    }

    func end(_ name: SessionName) async throws(Failure) -> SessionEnding.Outcome {
        guard let connection, let backendStart = name.backendStart else {
            throw Failure(.connectLost, "the server is away")
        }
        do {
            let outcome = try await connection.run {
                try SessionEnding.end(pid: name.pid, backendStart: backendStart, in: $0)
            }
            if outcome == .ended { ended += 1 }
            return outcome
        } catch {
            throw Failure(describing: error)
        }
    }

    func close() async {
        await connection?.close()
        connection = nil
    }

    /// Closes for good, and writes what was done here into `dbctl.operations`.
    ///
    /// - Returns: Why there is no row, for a note.
    func finish(_ run: OperationLog.Run, _ clock: WallClock) async -> [String] {
        await close()
        guard ended > 0 else { return [] }
        return await KillRecord(run, entrance, clock).write(killed: ended, of: ended)
    }
}

extension Failure {
    /// Worth trying again: the server is away, full, starting, or too slow. A refused password is not; it would be
    /// refused every second, until the role is locked out.
    var passes: Bool { category == .unavailable || category == .busy || code == .statementTimeout }
}
