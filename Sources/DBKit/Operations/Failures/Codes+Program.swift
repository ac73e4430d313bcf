// dbctl itself: the command line, the configuration, its own files, the sandbox. The codes are declared where they are
// thrown; here is what they mean.

extension FailureCode {
    /// Also for what must not happen in a library call: a statement with a NUL byte, a result of another shape.
    public static let bugUnexpected = FailureCode("bug.unexpected", .bug)
    public static let runInterrupted = FailureCode("run.interrupted", .interrupted)
}

extension FailureCatalogue {
    static let program: [Entry] = [
        Entry(
            "usage.arguments", .usage,
            "The command line is wrong; nothing was done.",
            causes: ["An unknown option, a missing argument, or two that exclude each other."],
            next: ["`dbctl AREA VERB --help` shows an example and all options."]
        ),
        Entry(
            "usage.database_url", .usage,
            "The URL of --database-url cannot be understood.",
            causes: ["A password with @ : / or % that is not percent-encoded, another scheme, a bad port."],
            next: [
                "Percent-encode: @ is %40, : is %3A, / is %2F, % is %25; or use PGPASSWORD or ~/.pgpass.",
                "In a shell, put the URL in single quotes.",
            ]
        ),
        Entry(
            "usage.format", .usage,
            "This command cannot print in the format that was asked for.",
            causes: ["Every verb prints human and json, except `pool top`, which is a screen."],
            next: ["Leave `--format` out, or use `--format json`."]
        ),
        Entry(
            "confirm.declined", .guarded,
            "A verb that asks for consent on a terminal did not get it; nothing was changed.",
            causes: ["Something else was typed than what the question asked for, or the input ended."],
            next: ["Run the same command again and type what it asks for, or consent beforehand with `--yes`."]
        ),
        Entry(
            "explain.unknown_code", .notFound,
            "There is no such error code.",
            causes: ["A typing error, or a code of another version of dbctl."],
            next: ["`dbctl explain` without a code lists them all."]
        ),
        Entry(
            "history.not_writable", .authentication,
            "The role may not write dbctl.operations, so that this run is not recorded in the database.",
            causes: ["The schema dbctl does not exist and the role may not create it, or INSERT is missing."],
            next: [
                "Run the SQL that the message prints as the database's owner; from then on runs are recorded.",
                "The job itself was not affected.",
            ]
        ),
        Entry(
            "history.not_readable", .authentication,
            "The role may not read dbctl.operations.",
            causes: ["Another role created the record, and this one has no SELECT on it."],
            next: [
                "As its owner: `GRANT USAGE ON SCHEMA dbctl TO ROLE; GRANT SELECT ON dbctl.operations TO ROLE;`"
            ]
        ),
        Entry(
            "history.no_such_run", .notFound,
            "The database has no record of such a run.",
            causes: ["A typing error, another database, or a run that changed nothing and was not recorded."],
            next: ["`dbctl history` lists what there is."]
        ),
        Entry(
            "demo.mismatch", .data,
            "A table of the demonstration differs after the restore from what it was before.",
            causes: [
                "A bug in dbctl, or a machine whose memory or disk changes bytes. The demonstration works on a "
                    + "throwaway server, so nothing of yours is touched."
            ],
            next: [
                "Do not trust backups made here before it is found out: report it with the output of "
                    + "`dbctl demo --format json` and `dbctl --version`."
            ]
        ),
        Entry(
            "demo.stuck", .bug,
            "The demonstration's server was not recognised as exhausted, or was not free after the sessions in the way were "
                + "ended.",
            causes: ["A bug in dbctl. The demonstration works on a throwaway server, so nothing of yours is touched."],
            next: ["Report it with the output of `dbctl demo --format json` and `dbctl --version`."]
        ),
        Entry(
            .runInterrupted,
            "The run was stopped by Ctrl-C (SIGINT); no session and no temporary file is left.",
            causes: ["Somebody pressed Ctrl-C, or the program that called dbctl cancelled it."],
            next: ["Run the same command again; nothing unfinished is kept unless the message says so."]
        ),
        Entry(
            "run.terminated", .terminated,
            "The run was stopped by SIGTERM; no session and no temporary file is left.",
            causes: ["systemd, a container runtime or an administrator stopped it."],
            next: ["Run the same command again; a time limit of the caller may be too short."]
        ),
        Entry(
            .bugUnexpected,
            "A bug in dbctl: something happened that its code rules out.",
            causes: ["Not your fault."],
            next: [
                "Report it with the message, `dbctl --version` and the run id.",
                "What the run had done in the database was rolled back unless the message says otherwise.",
            ]
        ),
    ]

