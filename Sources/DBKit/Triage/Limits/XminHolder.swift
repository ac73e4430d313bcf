import Postgres

/// Whoever keeps dead rows from being removed: all four kinds, oldest first, each with the statement that ends it.
public struct XminHolder: Codable, Sendable, Hashable {
    public enum Source: String, Codable, Sendable {
        case backend, slot, prepared, standby
    }

    public let source: Source
    /// An application, a slot, a prepared transaction's gid, a standby.
    public let name: String
    public let pid: Int32?
    /// In transactions.
    public let age: Int
    /// What to type on which server.
    public let statement: String

    static func all(_ observation: Observation) -> [XminHolder] {
        let holders =
            observation.sessions.compactMap { XminHolder($0) }
            + observation.replicationSlots.compactMap { XminHolder($0) }
            + observation.preparedTransactions.map { XminHolder($0) }
            + observation.standbys.compactMap { XminHolder($0) }
        return holders.sorted { ($1.age, $0.source.rawValue, $0.name) < ($0.age, $1.source.rawValue, $1.name) }
    }
}

extension XminHolder {
    /// A session that has written holds its own transaction's number, also while it holds no snapshot.
    init?(_ session: ObservedSession) {
        // A standby's feedback is its walsender's xmin: it is told as a standby's.
        guard session.kind != .walsender, session.kind != .parallel,
            let age = [session.xidAge, session.xminAge].compactMap({ $0 }).max()
        else { return nil }
        self.init(
            source: .backend, name: session.applicationName, pid: session.pid, age: age,
            statement: "SELECT pg_terminate_backend(\(session.pid))")
    }

    init?(_ slot: ReplicationSlot) {
        guard let age = slot.horizonAge else { return nil }
        self.init(
            source: .slot, name: slot.name, pid: slot.pid, age: age, statement: XminHolder.release(slot))
    }

    init(_ prepared: PreparedTransaction) {
        self.init(
            source: .prepared, name: prepared.gid, pid: nil, age: prepared.xidAge,
            statement: "ROLLBACK PREPARED \(XminHolder.quoted(prepared.gid))")
    }

    init?(_ standby: Standby) {
        // One that never began to stream feeds nobody: it runs statements, as dbctl's own may, or a backup.
        guard let age = standby.xminAge, standby.state != "startup", standby.state != "backup" else { return nil }
        self.init(
            source: .standby, name: standby.applicationName ?? "pid \(standby.pid)", pid: standby.pid, age: age,
            statement: XminHolder.feedbackOff)
    }

    static let feedbackOff =
        "ALTER SYSTEM SET hot_standby_feedback = off; SELECT pg_reload_conf() -- on the standby"

    /// A slot that is in use belongs to somebody: a standby's feedback lies in it, a subscriber's progress depends on it.
    private static func release(_ slot: ReplicationSlot) -> String {
        guard slot.isActive else { return "SELECT pg_drop_replication_slot(\(quoted(slot.name)))" }
        return slot.kind == "physical" ? feedbackOff : "SELECT pg_terminate_backend(\(slot.pid ?? 0))"
    }

    /// As it is typed. A NUL byte, which no literal can have, cannot come out of a server.
    static func quoted(_ text: String) -> String {
        guard let quoted = try? literal(text) else { return "''" }
        return quoted.sql.trimmingPrefix(" ").description
    }

    static func quotedName(_ name: String) -> String {
        (try? identifier(name))?.sql ?? name
    }
}
