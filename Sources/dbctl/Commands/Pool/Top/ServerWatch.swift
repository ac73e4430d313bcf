import DBKit

/// The one connection that `pool top` holds: opened again when it is lost, and never a second one beside it.
actor ServerWatch {
    private let parameters: ConnectionParameters
    private let settings: SessionSettings
    private var connection: Connection?

    /// What a look may take on the server where nobody says otherwise: the monitor never becomes the outage.
    static let statementTimeout = Duration.seconds(5)

    init(_ context: Context) throws(Failure) {
        parameters = try context.connectionParameters(direct: true)
        var settings = try context.sessionSettings()
        if settings.statementTimeout == .zero { settings.statementTimeout = Self.statementTimeout }
        settings.isReadOnly = true
        self.settings = settings
    }

    /// The way in.
    private func open() async throws -> Connection {
        try await Connection.open(parameters, settings: settings, timeout: .seconds(5))
    }

    func look() async throws(Failure) -> Observation {
        do {
            let connection = if let connection { connection } else { try await open() }
            self.connection = connection
            // A little longer than the server's own limit, which leaves the session usable.
            let observer = Observer(timeout: settings.statementTimeout + .seconds(1))
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
