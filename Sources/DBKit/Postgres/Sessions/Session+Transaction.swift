extension Session {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: What `body` threw, or the failure of COMMIT itself. When the connection was lost after COMMIT was
    ///   sent, ``PostgresError/isOutcomeUnknown`` is true.
    @discardableResult
    public func transaction<T>(_ mode: TransactionMode = .readWrite, _ body: (Session) throws -> T) throws -> T {
        guard !isInTransaction else {
            throw PostgresError(.usage, "a transaction is already open; use savepoint(_:) inside it")
        }
        try execute(Query(ServerText(file: mode.begin)))
        let result: T
        do {
            if isPooled { try applySettingsLocally() }
            result = try body(self)
        } catch {
            rollback()
            throw error
        }
        try commit()
        return result
    }

    /// Runs `body` under a savepoint: when it throws, only its own work is undone.
    @discardableResult
    public func savepoint<T>(_ body: (Session) throws -> T) throws -> T {
        try underSavepoint(undoing: false, body)
    }

    /// Runs `body` under a savepoint and goes back to it in any case: of what `body` did nothing stays, and the locks
    /// that it took are free again.
    @discardableResult
    public func undoing<T>(_ body: (Session) throws -> T) throws -> T {
        try underSavepoint(undoing: true, body)
    }

    private func underSavepoint<T>(undoing: Bool, _ body: (Session) throws -> T) throws -> T {
        try execute("SAVEPOINT dbctl_savepoint")
        let result: T
        do {
            result = try body(self)
        } catch {
            returnToSavepoint()
            throw error
        }
        if undoing { try execute("ROLLBACK TO SAVEPOINT dbctl_savepoint") }
        try execute("RELEASE SAVEPOINT dbctl_savepoint")
        return result
    }

    /// After a failure, whose reason is told already. On a lost connection there is nothing to return to.
    private func returnToSavepoint() {
        guard isUsable else { return }
        _ = try? perform("ROLLBACK TO SAVEPOINT dbctl_savepoint", timeout: .seconds(5), isShielded: true)
        _ = try? perform("RELEASE SAVEPOINT dbctl_savepoint", timeout: .seconds(5), isShielded: true)
    }

    /// Exports the snapshot of the open transaction, for other sessions to see exactly what this one sees.
    public func exportSnapshot() throws(PostgresError) -> SnapshotID {
        try SnapshotID(row("SELECT pg_export_snapshot() AS snapshot").value("snapshot"))
    }

    /// Takes over an exported snapshot. Must be the first statement of a REPEATABLE READ transaction.
    public func importSnapshot(_ snapshot: SnapshotID) throws(PostgresError) {
        try execute("SET TRANSACTION SNAPSHOT \(literal(snapshot.rawValue))")
    }

    private func commit() throws(PostgresError) {
        let wasFailed = wire.hasFailedTransaction
        let wasUsable = isUsable
        do throws(PostgresError) {
            let reply = try perform("COMMIT", timeout: nil)
            // The server answers COMMIT of a failed transaction with ROLLBACK and no error.
            if wasFailed || reply?.commandTag != "COMMIT" {
                throw PostgresError(.server, "the transaction was rolled back: a statement in it had failed")
            }
        } catch {
            var failure = error
            // Whatever the server's last words were: 57P02 is sent by a signal handler, also after the commit record
            // was written, and an unanswered cancel leaves the COMMIT running.
            failure.isOutcomeUnknown = wasUsable && !wasFailed && (failure.isConnectionLost || !isUsable)
            if isInTransaction { rollback() }
            throw failure
        }
    }

    private func rollback() {
        guard isUsable, isInTransaction else { return }
        // Shielded: a cancelled task must still leave its session clean. If even this fails the session is unusable,
        // and whoever uses it next is told so.
        do {
            _ = try perform("ROLLBACK", timeout: .seconds(5), isShielded: true)
        } catch {
            abandon()
        }
    }
}
