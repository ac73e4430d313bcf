public import Foundation
public import Postgres

/// Ends one session of somebody else's, and never another one in its place.
public enum SessionEnding {
    public enum Outcome: Sendable, Hashable {
        case ended
        /// No session has this pid and this time of birth any more.
        case alreadyGone
        /// It was told to end and had not when two seconds were over: its machine or its client keeps it busy.
        case stillThere
        case refused(SessionProtection)
    }

    /// The pid and the time of birth are compared in the same statement that ends the session.
    ///
    /// - Throws: ``PostgresError``, e.g. 42501 where the role may not end that session.
    public static func end(
        pid: Int32, backendStart: Date, in session: Session
    ) throws(PostgresError) -> Outcome {
        let born = Int64((backendStart.timeIntervalSince1970 * 1_000_000).rounded())
        let query = Query(embedded: PackageResources.end_session_sql, binds: [pid, born])
        guard let row = try session.rows(query, timeout: .seconds(5)).first else { return .alreadyGone }
        if let isGone: Bool = try row.value("is_gone") {
            if isGone { return .ended }
            // False is also said of a process that went between the look and the signal.
            let again = Query(embedded: PackageResources.session_is_there_sql, binds: [pid, born])
            let isThere: Bool = try session.row(again, timeout: .seconds(5)).value("is_there")
            return isThere ? .stillThere : .alreadyGone
        }
        if try row.value("is_own") { return .refused(.own) }
        if try row.value("is_superuser") { return .refused(.superuser) }
        switch try row.value("backend_type", as: String?.self) {
        case "walsender": return .refused(.walsender)
        case "autovacuum worker": return .refused(.autovacuum)
        case nil: return .refused(.hidden)
        default: return .refused(.background)
        }
    }
}
