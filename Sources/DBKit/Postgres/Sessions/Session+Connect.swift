import CLibpq
import CLinux
import Glibc

extension Session {
    /// Opens a session and gives it its settings.
    ///
    /// - Parameter timeout: For everything from name resolution to the first answer, over all hosts of the URL.
    /// - Throws: ``PostgresError`` of kind `.connect`, with the SQLSTATE when a server or pooler said one.
    public static func connect(
        _ parameters: ConnectionParameters,
        settings: SessionSettings,
        timeout: Duration = .seconds(10)
    ) throws(PostgresError) -> Session {
        try connect(parameters, settings: settings, timeout: timeout, interrupt: Interrupt())
    }

    /// Opens a second session that the same thread drives, for as long as the body runs that has this one: whoever
    /// cancels that cancels both. A server that does not answer the cancel is not waited for twice.
    ///
    /// - Throws: As ``connect(_:settings:timeout:)`` does.
    public func openBeside(
        _ parameters: ConnectionParameters, timeout: Duration = .seconds(10)
    ) throws(PostgresError) -> Session {
        var settings = settings
        settings.cancelGrace = .milliseconds(100)
        return try Session.connect(parameters, settings: settings, timeout: timeout, interrupt: interrupt)
    }

    static func connect(
        _ parameters: ConnectionParameters,
        settings: SessionSettings,
        timeout: Duration,
        interrupt: Interrupt
    ) throws(PostgresError) -> Session {
        let deadline = Deadline(after: timeout)
        let resolved = try parameters.resolved()
        let isWalsender = resolved.contains { option in
            option.keyword == "replication"
                && ["database", "true", "on", "yes", "1"].contains(option.value?.lowercased())
        }
        let start = ConnectionStart(parameters: parameters, settings: settings, resolved: resolved)
        let wire = try start.begin(deadline: deadline, timeout: timeout)
        do throws(PostgresError) {
            try complete(wire, deadline: deadline, timeout: timeout, interrupt: interrupt)
        } catch {
            throw ConnectInquest(error: error, peer: wire.peer, resolved: resolved).answer(within: deadline)
        }
        // pgbouncer's console answers SHOW and a few commands of its own, and nothing else.
        let isConsole = wire.parameterStatus("server_version")?.hasSuffix("/bouncer") ?? false
        if !isConsole, let refusal = unsupported(wire.serverVersion) { throw refusal }
        wire.setNonBlocking()
        let session = Session(
            wire, interrupt: interrupt, settings: settings, isPoolerConsole: isConsole,
            speaksSimpleProtocolOnly: isWalsender || isConsole)
        if !isConsole { try session.prepare(timeout: timeout) }
        return session
    }

    /// An older server would refuse the session's own settings, one "unrecognized configuration parameter" after the
    /// other. A newer one is welcome: nothing that we need has ever been taken away. Zero is a pooler that does not
    /// say what is behind it.
    static func unsupported(_ version: ServerVersion) -> PostgresError? {
        let supported = ServerVersion.supportedMajors
        guard version.number > 0, version.major < supported.lowerBound else { return nil }
        // Before 10 the major version had two parts.
        let found = version.major < 10 ? "\(version.major).\(version.minor / 100)" : "\(version)"
        var error = PostgresError(
            .connect(.startup),
            "the server is PostgreSQL \(found), and dbctl supports PostgreSQL "
                + "\(supported.lowerBound) to \(supported.upperBound)")
        error.connectCause = .serverVersion
        return error
    }

    /// Drives `PQconnectPoll` until the server is ready for queries.
    private static func complete(
        _ wire: Wire,
        deadline: Deadline,
        timeout: Duration,
        interrupt: Interrupt
    ) throws(PostgresError) {
        // The documentation says to begin as if PQconnectPoll had asked for writing.
        var wantsWriting = true
        var phase = PostgresError.ConnectPhase.network
        while true {
            var descriptors = [
                pollfd(fd: wire.socket, events: Int16(wantsWriting ? POLLOUT : POLLIN), revents: 0),
                pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&descriptors, 2, deadline.pollTimeout)
            if descriptors[1].revents != 0 { throw PostgresError(.cancelled, "the task was cancelled") }
            if ready == 0, deadline.hasPassed { throw connectTimeout(phase, timeout) }
            let step = wire.connectPoll()
            switch step {
            case .reading, .writing:
                wantsWriting = step == .writing
                try refuseSecondLogin(wire)
            case .ready: return
            case .failed:
                var error = PostgresError.connectFailure(wire.errorMessage, phase: phase)
                error.needsPassword = wire.needsPassword
                throw error
            }
            phase = wire.connectPhase ?? phase
        }
    }

