// A statement that the server refused, and locks that were not to be had.

extension FailureCode {
    public static let statementRefused = FailureCode("sql.refused", .refused)
    public static let statementSyntax = FailureCode("sql.syntax", .refused)
    public static let statementUndefined = FailureCode("sql.undefined", .refused)
    public static let statementDuplicate = FailureCode("sql.duplicate", .refused)
    public static let statementConstraint = FailureCode("sql.constraint", .refused)
    public static let statementValue = FailureCode("sql.value", .refused)
    public static let statementUnsupported = FailureCode("sql.unsupported", .refused)
    public static let statementLimit = FailureCode("sql.limit", .refused)
    public static let statementPrerequisite = FailureCode("sql.prerequisite", .refused)
    public static let statementRaised = FailureCode("sql.raised", .refused)
    public static let statementInternal = FailureCode("sql.internal", .refused)
    public static let statementTransaction = FailureCode("sql.transaction_state", .refused)
    public static let statementCancelled = FailureCode("sql.cancelled", .refused)
    public static let statementTimeout = FailureCode("sql.timeout", .unavailable)
    public static let statementSerialization = FailureCode("sql.serialization", .busy)
    public static let commitUnknown = FailureCode("sql.commit_unknown", .unavailable)
    public static let dataFormat = FailureCode("data.format", .data)
    public static let lockTimeout = FailureCode("lock.timeout", .busy)
    public static let lockDeadlock = FailureCode("lock.deadlock", .busy)
    public static let lockInUse = FailureCode("lock.in_use", .busy)
}

extension FailureCatalogue {
    static let statements: [Entry] = [
        Entry(
            .statementRefused,
            "The server refused a statement; the work was rolled back.",
            causes: ["The message and the SQLSTATE say why; dbctl has no more precise name for it."],
            next: ["Look up the SQLSTATE in PostgreSQL's documentation, appendix A; correct the statement."]
        ),
        Entry(
            .statementSyntax,
            "The statement is not valid SQL for this server.",
            causes: ["A typing error, or syntax of a later major version."],
            next: ["The message gives line and column; `SHOW server_version` tells the version."]
        ),
        Entry(
            .statementUndefined,
            "The statement names a table, column, function, type or schema that does not exist.",
            causes: ["A migration that has not run, another database than meant, or a missing extension."],
            next: [
                "`\\dt *.NAME` in psql finds it in other schemas: write it with its schema, or name that in the URL, as in `?schema=NAME`."
            ]
        ),
        Entry(
            .statementDuplicate,
            "The object that was to be created exists already.",
            causes: ["The same thing was created before, by hand or by an earlier run."],
            next: ["Compare the two definitions before dropping either."]
        ),
        Entry(
            .statementConstraint,
            "A row violates a constraint (class 23).",
            causes: ["Duplicate key, missing parent row, NULL or CHECK; the detail names the row."],
            next: ["Correct the row or the constraint; nothing of this transaction was kept."]
        ),
        Entry(
            .statementValue,
            "A value does not fit its type or operation (class 22).",
            causes: ["Out of range, division by zero, a text that is no number or date, a string that is too long."],
            next: ["The message names the value; nothing of this transaction was kept."]
        ),
        Entry(
            .statementUnsupported,
            "The server does not support this (0A000).",
            causes: ["A feature of another version, or one that this kind of object does not have."],
            next: ["Read the hint; `SHOW server_version`."]
        ),
        Entry(
            .statementLimit,
            "The statement exceeds a limit of the server (class 54).",
            causes: ["Too many columns or arguments, a row or an index entry that is too big, too deep recursion."],
            next: ["The message names the limit; split the statement or the value."]
        ),
        Entry(
            .statementPrerequisite,
            "An object is not in the state that the statement needs (55000).",
            causes: ["For instance a materialized view without data, or a setting that must be on first."],
            next: ["The message and the hint say which state is needed."]
        ),
        Entry(
            .statementRaised,
            "A function or trigger of the database raised an error of its own (class P0).",
            causes: ["A rule of the application, written in PL/pgSQL."],
            next: ["Read its message; `\\sf FUNCTION` in psql shows the code, the context names the function."]
        ),
        Entry(
            .statementInternal,
            "The server met an internal error (XX000).",
            causes: ["A bug in PostgreSQL or in an extension, or damage that it did not recognise as such."],
            next: ["The server's log has the place; update to the latest minor release; check with `pg_amcheck`."]
        ),
        Entry(
            .statementTransaction,
            "The statement cannot run in the transaction's present state (classes 25, 2D, 3B).",
            causes: ["An earlier statement failed, or the statement must not run inside a transaction."],
            next: ["Look at the first error of the transaction, not at this one."]
        ),
        Entry(
            .statementCancelled,
            "The statement was cancelled on the server (57014) and rolled back.",
            causes: [
                "statement_timeout of dbctl (--statement-timeout), or somebody's pg_cancel_backend().",
                "On a standby: a conflict with the replay.",
            ],
            next: [
                "The message says which. A timeout: look for blockers and load first, then raise "
                    + "`--statement-timeout`. On a standby: runbooks/replica-lag.md."
            ]
        ),
        Entry(
            .statementTimeout,
            "The server did not finish the statement within dbctl's own deadline, and the statement was cancelled.",
            causes: ["A lock, a slow disk, a stopped server or a network that swallows packets."],
            next: [
                "`dbctl check` tells whether the server answers at all.",
                "`SELECT pid, wait_event_type, wait_event, query FROM pg_stat_activity WHERE state = 'active'`.",
            ]
        ),
        Entry(
            .statementSerialization,
            "The transaction lost a race with another one (40001) and was rolled back.",
            causes: [
                "Concurrent changes under REPEATABLE READ or SERIALIZABLE.",
                "On a standby: the replay needed to remove rows that the snapshot still saw.",
            ],
            next: [
                "Run the same command again: it is safe.",
                "Standby: raise max_standby_streaming_delay or set hot_standby_feedback = on.",
            ]
        ),
        Entry(
            .commitUnknown,
            "The connection was lost after COMMIT was sent: it may or may not have taken effect.",
            causes: ["The server or the network went away in the one moment in which nobody can tell."],
            next: ["Look at the data (or `dbctl history`) before running it again; dbctl never repeats it by itself."]
        ),
        Entry(
            .dataFormat,
            "Input bytes are not what the server's COPY or encoding accepts (22P03, 22P04, 22021, 22P05).",
            causes: ["A file in another encoding or format, or a damaged one."],
            next: ["The context names table and line; `file` and `iconv -f … -t UTF-8` help."]
        ),
    ]

