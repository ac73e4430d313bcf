import Operations
import Postgres

extension Session {
    /// Before anything is read or compared: on a standby nothing can be written, and a plan needs tables of its own.
    ///
    /// - Throws: `server.read_only`.
    func refuseStandby() throws {
        let isStandby: Bool = try row("SELECT pg_catalog.pg_is_in_recovery() AS standby").value("standby")
        guard isStandby else { return }
        throw Failure(
            .serverReadOnly,
            "this server is a standby: tables are refreshed on its primary, and their rows come from there",
            hint: "name the primary, with --database-url or --target")
    }
}