    /// With sslmode=prefer or allow libpq tries the other kind of connection after *every* refusal, so that one wrong
    /// password counts as two failed logins, and a lockout comes twice as fast. After a refused password the attempt
    /// ends here, before the second one has sent anything but its name.
    private static func refuseSecondLogin(_ wire: Wire) throws(PostgresError) {
        let said = wire.errorMessage
        guard !said.isEmpty else { return }
        let error = PostgresError.connectFailure(said, phase: .startup)
        if error.sqlState == .invalidPassword { throw error }
    }

    static func connectTimeout(_ phase: PostgresError.ConnectPhase, _ timeout: Duration) -> PostgresError {
        let waitingFor =
            switch phase {
            case .parameters, .nameResolution: "the host name was being resolved"
            case .network: "the host was being connected to"
            case .tls: "TLS was being negotiated"
            case .startup: "the server was to answer the login"
            }
        var error = PostgresError(.connect(phase), "no session after \(timeout) while \(waitingFor)")
        error.isTimeout = true
        return error
    }

    /// Finds out whether a pooler is in between and, if not, sets what the session needs: in one round trip, because a
    /// role's own `idle_session_timeout` or `statement_timeout` counts until then.
    private func prepare(timeout: Duration) throws(PostgresError) {
        for isLastTry in [false, false, true] {
            do throws(PostgresError) {
                let row = try rows(settingsQuery(onlyIfDirect: true, isLocal: false), timeout: timeout).first
                if let isDirect: Bool = try row?.value("is_direct"), !isDirect { didDetectPooler() }
                return
            } catch {
                // A role with `statement_timeout = 1ms`: the next try finds the caches warm.
                guard error.sqlState == .queryCanceled, error.kind == .server, !isLastTry else {
                    throw connectFailure(error)
                }
            }
        }
    }

    private func connectFailure(_ error: PostgresError) -> PostgresError {
        var failure = error
        switch failure.kind {
        case .connectionLost, .timedOut:
            failure.isTimeout = failure.kind == .timedOut
            failure.kind = .connect(.startup)
        default: break
        }
        return failure
    }

    /// For a transaction through a pooler, whose end undoes it.
    func applySettingsLocally() throws(PostgresError) {
        _ = try rows(settingsQuery(onlyIfDirect: false, isLocal: true))
    }

    /// For a session that is nobody else's.
    func applySettings() throws(PostgresError) {
        _ = try rows(settingsQuery(onlyIfDirect: false, isLocal: false))
    }

    /// - Parameter onlyIfDirect: Set nothing when the server process is another than the one that greeted us: then a
    ///   pooler is in between, and what is set for the session would leak to its next client.
    private func settingsQuery(onlyIfDirect: Bool, isLocal: Bool) throws(PostgresError) -> Query {
        // Literals, not binds: a walsender understands only the simple protocol (and cannot be pooled).
        let isDirect =
            onlyIfDirect && !speaksSimpleProtocolOnly ? "pg_catalog.pg_backend_pid() = \(backendPID)" : "true"
        var columns = ["\(isDirect) AS is_direct"]
        for parameter in settings.parameters(for: serverVersion) {
            let (name, value) = try (literal(parameter.name), literal(parameter.value))
            let call = "pg_catalog.set_config(\(name), \(value), \(isLocal))"
            columns.append("CASE WHEN \(isDirect) THEN \(call) END")
        }
        return Query(ServerText(file: "SELECT " + columns.joined(separator: ", ")))
    }
}

extension ServerVersion {
    /// What dbctl is made for and tested with.
    public static let supportedMajors = 14...18
}
