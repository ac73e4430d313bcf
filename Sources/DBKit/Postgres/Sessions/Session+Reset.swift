/// Statements of somebody else's (a migration) may leave things behind in a session: settings, a role, temporary
/// tables, prepared statements, advisory locks.
extension Session {
    /// Makes the session as it was when it was opened. Outside of a transaction.
    ///
    /// Through a pooler there is nothing to do: see ``resetForCommit()``.
    public func reset() throws(PostgresError) {
        guard !isPooled else { return }
        try execute("DISCARD ALL")
        try applySettings()
    }

    /// At the end of a transaction: back to the role and the settings of the login, and through a pooler rid of all
    /// that would go to its next client. A rollback would undo the settings by itself; a COMMIT keeps them.
    public func resetForCommit() throws(PostgresError) {
        var statements = ["RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"]
        if isPooled {
            statements += [
                "CLOSE ALL", "DEALLOCATE ALL", "UNLISTEN *", "DISCARD TEMP",
                "SELECT pg_catalog.pg_advisory_unlock_all()",
            ]
        }
        try script(ServerText(file: statements.joined(separator: "; ")))
    }
}