    static let configuration: [Entry] = [
        Entry(
            "config.syntax", .configuration,
            "dbctl.yaml is not readable as YAML.",
            causes: ["Indentation, a tab, a missing quote or an unquoted `*` or `@`."],
            next: ["The message names file and line; `dbctl config check` after correcting it."]
        ),
        Entry(
            "config.unknown_key", .configuration,
            "dbctl.yaml has a key that dbctl does not know.",
            causes: ["A typing error; keys are refused rather than ignored, so that none is silently without effect."],
            next: ["The message names the nearest valid key; `dbctl init` writes a commented example."]
        ),
        Entry(
            "config.duplicate_key", .configuration,
            "dbctl.yaml has the same key twice in one place.",
            causes: ["Two blocks with one name after a merge."],
            next: ["The message names both lines: keep one."]
        ),
        Entry(
            "config.type", .configuration,
            "A value has the wrong form.",
            causes: [
                "For instance a duration without a unit (`90s` has one).",
                "The environment overrides the key: DBCTL_BACKUP_JOBS stands for backup.jobs, DBCTL_PARALLEL for "
                    + "defaults.parallel.",
            ],
            next: [
                "The message names the file and line, or the variable, and says what is expected.",
                "`dbctl config show` prints how values were understood.",
            ]
        ),
        Entry(
            "config.missing", .configuration,
            "Something that this command needs is not configured.",
            causes: [
                "dbctl.yaml does not say it.",
                "No dbctl.yaml was found: no --config, and none in ./dbctl.yaml, $XDG_CONFIG_HOME/dbctl/ or /etc/dbctl/.",
            ],
            next: ["`dbctl init` writes a commented one; `dbctl config show` tells what is used."]
        ),
        Entry(
            "config.missing_variable", .configuration,
            "The configuration uses ${NAME} and the environment has no such variable, or an empty one.",
            causes: [
                "cron and systemd start with an environment of their own.",
                "In a URL or a password an empty variable is as bad as none: what is left would name another server, the "
                    + "one that PGHOST and PGDATABASE happen to say.",
            ],
            next: [
                "Set it there (`Environment=` or `EnvironmentFile=` in the unit, a line in the crontab), or use "
                    + "`--env-file`."
            ]
        ),
        Entry(
            "config.unknown_target", .configuration,
            "The configuration has no target of that name.",
            causes: [
                "A typing error in `--target`, or another dbctl.yaml than meant.",
                "No dbctl.yaml was found: the message lists where it was looked for (cron starts in the home folder).",
            ],
            next: [
                "Name the file: `--config /etc/dbctl/dbctl.yaml`.",
                "`dbctl config show` lists the targets and the file that they come from.",
            ]
        ),
        Entry(
            "config.unknown_feed", .configuration,
            "The configuration has no feed of that name.",
            causes: [
                "A typing error in `--feed`, or another dbctl.yaml than meant.",
                "No dbctl.yaml was found: the message lists where it was looked for (cron starts in the home folder).",
            ],
            next: [
                "Name the file: `--config /etc/dbctl/dbctl.yaml`.",
                "`dbctl config show` lists what it says under feeds.",
            ]
        ),
        Entry(
            "config.feed", .configuration,
            "A feed of dbctl.yaml says two things that cannot both be meant.",
            causes: [
                "A key column, or one of map, that is not among `columns:`; a name that stands there twice; a column "
                    + "that dbctl keeps (updated_at) and the file feeds as well."
            ],
            next: ["The message names file, line and column. `dbctl config check` after correcting it."]
        ),
        Entry(
            "config.env_file", .configuration,
            "The file given with --env-file has a line that is no NAME=value, or is no UTF-8 text.",
            causes: ["Shell syntax beyond NAME=value, or a quote that is not closed."],
            next: ["The message names file and line."]
        ),
        Entry(
            "config.url", .configuration,
            "A connection URL of the environment or of dbctl.yaml, or DB_SSL, cannot be understood.",
            causes: ["A password with @ : / or % that is not percent-encoded, another scheme, a bad port."],
            next: [
                "The message names the variable, or the file and line.",
                "Percent-encode: @ is %40, : is %3A, / is %2F, % is %25; or use PGPASSWORD or ~/.pgpass.",
                "`dbctl check --explain-url` shows each part and where it came from.",
            ]
        ),
    ]

