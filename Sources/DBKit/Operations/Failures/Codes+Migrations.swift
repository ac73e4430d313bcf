// Migrations. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let migrations: [Entry] = [
        Entry(
            "migrate.edited", .data,
            "A file was changed after it was applied, or the part of it that is done already.",
            causes: ["An edit of an old migration, a merge, or another branch's file with the same version."],
            next: [
                "The message shows what was edited: put the file back, and write a new migration for the change.",
                "When the database is right as it is: `dbctl migrate rebless VERSION` accepts the new text.",
            ]
        ),
        Entry(
            "migrate.out_of_order", .guarded,
            "A migration is pending whose version is lower than one that is applied.",
            causes: ["Two branches were merged, and the older one came second."],
            next: [
                "Give the file a new, higher version; or apply it as it is with `--allow-out-of-order`.",
                "`dbctl migrate status` lists the late ones.",
            ]
        ),
        Entry(
            "migrate.partial", .partial,
            "A migration that cannot be one transaction failed in the middle; what is done is recorded.",
            causes: [
                "A statement after the first segment failed: duplicate keys, a lock that was not to be had, a kill."
            ],
            next: [
                "Mend the statement that the message names (only what is not done yet may be changed), and run the same command again: it goes on there.",
                "`dbctl migrate status` shows the statement at which it goes on.",
            ]
        ),
        Entry(
            "migrate.outcome_unknown", .partial,
            "A statement that may commit by itself was under way when a run was killed; nothing tells whether it is done.",
            causes: ["DO or CALL outside of a transaction; CREATE INDEX CONCURRENTLY without a name."],
            next: [
                "Look at what the statement does. It is done: `dbctl migrate repair --done VERSION`.",
                "It is not: `dbctl migrate repair --again VERSION`. Then `dbctl migrate up` goes on.",
            ]
        ),
        Entry(
            "migrate.after_all", .partial,
            "All migrations are applied, and the hook afterAll.sql failed.",
            causes: ["A statement of the hook that the server refused."],
            next: ["Mend the hook, and run the same command again: the hook runs, also when nothing else is pending."]
        ),
        Entry(
            "migrate.foreign_history", .guarded,
            "Another migration tool has applied some of these files, or failed in one, and its history was not taken over.",
            causes: [
                "The folder was deployed with that tool until now.",
                "That tool stopped in the middle, so that nobody can tell which of the files it has applied.",
            ],
            next: [
                "It stopped in the middle: finish or undo that first, as the message says.",
                "`dbctl migrate adopt` checks its history against the files and takes it over.",
                "The history is not about this schema: `--ignore-foreign-history`.",
            ]
        ),
        Entry(
            "migrate.duplicates", .data,
            "A unique index was to be built over rows that have the same key.",
            causes: ["Duplicates from before the rule existed."],
            next: [
                "The message shows sample keys and the query that finds them all: mend the rows, and run the same command again."
            ]
        ),
        Entry(
            "migrate.not_found", .notFound,
            "There is no migration with that version, neither as a file nor in the history.",
            causes: ["A mistyped version, another `--dir`, or a file that was removed."],
            next: ["`dbctl migrate status` lists what there is."]
        ),
        Entry(
            "migrate.no_down", .notFound,
            "A migration that was to be undone has no down section.",
            causes: ["It was never written, or what it does cannot be undone."],
            next: ["Write a new migration that undoes it.", "Or restore from a backup: `dbctl backup list`."]
        ),
        Entry(
            "migrate.direct_url", .configuration,
            "A statement that runs outside of a transaction, or pg_dump, cannot go through a pooler in transaction mode.",
            causes: [
                "CREATE INDEX CONCURRENTLY, VACUUM and their like need a session of their own, and so does pg_dump."
            ],
            next: ["Add `direct_url` to the target in dbctl.yaml: host and port of the server itself."]
        ),
        Entry(
            "migrate.history_unreadable", .authentication,
            "The role may not read the history of migrations (schema dbctl).",
            causes: ["Another role created it."],
            next: [
                "As its owner: `GRANT USAGE ON SCHEMA dbctl TO ROLE; GRANT SELECT ON ALL TABLES IN SCHEMA dbctl TO ROLE`."
            ]
        ),
        Entry(
            "migrate.history_not_writable", .authentication,
            "The role may not create or write the history of migrations (schema dbctl).",
            causes: ["It lacks CREATE on the database, or another role owns the schema."],
            next: ["The message prints the SQL to run once as the owner of the database."]
        ),
        Entry(
            "migrate.history_not_empty", .guarded,
            "A baseline was asked for, and the history has entries already.",
            causes: ["The database was migrated with dbctl before."],
            next: ["`dbctl migrate status` shows the history. To fill gaps up to the version all the same: `--yes`."]
        ),
        Entry(
            "migrate.name", .usage,
            "The name of a new migration says nothing, or the folder belongs to a tool that keeps a plan of its own.",
            causes: ["No letter or digit in the name; a sqitch project."],
            next: ["`dbctl migrate new add_email_to_users`; in a sqitch project `sqitch add`."]
        ),
        Entry(
            "migrate.not_created", .cannotCreate,
            "The file of a new migration cannot be created.",
            causes: ["A file of that name exists, or the folder is not yours."],
            next: ["Choose another name, or another folder with `--dir`."]
        ),
        Entry(
            "migrate.schema_file_not_found", .notFound,
            "There is no schema file to compare the database with.",
            causes: ["It was never written, or lies elsewhere."],
            next: ["`dbctl migrate dump` writes it; `--file` or migrate.dump in dbctl.yaml says where."]
        ),
        Entry(
            "migrate.drift", .negative,
            "The database has another schema than the schema file says.",
            causes: ["Somebody changed it by hand.", "Migrations were applied, and the file was not written since."],
            next: [
                "Wanted: write it down as a migration; then `dbctl migrate dump` brings the file up to date.",
                "Not wanted: undo it by hand. Lines with - stand in the file only, lines with + in the database only.",
            ]
        ),
    ]
}
