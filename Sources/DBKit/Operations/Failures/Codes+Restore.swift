// The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let restore: [Entry] = [
        Entry(
            "restore.source_missing", .notFound,
            "The set or folder to restore from does not exist.",
            causes: ["A wrong name, repository or path."],
            next: ["`dbctl backup list`."]
        ),
        Entry(
            "restore.not_an_archive", .data,
            "The folder is no directory-format archive.",
            causes: ["It has no toc.dat; custom-format and plain dumps are single files."],
            next: ["A single file: `pg_restore -d DB FILE`, or `psql -f FILE` when it is SQL text."]
        ),
        Entry(
            "restore.set_damaged", .data,
            "The set is damaged; the target was not touched.",
            causes: ["A file is missing, cut or changed."],
            next: ["The message names file and table; restore another set (`dbctl backup verify --all`)."]
        ),
        Entry(
            "restore.target_missing", .notFound,
            "The database to restore into does not exist.",
            causes: ["`--into` names a new one without `--create`."],
            next: ["Add `--create`."]
        ),
        Entry(
            "restore.target_exists", .cannotCreate,
            "The database that was to be created is already there; it was not touched.",
            causes: ["`--create` makes a new database and never overwrites one."],
            next: ["Choose another name for `--into`, check the result, then rename; or drop the old one first."]
        ),
        Entry(
            "restore.target_not_empty", .cannotCreate,
            "The target database already has something in it; it was not touched.",
            causes: ["`--into` names a database in use.", "A restore into it was interrupted: `--resume` goes on."],
            next: [
                "Restore beside it: `--into OTHER --create`.",
                "Really replace it: the same command with `--clean` says what it would do, with `--clean --yes` it does it.",
                "Or by hand: restore beside it, look at the result, then in psql `ALTER DATABASE old RENAME TO "
                    + "old_before; ALTER DATABASE other RENAME TO old`.",
            ]
        ),
        Entry(
            "restore.target_in_use", .busy,
            "Sessions are connected to the database that was to be replaced; nothing was changed.",
            causes: ["Applications, a pooler or somebody's psql: a database in use cannot be renamed."],
            next: [
                "The detail names them. Stop the applications (or pause the pooler), then run the same command again.",
                "What stays: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'DB'`.",
            ]
        ),
        Entry(
            "restore.requirements_missing", .configuration,
            "The server lacks roles, extensions or tablespaces that the set needs; nothing was changed.",
            causes: ["Another cluster than the one that was backed up."],
            next: [
                "The message lists all of them. Roles: `globals.sql` of the set creates them, or `--no-owner`, or "
                    + "`--role-map OLD=NEW`.",
                "Extensions: install their packages (postgresql-NN-…).",
            ]
        ),
        Entry(
            "restore.statement_failed", .refused,
            "The server refused a statement of the restore.",
            causes: ["The message names the object and the SQLSTATE."],
            next: [
                "With `--create` nothing is left under the final name; correct the cause and run the same command again.",
                "Where the message says that a part is kept: the same command with `--resume` goes on.",
            ]
        ),
        Entry(
            "restore.in_progress", .busy,
            "Another restore into the same database is running; nothing was changed.",
            causes: ["Two people, or a job that was started twice."],
            next: ["The message names the holder; wait for it, or `--wait 10m`."]
        ),
        Entry(
            "restore.rows_exist", .cannotCreate,
            "Tables that rows were to be loaded into have rows already; nothing was changed.",
            causes: ["`--data-only` was meant for other tables, or ran before.", "An application has begun to write."],
            next: [
                "The message names them. Rows that may go: `TRUNCATE` them, then run the same command again.",
                "Look first: `dbctl restore SET --table S.T --as rescue.t --into DB` puts a copy beside the table.",
            ]
        ),
        Entry(
            "restore.column_type", .data,
            "Columns of the target have another type than the binary rows of the set; nothing was changed.",
            causes: ["The schema was changed since the backup.", "Rows in binary form fit their own type only."],
            next: [
                "`dbctl restore SET --table S.T --as rescue.t --into DB`, then `INSERT INTO s.t SELECT … FROM rescue.t` with casts.",
                "Next time: `dbctl backup create --copy-format text` makes sets that any fitting type reads.",
            ]
        ),
        Entry(
            "restore.row_security", .authentication,
            "Row-level security applies to this role, which therefore cannot load rows; nothing was changed.",
            causes: [
                "The role neither owns the table nor has BYPASSRLS.", "FORCE ROW LEVEL SECURITY binds the owner, too.",
            ],
            next: [
                "`ALTER ROLE ROLE BYPASSRLS`, or load as a superuser; no GRANT cures it.",
                "As the owner: `ALTER TABLE t NO FORCE ROW LEVEL SECURITY`, and FORCE again afterwards.",
            ]
        ),
        Entry(
            "restore.not_the_owner", .authentication,
            "The interrupted restore is another role's, and this one may not go on with it; nothing was changed.",
            causes: ["It was begun by a superuser, or by another user of `--database-url`."],
            next: [
                "The message names the role: run the same command as that one.", "Or begin again: the hint says how.",
            ]
        ),
        Entry(
            "restore.journal_damaged", .data,
            "The journal of an interrupted restore was emptied, so that nobody can tell what is done; nothing was changed.",
            causes: ["Somebody changed the schema `dbctl_restore_journal` of the half-restored database."],
            next: ["Start over: leave out `--resume`; a database that was there before is dropped and created first."]
        ),
        Entry(
            "restore.resume_differs", .usage,
            "What an interrupted restore left is of another set, or was begun with other options; nothing was changed.",
            causes: [
                "`--latest` means a newer set by now.", "`--no-owner`, `--role-map` or `--schema-only` differ.",
            ],
            next: [
                "The message names the set or the options: give them to go on with it.",
                "Or leave out `--resume` to begin again.",
            ]
        ),
        Entry(
            "restore.resume_rows", .data,
            "Tables of a half-restored database no longer hold what the interrupted restore loaded; nothing was changed.",
            causes: ["Somebody dropped, truncated or changed tables of the half-restored database meanwhile."],
            next: [
                "Start over: leave out `--resume`; a database that was there before is dropped and created first.",
                "Nobody should work in a database before its restore is complete.",
            ]
        ),
        Entry(
            "restore.table_missing", .notFound,
            "The set or archive has no table of that name.",
            causes: ["A typing error, another schema, or capitals: names are taken as they are typed."],
            next: ["`dbctl backup show SET` lists the tables of a set."]
        ),
        Entry(
            "restore.table_ambiguous", .usage,
            "Several schemas of the archive have a table of that name.",
            causes: ["`--table` was given without a schema."],
            next: ["The message lists them: `--table SCHEMA.NAME`."]
        ),
        Entry(
            "restore.table_exists", .cannotCreate,
            "The table, or an index or sequence of that name, is in the database already; nothing was changed.",
            causes: ["The table was not lost, or somebody has made it again."],
            next: [
                "Look first: `dbctl restore SET --table S.T --as rescue.t --into DB` puts a copy beside it.",
                "Replace it: the same command with `--clean` says what it would do, with `--clean --yes` it does it.",
            ]
        ),
        Entry(
            "restore.schema_missing", .notFound,
            "The set or archive has nothing in a schema of that name.",
            causes: ["A typing error, or capitals: names are taken as they are typed."],
            next: ["The hint lists the schemas that it has."]
        ),
        Entry(
            "restore.schema_exists", .cannotCreate,
            "There is something in the schema already; nothing was changed.",
            causes: ["Only some of its tables are lost, or somebody has begun to make it again."],
            next: [
                "Only some tables: `dbctl restore SET --table S.T --into DB`, once for all of them with several `--table`.",
                "All of it: in psql `ALTER SCHEMA s RENAME TO s_before`, then the same command again.",
            ]
        ),
        Entry(
            "restore.table_in_use", .guarded,
            "Other objects depend on the table that was to be replaced; nothing was changed.",
            causes: [
                "Views, foreign keys of other tables, functions over its row type, or defaults from its sequence."
            ],
            next: [
                "The message names them. `dbctl restore SET --table S.T --as rescue.t --into DB`, then copy the rows that are "
                    + "missing with INSERT … SELECT.",
                "Or drop those objects, replace the table, and make them again.",
            ]
        ),
        Entry(
            "restore.table_busy", .busy,
            "Tables that the restored one is tied to could not be locked in several short tries; nothing was changed.",
            causes: ["A long transaction, a DDL statement or an autovacuum to prevent wraparound uses one of them."],
            next: ["The message names the sessions. Wait for them or end them, then run the same command again."]
        ),
        Entry(
            "restore.through_pooler", .configuration,
            "A restore needs connections of its own to the server; this one goes through a pooler.",
            causes: ["The URL names pgbouncer or another pooler."],
            next: ["Add `direct_url` to the target in dbctl.yaml: host and port of the server itself."]
        ),
    ]
}
