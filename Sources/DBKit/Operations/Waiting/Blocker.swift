public import Postgres

/// Somebody whom others wait for, or who holds a lock.
public struct Blocker: Sendable, Hashable {
    /// 0 for a prepared transaction, which has no session.
    public var pid: Int32
    public var role: String
    /// Of a prepared transaction, its name.
    public var application: String
    /// How long its transaction has been open; nil where there is none, or where this role may not know it.
    public var age: Duration?
    public var state: String
    public var query: String
    public var isHidden: Bool
    /// Whom `pool kill` leaves alone.
    public var isSuperuser: Bool

    /// One line, for a person.
    public var sentence: String {
        let open = age.map { "transaction open for \(Int($0 / .seconds(1))) s" }
        guard pid != 0 else {
            return
                "the prepared transaction \(application) of \(role), \(open ?? ""): it ends by COMMIT PREPARED or ROLLBACK PREPARED"
        }
        let who = "pid \(pid) (\([role, application].filter { !$0.isEmpty }.joined(separator: ", ")))"
        guard !isHidden else {
            return "\(who), whose transaction this role may not see; GRANT pg_read_all_stats shows it"
        }
        return "\(who), \([open, state].compactMap { $0 }.joined(separator: ", ")): \(query)"
    }

    /// - Parameter prepared: Which prepared transactions; empty where a pid of 0 is all that is known.
    static func read(_ pids: [Int], prepared: [Int] = [], in session: Session) throws -> [Blocker] {
        let query = Query(embedded: PackageResources.blockers_sql, binds: [pids, prepared])
        return try session.rows(query, timeout: .seconds(10)).map(Blocker.init)
    }

    /// The sessions that hold a lock on any of these tables, the oldest transaction first.
    public static func holders(of tables: [Int64], in session: Session) throws -> [Blocker] {
        let rows = try session.rows(Query(embedded: PackageResources.lock_holders_sql, binds: [tables]))
        let pids: [Int] = try rows.map { try $0.value("pid") }
        let prepared: [Int?] = try rows.map { try $0.value("prepared") }
        return pids.isEmpty ? [] : try read(pids, prepared: prepared.compactMap(\.self), in: session)
    }

    /// What ends it, as it is typed.
    public var remedy: String {
        if pid == 0 { return "ROLLBACK PREPARED \(application)" }
        return isSuperuser ? "SELECT pg_terminate_backend(\(pid))" : "dbctl pool kill --pid \(pid) --yes"
    }
}

extension Blocker {
    fileprivate init(_ row: Row) throws {
        let seconds: Double? = try row.value("age_s")
        try self.init(
            pid: row.value("pid"), role: row.value("role"), application: row.value("application"),
            age: seconds.map { .seconds($0) }, state: row.value("state"), query: row.value("query"),
            isHidden: row.value("is_hidden"), isSuperuser: row.value("is_superuser"))
    }
}

extension [Blocker] {
    /// One line each.
    public var sentences: String { map(\.sentence).joined(separator: "\n") }

    /// What to do about them, for a hint.
    public var remedy: String {
        isEmpty
            ? "find what it waits for with `dbctl pool doctor`"
            : "end what it waits for: " + prefix(3).map { "`\($0.remedy)`" }.joined(separator: ", ")
    }
}
