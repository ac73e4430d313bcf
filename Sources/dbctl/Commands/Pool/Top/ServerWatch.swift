import DBKit

/// The one connection that `pool top` holds: opened again when it is lost, and never a second one beside it.
actor ServerWatch {
    private let entrance: Entrance
    private var connection: Connection?

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
            return try await connection.run {
                try SessionEnding.end(pid: name.pid, backendStart: backendStart, in: $0)
            }
        } catch {
            throw Failure(describing: error)
        }
    }

    func close() async {
        await connection?.close()
        connection = nil
    }
}

extension Failure {
    /// Worth trying again: the server is away, full, starting, or too slow. A refused password is not; it would be
    /// refused every second, until the role is locked out.
    var passes: Bool { category == .unavailable || category == .busy || code == .statementTimeout }
}
