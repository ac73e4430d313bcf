import CLibpq

/// Begins a connection attempt without letting name resolution block the caller: libpq resolves names synchronously,
/// and a dead name server holds it for half a minute or more.
struct ConnectionStart: Sendable {
    private let names: [String]
    private let values: [String]
    private let mayResolveNames: Bool

    init(parameters: ConnectionParameters, settings: SessionSettings, resolved: [ConnectionParameters.Resolved]) {
        var complete = parameters
        complete.set("application_name", settings.truncatedName)
        if let encoding = settings.clientEncoding { complete.set("client_encoding", encoding) }
        (names, values) = complete.withKeywordArrays(defaults: ConnectionStart.keepalives) { ($0, $1) }
        mayResolveNames = ConnectionStart.mayResolveNames(resolved)
    }

    /// A vanished host frees its locks within half a minute. Set before the URL, which may say otherwise.
    private static let keepalives = [
        ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "30000"),
    ].map { ConnectionParameters.Keyword(name: $0.0, value: $0.1) }

    func begin(deadline: Deadline, timeout: Duration) throws(PostgresError) -> Wire {
        guard mayResolveNames else { return try check(startWire()) }
        guard let started = Handover.run(within: deadline, { SendableWire(startWire()) }) else {
            throw Session.connectTimeout(.nameResolution, timeout)
        }
        return try check(started.wire)
    }

    private func startWire() -> Wire? {
        unsafe withCStrings(names + [nil]) { names in
            unsafe withCStrings(values + [nil]) { values in
                guard let pointer = unsafe PQconnectStartParams(names, values, 1) else { return nil }
                _ = unsafe PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
                return unsafe Wire(pointer)
            }
        }
    }

    private func check(_ wire: Wire?) throws(PostgresError) -> Wire {
        guard let wire else { throw PostgresError(.connect(.parameters), "libpq is out of memory") }
        guard wire.isBad else { return wire }
        // Nothing but libpq's own text tells these apart, and no server has spoken yet.
        let text = wire.errorMessage
        let phase: PostgresError.ConnectPhase =
            if text.contains("could not translate host name") {
                .nameResolution
            } else if text.hasPrefix("connection to server") {
                .network
            } else {
                .parameters
            }
        throw PostgresError.connectFailure(text, phase: phase)
    }

    private static func mayResolveNames(_ resolved: [ConnectionParameters.Resolved]) -> Bool {
        func value(_ keyword: String) -> String { resolved.first { $0.keyword == keyword }?.value ?? "" }
        guard value("hostaddr").isEmpty else { return false }
        return value("host").split(separator: ",").contains { host in
            !host.hasPrefix("/") && !host.hasPrefix("@") && host.contains { !"0123456789.".contains($0) }
                && !host.contains(":")
        }
    }
}

/// A connection attempt on its way from the thread that began it to the thread that will own it.
private struct SendableWire: @unchecked Sendable {
    // Only one of the two threads ever holds it: the handover gives it away and keeps nothing.
    let wire: Wire?

    init(_ wire: Wire?) {
        self.wire = wire
    }
}