    static let locks: [Entry] = [
        Entry(
            "lock.held", .busy,
            "The same job already runs on this database.",
            causes: ["Another run of dbctl, on this or another machine; cron overlapping itself."],
            next: [
                "The message names the holder. Wait for it, or give `--wait 10m`.",
                "Nobody there? The lock goes with its connection: `SELECT pid, application_name, backend_start FROM "
                    + "pg_stat_activity WHERE application_name LIKE 'dbctl%'`.",
            ]
        ),
        Entry(
            "lock.lost", .busy,
            "The session that kept other runs out has ended while the run was under way.",
            causes: ["Somebody ended it (pg_terminate_backend), a pooler or firewall cut it, or the server restarted."],
            next: ["What was done is recorded: run the same command again, it goes on."]
        ),
        Entry(
            .lockTimeout,
            "A lock was not to be had within lock_timeout (55P03); nothing was changed.",
            causes: ["A long transaction or one idle in transaction holds the table."],
            next: [
                "`dbctl pool doctor` names who holds on to a transaction, and whom others wait for; `dbctl pool kill --pid PID --yes` "
                    + "ends that session.",
                "Try again at a quieter time, or raise `--lock-timeout`: others then queue behind it for as long.",
            ]
        ),
        Entry(
            .lockDeadlock,
            "Two transactions waited for each other and the server ended this one (40P01).",
            causes: ["Both change the same rows or tables in a different order."],
            next: ["Run the same command again: it was rolled back. The server's log shows both statements."]
        ),
        Entry(
            .lockInUse,
            "The object is in use by other sessions (55006).",
            causes: ["DROP or ALTER DATABASE while somebody is connected, or a replication slot in use."],
            next: ["The detail says how many sessions; end them, or wait."]
        ),
    ]
}
