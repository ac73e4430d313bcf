// Partitions. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let partitions: [Entry] = [
        Entry(
            "partition.scheme", .configuration,
            "The declaration of a partitioned table cannot be meant: its step, its key and its names do not go together.",
            causes: [
                "Hours on a date, rows on a key of time, or time on a key of numbers.",
                "A name: that calls two partitions alike, or leaves no room for the table within 63 bytes.",
            ],
            next: ["Correct the entry under `partitions:` that the message names; `dbctl config check` looks again."]
        ),
        Entry(
            "partition.table_not_found", .notFound, "There is no table of this name in the database.",
            causes: ["Another database or schema; a name in capitals without its quotes."],
            next: ["Write it with its schema, as in `table: public.user_attempts`."]
        ),
        Entry(
            "partition.not_partitioned", .guarded, "The table is an ordinary one.",
            causes: ["It was declared before it was converted."],
            next: [
                "`dbctl partition convert TABLE --by COLUMN --every 1 month --plan` shows how it becomes partitioned."
            ]
        ),
        Entry(
            "partition.key", .guarded, "dbctl cuts no ranges of this table's partition key.",
            causes: [
                "The declaration names another column than the table is partitioned by.",
                "The key is an expression, several columns, a list or a hash, or its type has no ranges.",
            ],
            next: ["Correct `by:`, or leave the table out and create its partitions by hand."]
        ),
        Entry(
            "partition.collation", .guarded,
            "The key is a text whose collation does not sort ULIDs by their time, so that its ranges would be wrong.",
            causes: ["A language in which letters change places or two count as one (ch in Czech, z in Estonian)."],
            next: ["Partition by a column with COLLATE \"C\", or by a uuid v7."]
        ),
        Entry(
            "partition.not_owner", .authentication, "The role may not add partitions to the table.",
            causes: ["The command runs as an application's role; no CREATE on the schema."],
            next: ["Run it as the role that the message names, or GRANT that role to yours."]
        ),
        Entry(
            "partition.direct_url", .configuration,
            "The connection leads through a pooler, which cannot carry the lock of a run.",
            causes: ["The target's url is the pooler's, and it has no direct_url."],
            next: ["Add `direct_url` to the target in dbctl.yaml: host and port of the server itself."]
        ),
        Entry(
            "partition.name_taken", .guarded, "Something else has the name that a partition should get.",
            causes: [
                "A table of somebody else's; a partition that was detached and kept; a name: that two tables share."
            ],
            next: ["Rename or drop what has the name, or give the partitions another `name:` in dbctl.yaml."]
        ),
        Entry(
            "partition.locked", .busy, "The lock of a partition's ATTACH was not to be had; nothing was changed.",
            causes: ["A long transaction uses the default partition; another ALTER TABLE is under way."],
            next: ["`dbctl pool kill` ends what holds it; or wait longer with `--wait 10m`. The same command again."]
        ),
        Entry(
            "partition.leftover", .guarded,
            "A table that an interrupted run left unattached holds rows; it was not dropped.",
            causes: ["A drain of the default partition that did not come to its end; somebody wrote into it."],
            next: [
                "`dbctl partition ensure --drain-default` goes on. If the rows are nobody's: drop the table by hand."
            ]
        ),
    ]
}
