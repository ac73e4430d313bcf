public import Foundation
public import Postgres

/// Ends one session, named by its pid *and* its beginning.
public enum SessionEnding {
    public enum Outcome: String, Encodable, Sendable {
        /// It was told to end.
        case ended
        /// It was gone already.
        case alreadyGone = "already_gone"
        /// It has begun to do something else since it was looked at, and was left alone.
        case changed
        /// The role may not end it.
        case notPermitted = "not_permitted"
        /// It was told to end, and is still there.
        case stillThere = "still_there"
    }

    /// - Parameter stateChange: Since when it has been doing what it is to be ended for; nil ends it whatever it does.
    public static func end(
        pid: Int32, backendStart: Date, stateChange: Date? = nil, in session: Session, timeout: Duration = .seconds(5)
    ) throws -> Outcome {
        let numbers = [
            Int64(pid), PreciseTime(backendStart).microseconds, stateChange.map { PreciseTime($0).microseconds },
        ]
        let query = Query(embedded: PackageResources.end_session_sql, numbers: numbers)
        do {
            let row = try guarded(session) { try session.rows(query, timeout: timeout).first }
            guard let row else { return .alreadyGone }
            guard let hasEnded: Bool = try row.value("has_ended") else { return .changed }
            return hasEnded ? .ended : .alreadyGone
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return .notPermitted
        }
    }

    /// A refusal must not end the transaction in which a pooled session works.
    private static func guarded<T>(_ session: Session, _ body: () throws -> T) throws -> T {
        guard session.isInTransaction else { return try body() }
        _ = try session.rows("SELECT pg_catalog.pg_stat_clear_snapshot()")
        return try session.savepoint { _ in try body() }
    }
}
