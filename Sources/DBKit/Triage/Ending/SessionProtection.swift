/// Why a session must not be ended: it is not a client's that one may do without.
public enum SessionProtection: String, Codable, Sendable, Hashable, CaseIterable {
    case own, walsender, autovacuum, background, superuser, hidden

    /// Nil when the session may be ended.
    ///
    /// - Parameter ownPid: The observer's own process.
    public static func of(_ session: ObservedSession, ownPid: Int32) -> SessionProtection? {
        if session.pid == ownPid { return .own }
        switch session.kind {
        case .walsender: return .walsender
        case .autovacuum: return .autovacuum
        // A worker ends with its leader, and alone it takes the leader's statement with it.
        case .background, .parallel: return .background
        case .client, .unknown: break
        }
        if session.isSuperuser { return .superuser }
        // Without its time of birth nobody can say that the pid is still this session's.
        return session.backendStart == nil ? .hidden : nil
    }

    /// For "pid 4711 is left alone: …".
    public var reason: String {
        switch self {
        case .own: "it is dbctl's own"
        case .walsender: "a walsender: it feeds a standby, a subscriber or a backup"
        case .autovacuum: "autovacuum: it comes back at once, and may be keeping wraparound away"
        case .background: "it is one of the server's own processes"
        case .superuser: "a superuser's session: end it by hand, as a superuser"
        case .hidden: "this role may not see whose it is (GRANT pg_monitor)"
        }
    }
}
