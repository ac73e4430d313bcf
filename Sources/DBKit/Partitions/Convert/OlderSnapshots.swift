import Operations
import Postgres

/// Transactions whose snapshot is older than the rows of the table that is to be swapped in.
///
/// A transaction of REPEATABLE READ or SERIALIZABLE reads with the snapshot of its first statement, and the table that it
/// meets after the swap has rows that were written later: it would see none of them, and its UPDATE would find nothing. As
/// CREATE INDEX CONCURRENTLY does, the swap waits for those that are there when the copy is done; it stops nobody
/// meanwhile, and nothing waits for those that begin later.
struct OlderSnapshots: Sendable {
    /// Their virtual transactions, which no other transaction will ever have.
    private(set) var transactions: Set<String>

    struct Holder: Sendable, Hashable {
        var pid: Int32
        var transaction: String
        var application: String
        var isIdle: Bool
    }

    /// Who reads with a snapshot in this very moment.
    ///
    /// What a session does is hidden from roles without `pg_read_all_stats`; that it has a snapshot is not.
    static func holders(in session: Session) throws -> [Holder] {
        try session.rows(
            """
            SELECT a.pid, l.virtualtransaction AS transaction, coalesce(a.application_name, '') AS application,
                   coalesce(a.state, '') LIKE 'idle in transaction%' AS is_idle
            FROM pg_catalog.pg_stat_activity AS a
                 JOIN pg_catalog.pg_locks AS l ON l.pid = a.pid AND l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock'
            WHERE a.datname = pg_catalog.current_database() AND a.backend_xmin IS NOT NULL
              AND a.pid <> pg_catalog.pg_backend_pid()
              AND coalesce(a.backend_type, 'client backend') IN ('client backend', 'background worker', 'parallel worker')
            """
        ).map { row in
            Holder(
                pid: try row.value("pid"), transaction: try row.value("transaction"),
                application: try row.value("application"), isIdle: try row.value("is_idle"))
        }
    }

    init(in session: Session) throws {
        transactions = Set(try Self.holders(in: session).map(\.transaction))
    }

    /// Those that are still there.
    mutating func remaining(in session: Session) throws -> [Holder] {
        guard !transactions.isEmpty else { return [] }
        let holders = try Self.holders(in: session).filter { transactions.contains($0.transaction) }
        transactions = Set(holders.map(\.transaction))
        return holders
    }

    /// There are such transactions, and the swap may come again.
    struct Open: Error, Sendable {
        var holders: [Holder]
    }
}

extension OlderSnapshots.Holder {
    var sentence: String {
        let name = application.isEmpty ? "" : " (\(application))"
        return
            "pid \(pid)\(name) reads with an older snapshot\(isIdle ? ", and is idle in its transaction" : ""): it would see the table without its rows"
    }
}
