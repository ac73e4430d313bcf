import DBKit

/// The one connection that `pool top` holds: opened again when it is lost, and never a second one beside it.
actor ServerWatch {
    private let entrance: Entrance
    private var connection: Connection?
    /// Sessions that were ended, one by one.
    private var ended = 0
    /// A server that does not answer still holds the session that was given up: it is asked again less and less often, so
    /// that no more than a few are left behind.
    private var silence: (until: ContinuousClock.Instant, failure: Failure)?
    private var silences = 0
    private static let longestPause = 60

    init(_ context: Context) throws {
        entrance = try context.entrance(asksConsole: false)
    }

    func look() async throws(Failure) -> Observation {
        if let silence, ContinuousClock.now < silence.until { throw silence.failure }
        do {
            let connection = if let connection { connection } else { try await entrance.open().connection }
            self.connection = connection
            // A little longer than the server's own limit, which leaves the session usable.
            let observer = Observer(timeout: entrance.settings.statementTimeout + .seconds(1))
            let seen = try await connection.run { try observer.observe(in: $0) }
            silences = 0
            return seen
        } catch {
            if let connection, await !connection.isUsable { await close() }
            let failure = Failure(describing: error)
            if failure.isSilence {
                silences += 1
                let pause = min(Self.longestPause, 1 << min(silences, 6))
                silence = (.now + .seconds(pause), failure)
            }
            throw failure
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
    /// Nobody has said a word; one that is down or starting says so at once.
    fileprivate var isSilence: Bool { [.connectHang, .connectTimeout, .connectLost].contains(code) }

    /// Worth trying again: the server is away, full, starting, or too slow. A refused password is not; it would be
    /// refused every second, until the role is locked out.
    var passes: Bool { category == .unavailable || category == .busy || code == .statementTimeout }
}