    static let files: [Entry] = [
        Entry(
            "file.missing", .notFound,
            "A file that was named does not exist.",
            causes: ["A wrong path; relative ones count from the working folder (cron: the home folder)."],
            next: ["`ls -l` the path of the message; use an absolute one in cron."]
        ),
        Entry(
            "file.unreadable", .io,
            "A file exists but could not be read.",
            causes: ["Permissions, or a failing disk."],
            next: ["`ls -l` the file; `sudo -u USER cat FILE >/dev/null` as the user that runs dbctl."]
        ),
        Entry(
            "file.exists", .cannotCreate,
            "The file that was to be written is already there; it was left alone.",
            causes: ["An earlier run wrote it."],
            next: ["Move it away, or choose another name."]
        ),
        Entry(
            "file.not_created", .cannotCreate,
            "A file could not be created.",
            causes: ["The folder does not exist, is not yours, or its disk is full."],
            next: ["`namei -l PATH` shows where it ends; `df -h` the disk."]
        ),
        Entry(
            "output.failed", .io,
            "The result could not be written to standard output.",
            causes: ["The reader of the pipe ended, or the disk behind a redirection is full."],
            next: ["`df -h` where the output goes; the work itself may be done: look before repeating it."]
        ),
        Entry(
            "record.damaged", .data,
            "A record of looks at a server (pool top --record) has a line that is none.",
            causes: ["The file is something else, was edited, or is of a newer dbctl."],
            next: [
                "The message names the line: take it out with `sed -i LINEd FILE`, the others can be replayed.",
                "The unfinished last line of a recorder that was killed does no harm.",
            ]
        ),
        Entry(
            "storage.disk_full", .cannotCreate,
            "The disk of the repository is full; nothing was published and older sets are untouched.",
            causes: ["The backups grew, or retention does not run."],
            next: ["`df -h REPO`, `dbctl backup list`, then free space or choose another `--repo`."]
        ),
        Entry(
            "storage.already_exists", .cannotCreate,
            "A file or folder that was to be created is already there.",
            causes: ["A leftover, or two things of one name."],
            next: ["Look at it before moving it away."]
        ),
        Entry(
            "storage.cannot_create", .cannotCreate,
            "A file or folder could not be created.",
            causes: ["The file system is read-only, or part of the path is a file."],
            next: ["`mount | grep ro,` and `namei -l PATH`."]
        ),
        Entry(
            "storage.not_found", .notFound,
            "A file or folder of the repository does not exist.",
            causes: ["A wrong `--repo`, a disk that is not mounted, or a set that was removed."],
            next: ["`findmnt -T REPO`, `dbctl config show` for where the repository's path comes from."]
        ),
        Entry(
            "storage.denied", .authentication,
            "The operating system refuses access to a file or folder of the repository.",
            causes: ["Another user made it: repositories are 0700 and belong to who runs the backups."],
            next: ["Run as that user (`sudo -u …`), or `namei -l PATH` shows where it ends."]
        ),
        Entry(
            "storage.io", .io,
            "Reading or writing a file of the repository failed.",
            causes: ["A failing disk or network file system."],
            next: ["`dmesg -T | tail`; verify what is there with `dbctl backup verify --all`."]
        ),
        Entry(
            "storage.corrupt", .data,
            "A file is not what its checksum or its format says.",
            causes: ["A flipped bit, a truncated copy, or a change by hand."],
            next: ["`dbctl backup verify SET` says what is damaged; use another set, or a copy of this one."]
        ),
        Entry(
            "storage.lock_held", .busy,
            "Another run works in this repository; nothing was changed.",
            causes: ["A backup or prune still runs; cron overlapping itself."],
            next: [
                "The message names the holder's pid and age. Wait, or give `--wait 10m`. Never delete the lock file."
            ]
        ),
    ]

    static let sandbox: [Entry] = [
        Entry(
            "sandbox.no_server", .configuration,
            "No PostgreSQL server programs of the wanted version are installed on this machine.",
            causes: ["Only the client package is installed, or another major version."],
            next: ["`apt install postgresql-15` (or the version that is named)."]
        ),
        Entry(
            "sandbox.options", .usage,
            "The sandbox cannot be made as asked.",
            causes: ["A name with other characters than letters, digits, - and _, or a setting that is its own."],
            next: ["`dbctl sandbox start --help`."]
        ),
        Entry(
            "sandbox.exists", .cannotCreate,
            "A sandbox of that name is already there.",
            causes: ["It was started before and stays until it is stopped."],
            next: ["`dbctl sandbox stop NAME`, or choose another name."]
        ),
        Entry(
            "sandbox.not_found", .notFound,
            "There is no sandbox of that name.",
            causes: ["It was stopped, or belongs to another user."],
            next: ["`dbctl sandbox stop --all` ends those that there are."]
        ),
        Entry(
            "sandbox.command", .notFound,
            "The command that was to run on the sandbox does not exist or is not executable.",
            causes: ["A spelling mistake, a program that is not on the PATH, a script without `chmod +x`."],
            next: ["`command -v PROGRAM`. The sandbox is removed already."]
        ),
        Entry(
            "sandbox.start", .io,
            "The throwaway server did not start, and was removed again.",
            causes: ["No space or no shared memory, or a setting that this version refuses."],
            next: ["The detail shows the end of the server's log; `df -h /tmp /dev/shm`."]
        ),
    ]
}
