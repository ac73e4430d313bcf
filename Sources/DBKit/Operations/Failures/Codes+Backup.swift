// The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let backup: [Entry] = [
        Entry(
            "storage.repository_not_found", .notFound,
            "There is no repository at that place.",
            causes: ["A misspelt `--repo` or `backup.repo`, a disk that is not mounted, or no backup was made yet."],
            next: ["`dbctl config show` says where the place comes from; the first `dbctl backup create` makes it."]
        ),
        Entry(
            "backup.set_not_found", .notFound,
            "The repository has no such backup set.",
            causes: ["A wrong name or repository, or retention removed it."],
            next: ["`dbctl backup list` shows what there is; `dbctl config show` where the repository comes from."]
        ),
        Entry(
            "backup.other_server", .guarded,
            "The repository has sets of a database of the same name, of another server; nothing was written.",
            causes: [
                "Two targets whose databases have one name (`app` in production and in staging) share a repository.",
                "The server was made anew, by a restore or with `initdb`; a promoted standby is no other server.",
            ],
            next: [
                "Two servers: a repository for each, with `--repo`, `backup.repo` or DBCTL_BACKUP_REPO.",
                "One that has taken the other's place: `dbctl backup create --yes` once.",
            ]
        ),
        Entry(
            "backup.set_ambiguous", .usage,
            "More than one backup set fits what was given.",
            causes: ["The prefix is too short, or `--latest` with several databases in the repository."],
            next: ["The message lists the candidates: give more characters, or `--database NAME`."]
        ),
        Entry(
            "backup.damaged", .data,
            "The backup set is damaged: a file is missing, cut or changed.",
            causes: ["A failing disk, an interrupted copy, or a change by hand."],
            next: [
                "The message names file, table and chunk. `dbctl backup verify --all` finds a set that is whole.",
                "Restore from that one; a copy of this set on another disk may be whole too.",
            ]
        ),
        Entry(
            "backup.state_damaged", .data,
            "What was noted beside a backup set (NAME.state.json) cannot be read; the set itself is not touched by it.",
            causes: ["The file was edited, cut, or written by a newer dbctl."],
            next: [
                "Look into the file: it says when the set was verified and restored, and whether it is pinned.",
                "Remove it; `dbctl backup verify SET` learns again what can be learned.",
            ]
        ),
        Entry(
            "backup.drill_failed", .data,
            "A drill restored the set, and what came back is not what was backed up; or it could not be restored.",
            causes: ["The set is damaged, or dbctl has a bug: both mean that this set cannot be relied on."],
            next: [
                "The detail names each table with rows and checksums. Make a new backup and drill it.",
                "`dbctl backup verify SET` says whether the set's bytes are those that were written.",
            ]
        ),
        Entry(
            "backup.drill_server", .configuration,
            "No server programs are installed here that could take the set in a drill.",
            causes: ["A backup host often has the client programs only."],
            next: [
                "Install the package that the hint names, of the set's major version or a later one.",
                "Or drill on a server: `dbctl backup drill --latest --into drill_scratch --database-url URL`.",
            ]
        ),
        Entry(
            "backup.name_encoding", .configuration,
            "A table of a SQL_ASCII database has a name that is no UTF-8.",
            causes: ["A client with another encoding made the table; SQL_ASCII keeps any bytes."],
            next: ["Rename the table, or back this database up with `pg_dump -Fd`, which `dbctl restore --from` reads."]
        ),
        Entry(
            "backup.newer_format", .configuration,
            "The set was written by a newer dbctl, in a format that this one does not know. Nothing is wrong with it.",
            causes: ["Another host, or the host that makes the backups, has a newer dbctl."],
            next: [
                "Use that dbctl. Stock `pg_restore` restores the set as well: it is a directory archive of pg_dump."
            ]
        ),
        Entry(
            "backup.archive_malformed", .data,
            "The archive's table of contents (toc.dat) cannot be read.",
            causes: ["It is damaged, or no directory-format archive of pg_dump."],
            next: ["`pg_restore -l DIR` is a second opinion; use another set."]
        ),
        Entry(
            "backup.archive_unsupported", .data,
            "The archive's format version is not one that dbctl reads (1.14 to 1.16).",
            causes: ["It was made by a much older or newer pg_dump."],
            next: ["`pg_restore` of the major version that made it restores it."]
        ),
        Entry(
            "backup.disk_space", .cannotCreate,
            "The repository has not enough room for this backup; nothing was published.",
            causes: ["The database grew, or retention does not run."],
            next: ["The message gives needed and free bytes. `df -h REPO`; free space or choose another `--repo`."]
        ),
        Entry(
            "backup.locked", .busy,
            "A table could not be locked for reading within --lock-wait; nothing was published.",
            causes: ["DDL or a long ALTER TABLE holds or awaits ACCESS EXCLUSIVE."],
            next: ["The message names the blocker's pid, age and query. Run it later, or raise `--lock-wait`."]
        ),
        Entry(
            "backup.unstable", .busy,
            "Tables were truncated or rewritten again and again while the backup took its snapshot.",
            causes: ["A job that truncates, clusters or rewrites tables all the time."],
            next: ["Run the backup when that job does not run; the message names the tables."]
        ),
        Entry(
            "backup.snapshot_age", .guarded,
            "The backup was stopped because its snapshot became older than --max-snapshot-age.",
            causes: ["The database is too big for that limit, or the disk is slow: old snapshots hold back vacuum."],
            next: ["Raise `--max-snapshot-age`, or add `--jobs`. Nothing unfinished was kept."]
        ),
        Entry(
            "backup.hidden_rows", .authentication,
            "Row-level security would hide rows from this role, so that the backup would have holes.",
            causes: ["The role neither owns the table nor has BYPASSRLS."],
            next: ["`ALTER ROLE ROLE BYPASSRLS`, or back up as the owner; no GRANT cures it."]
        ),
        Entry(
            "backup.unreadable", .authentication,
            "The role may not read everything that belongs to the backup.",
            causes: ["A GRANT is missing on a table, sequence or schema that the message names."],
            next: ["`GRANT pg_read_all_data TO ROLE` (14+)."]
        ),
        Entry(
            "backup.incomplete", .authentication,
            "--require-all was given, and the role cannot see everything.",
            causes: ["Role passwords, subscriptions and user-mapping options are visible to superusers only."],
            next: ["Run as a superuser, or leave `--require-all` out: the result then lists what is missing."]
        ),
        Entry(
            "backup.lock_table", .refused,
            "The server's lock table is too small for that many tables.",
            causes: ["Thousands of tables are locked in one transaction for one consistent backup."],
            next: ["Raise max_locks_per_transaction in postgresql.conf (needs a restart); the message says to what."]
        ),
        Entry(
            "backup.tool_missing", .configuration,
            "The PostgreSQL client programs (pg_dump, pg_dumpall, pg_restore) of a fitting version are not installed.",
            causes: ["Only an older major version is there: a client must not be older than its server."],
            next: ["`apt install postgresql-client-NN`, or set `backup.pg_bin` to their folder."]
        ),
        Entry(
            "backup.tool_failed", .refused,
            "pg_dump or another of PostgreSQL's programs failed; nothing was published.",
            causes: ["The detail shows its own words."],
            next: ["Run the same program by hand with the same connection to see more."]
        ),
        Entry(
            "backup.through_pooler", .configuration,
            "A backup needs sessions of its own on the server; this connection goes through a pooler.",
            causes: ["The URL names pgbouncer or another pooler."],
            next: ["Add `direct_url` to the target in dbctl.yaml: host and port of the server itself."]
        ),
        Entry(
            "backup.policy_empty", .usage,
            "There is no retention policy, or it keeps nothing; nothing was deleted.",
            causes: ["No option such as `--keep-last` and no backup.keep in dbctl.yaml, or every one of them is 0."],
            next: [
                "`dbctl backup prune --keep-last 3 --keep-daily 7 --keep-weekly 4 --dry-run` shows what a policy does.",
                "Really all: `--keep-last 0 --allow-last`.",
            ]
        ),
        Entry(
            "backup.partly_made", .partial,
            "`backup create --all-databases` made the sets of some databases, and those of others not.",
            causes: ["A locked table, a missing right or a full disk: the detail says why, database by database."],
            next: [
                "Correct the cause; `dbctl backup create` with that database in the URL makes the set that is missing.",
                "`dbctl backup check` says of every database how old its newest good set is.",
            ]
        ),
        Entry(
            "backup.prune_failed", .partial,
            "The backup set was made and is whole, but older sets could not be deleted by the retention policy.",
            causes: ["The repository's disk fails, or a set belongs to another user. The message says which."],
            next: ["Correct the cause, then `dbctl backup prune --yes`: it goes on where this stopped."]
        ),
        Entry(
            "backup.too_old", .negative,
            "The newest backup set that was verified is older than it should be (`dbctl backup check`: CRITICAL).",
            causes: ["The nightly backup fails, or does not run any more."],
            next: [
                "Look for the cron mail or the journal of the last run: it names an error code and a run id.",
                "`dbctl backup create` by hand shows what is wrong.",
            ]
        ),
        Entry(
            "backup.no_good_set", .negative,
            "A database, or the whole repository, has no backup set that was verified (`dbctl backup check`: CRITICAL).",
            causes: ["No backup was ever made, all are damaged, or they were copied there without their notes."],
            next: ["`dbctl backup verify --all` reads what is there; `dbctl backup create` makes a new one."]
        ),
        Entry(
            "backup.newest_not_good", .negative,
            "An older backup set is good and young enough, but a newer one is not (`dbctl backup check`: WARNING).",
            causes: [
                "The newest set was found damaged, was never verified, or bears a time in the future: a wrong clock."
            ],
            next: ["`dbctl backup list` shows which, `dbctl backup verify --latest` what is wrong with it; `date -u`."]
        ),
        Entry(
            "backup.drill_overdue", .negative,
            "It is too long ago that a backup was restored for practice (`dbctl backup check`: WARNING).",
            causes: ["No drill was made within --max-drill-age, or the last ones failed."],
            next: ["Hold one: `dbctl backup drill --latest`."]
        ),
        Entry(
            "backup.pattern", .usage,
            "A table pattern cannot be understood.",
            causes: ["A typing error in `--exclude-table-data` or `backup.exclude_table_data`."],
            next: ["Patterns are `schema.table` with `*` and `?`; `\\dt schema.*` in psql shows the names."]
        ),
    ]
}
