public import Foundation
public import Postgres

/// Ends one session of somebody else's, and never another one in its place.
public enum SessionEnding {
    public enum Outcome: Sendable, Hashable {
        /// It is gone, or was told to go where nobody waits for it.
        case ended
        /// No session has this pid and this beginning any more.
        case alreadyGone
        /// It has begun to do something else since it was looked at.
        case changed
        /// It was told to end and had not in time: its machine or its client keeps it busy.
        case stillThere
        case refused(SessionProtection)
    }

    /// The pid and the beginning are compared in the same statement that ends the session.
    ///
    /// - Parameters:
    ///   - stateChange: Since when it has been doing what it is to be ended for; nil ends it whatever it does.
    ///   - patience: How long to wait until it is gone; zero only tells it to go.
    /// - Throws: ``PostgresError``, e.g. 42501 where the role may not end that session.
    public static func end(
        pid: Int32, backendStart: Date, stateChange: Date? = nil, patience: Duration = .seconds(2), in session: Session
    ) throws -> Outcome {
        let name = [Int64(pid), PreciseTime(backendStart).microseconds]
        let query = Query(
            embedded: PackageResources.end_session_sql,
            numbers: name + [stateChange.map { PreciseTime($0).microseconds }, Int64(patience / .milliseconds(1))])
        guard let row = try guarded(session, { try session.rows(query, timeout: .seconds(5)).first }) else {
            return .alreadyGone
        }
        if let isGone: Bool = try row.value("is_gone") {
            if isGone { return .ended }
            // False is also said of a process that went between the look and the signal.
            let again = Query(embedded: PackageResources.session_is_there_sql, numbers: name)
            let isThere: Bool = try session.row(again, timeout: .seconds(5)).value("is_there")
            return isThere ? .stillThere : .alreadyGone
        }
        if try row.value("is_own") { return .refused(.own) }
        if try row.value("is_superuser") { return .refused(.superuser) }
        switch try row.value("backend_type", as: String?.self) {
        case "client backend": return .changed
        case "walsender": return .refused(.walsender)
        case "autovacuum worker": return .refused(.autovacuum)
        case nil: return .refused(.hidden)
        default: return .refused(.background)
        }
    }

    /// In the transaction in which a pooled session works, the sessions are those of now, and a refusal ends nothing.
    private static func guarded<T>(_ session: Session, _ body: () throws -> T) throws -> T {
        guard session.isInTransaction else { return try body() }
        _ = try session.rows("SELECT pg_catalog.pg_stat_clear_snapshot()")
        return try session.savepoint { _ in try body() }
    }
}
