import Foundation
public import Postgres

/// Looks at a server through one session: four queries, read only, that wait for no lock on anybody's table.
///
/// Every query can be run by the simple protocol without parameters, so that a `replication=database` session, which
/// still gets in when all slots are taken, can run them. The session's own `statement_timeout` and `lock_timeout` bound
/// them, and this object's limit the wait for each answer.
public struct Observer: Sendable {
    /// The longest wait for one answer.
    public var timeout: Duration
    /// Of the server's machine, where the caller knows.
    public var cores: Int?

    public init(timeout: Duration = .seconds(5), cores: Int? = nil) {
        self.timeout = timeout
        self.cores = cores
    }

    /// - Throws: ``PostgresError``, e.g. when an answer does not come in time.
    public func observe(in session: Session) throws(PostgresError) -> Observation {
        // Through a pooler only a transaction keeps its server connection: the look has to know which one is its own.
        guard session.isPooled, !session.isInTransaction else { return try look(in: session) }
        do {
            return try session.transaction(.readOnly) { try look(in: $0) }
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(.usage, "\(error)")
        }
    }

    private func look(in session: Session) throws(PostgresError) -> Observation {
        // Within a transaction the server shows the sessions as they were at the first look.
        if session.isInTransaction {
            _ = try session.rows("SELECT pg_catalog.pg_stat_clear_snapshot()", timeout: timeout)
        }
        let facts: Facts = try document(PackageResources.facts_sql, session)
        let slots: [ReplicationSlot] = try document(
            session.serverVersion.major >= 17 ? PackageResources.slots_17_sql : PackageResources.slots_sql, session)
        let replicating = Set(facts.standbys.map(\.pid))
        var sessions: [ObservedSession] = []
        for row in try rows(PackageResources.sessions_sql, session) {
            let one = try ObservedSession(row, replicating)
            // The launcher of logical replication, to a role that may not see what it is: no client has no database.
            let isServers = one.kind == .unknown && one.databaseName == nil
            if one.pid != facts.server.ownPid, !isServers { sessions.append(one) }
        }
        var table = LockTable(entries: [])
        table.gids = Dictionary(
            facts.preparedTransactions.map { ($0.transactionId, $0.gid) }, uniquingKeysWith: { first, _ in first })
        table.leaders = Dictionary(
            sessions.compactMap { one in one.leaderPid.map { (one.pid, $0) } }, uniquingKeysWith: { first, _ in first })
        var hidden: [Int32] = []
        for row in try rows(Observer.locksQuery, session) {
            if try row.value("kind", as: String.self) == "hidden" {
                hidden.append(try row.value("pid"))
            } else {
                table.entries.append(try LockTable.Entry(row))
            }
        }
        var server = facts.server
        server.cores = cores
        return Observation(
            time: facts.time, server: server, sessions: sessions, hiddenConnections: hidden.sorted(),
            lockWaits: table.waits(), preparedTransactions: facts.preparedTransactions, replicationSlots: slots,
            standbys: facts.standbys, databases: facts.databases, roles: facts.roles)
    }

    static var locksQuery: [UInt8] { PackageResources.locks_sql }

    /// The part that comes as one JSON document.
    private struct Facts: Decodable {
        let time: Date
        let server: ObservedServer
        let databases: [ObservedDatabase]
        let roles: [RoleLimit]
        let preparedTransactions: [PreparedTransaction]
        let standbys: [Standby]
    }

    private func rows(_ resource: [UInt8], _ session: Session) throws(PostgresError) -> Rows {
        try session.rows(Query(embedded: resource, numbers: []), timeout: timeout)
    }

    private func document<T: Decodable>(_ resource: [UInt8], _ session: Session) throws(PostgresError) -> T {
        let query = Query(embedded: resource, numbers: [])
        let text: String = try session.row(query, timeout: timeout).value("document")
        do {
            return try Observation.decoder.decode(T.self, from: Data(text.utf8))
        } catch {
            throw PostgresError(.decoding, "the server's facts are not as expected: \(error)")
        }
    }
}
