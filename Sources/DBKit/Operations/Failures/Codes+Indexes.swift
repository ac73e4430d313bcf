// Indexes. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let indexes: [Entry] = [
        Entry(
            "index.table_not_found", .notFound, "There is no table of this name in the database.",
            causes: ["Another database or schema; a name in capitals without its quotes."],
            next: ["Write it with its schema, as in `dbctl index create public.prices asset_id`."]
        ),
        Entry(
            "index.not_found", .notFound, "There is no index of this name in the database.",
            causes: ["Another schema; it was dropped already."],
            next: ["`dbctl index list` shows those that are there."]
        ),
        Entry(
            "index.not_a_table", .guarded, "What was named is a view or a foreign table: nothing can be indexed in it.",
            causes: ["The rows lie in another table, or on another server."],
            next: ["Name the table behind it; on the other server for a foreign one."]
        ),
        Entry(
            "index.column", .notFound, "The table has no such column.",
            causes: ["A typing error; several columns in one argument; an expression without its parentheses."],
            next: [
                "The message lists the columns. Each is an argument of its own: `dbctl index create prices asset_id 'date DESC'`.",
                "An expression stands in parentheses: `dbctl index create users '(lower(email))'`.",
            ]
        ),
        Entry(
            "index.definition", .refused, "The server does not take the definition of the index; nothing was built.",
            causes: [
                "An operator class that the type does not have, an expression that is not IMMUTABLE, an option that the access method does not know."
            ],
            next: ["The message has the server's words: mend the definition."]
        ),
        Entry(
            "index.version", .configuration, "The server is too old for what the definition asks for.",
            causes: ["NULLS NOT DISTINCT before version 15."],
            next: ["Leave it out, or make the columns NOT NULL."]
        ),
        Entry(
            "index.name_taken", .cannotCreate, "Something else in the schema has the wanted name.",
            causes: ["An index with another definition, a table, a sequence."],
            next: ["Choose another with `--name`, or leave it out: dbctl chooses a free one."]
        ),
        Entry(
            "index.not_owner", .authentication, "The role does not own the table, and only its owner may index it.",
            causes: ["The command runs as an application's role."],
            next: ["Run it as the role that the message names, or GRANT that role to yours."]
        ),
        Entry(
            "index.direct_url", .configuration,
            "The connection leads through a pooler, which can carry neither CONCURRENTLY nor the lock of a run.",
            causes: ["The target's url is the pooler's, and it has no direct_url."],
            next: ["Add `direct_url` to the target in dbctl.yaml: host and port of the server itself."]
        ),
        Entry(
            "index.covered", .guarded, "An index that is there serves every query that the wanted one would.",
            causes: ["Its keys begin with the wanted ones; or it is unique, or stores more columns, on the same keys."],
            next: ["Use that one. When the narrower one pays for its writes: the same command with `--force`."]
        ),
        Entry(
            "index.foreign_partition", .guarded, "The partitioned table has a partition on another server.",
            causes: ["A FOREIGN TABLE is attached: PostgreSQL cannot index all of it."],
            next: ["Create the index on each partition that is a table."]
        ),
        Entry(
            "index.constraint", .guarded, "A constraint needs this index: it goes with the constraint or not at all.",
            causes: ["A primary key, a unique or exclusion constraint, or a foreign key that refers to its columns."],
            next: ["The message has the ALTER TABLE to type, if the constraint really is to go."]
        ),
        Entry(
            "index.partition_child", .guarded, "The index is a partition's part of a partitioned index.",
            causes: ["It was attached; the server drops it only with the whole."],
            next: ["Drop the index of the partitioned table, which the message names: all of it goes."]
        ),
        Entry(
            "index.duplicates", .data, "A unique index was wanted over rows that have the same key.",
            causes: ["Rows from before the rule; a key with fewer columns than what makes a row unique."],
            next: [
                "The message has sample keys and the query that finds them all. Mend them, and run the same command again."
            ]
        ),
        Entry(
            "index.no_space", .cannotCreate, "The index would not fit onto the server's disk; nothing was built.",
            causes: ["Its size, estimated from the statistics, and what sorting takes are more than what is free."],
            next: [
                "Make room; or build a smaller one: fewer columns, or a WHERE.",
                "The estimate is as good as the statistics: ANALYZE the table when they are old.",
            ]
        ),
        Entry(
            "index.being_built", .busy, "Somebody is building an index on this table at this moment.",
            causes: ["Another tool, a migration, or another dbctl; the message has its pid and phase."],
            next: ["Wait for it: `--wait 1h`. Nothing was changed."]
        ),
        Entry(
            "index.max_wait", .busy,
            "CONCURRENTLY waits until older transactions have ended, and one of them did not within --max-wait.",
            causes: ["A forgotten session that is idle in transaction; a long report; a prepared transaction."],
            next: [
                "`dbctl pool doctor` shows it, `dbctl pool kill --pid PID --yes` ends it. Then run the same command again.",
                "Or allow longer with `--max-wait`.",
            ]
        ),
        Entry(
            "index.locked", .busy, "A lock was not to be had in many short tries, or nobody can look at a table.",
            causes: [
                "Long transactions that write to the table, or that hold it.",
                "An ALTER TABLE, a VACUUM FULL or a LOCK TABLE on it.",
            ],
            next: [
                "The message names who holds it, and what ends that. Run the same command again, or with a longer `--wait`."
            ]
        ),
        Entry(
            "index.leftover", .partial, "A build or a DROP did not come to its end, and an INVALID index is left.",
            causes: ["A transaction holds the table, so that no form of DROP INDEX can finish."],
            next: [
                "End the transaction that the message names (`dbctl pool kill --pid PID --yes`), then the same command again; after a build `dbctl index repair` does as well, after a DROP it may build the index anew.",
                "The message says whether the index rejects rows meanwhile.",
            ]
        ),
        Entry(
            "index.partial", .partial, "Some partitions have their index, others not yet.",
            causes: ["A partition was locked, held duplicates, or the run was ended."],
            next: ["Mend what the message names, and run the same command again: it goes on."]
        ),
    ]
}
