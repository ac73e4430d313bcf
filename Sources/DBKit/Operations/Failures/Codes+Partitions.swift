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
            next: ["Make it a partitioned one first, or take its entry out of `partitions:`."]
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
            "partition.locked", .busy,
            "The lock of a partition's ATTACH or DETACH was not to be had; nothing was changed.",
            causes: ["A long transaction uses the default partition; another ALTER TABLE is under way."],
            next: [
                "`dbctl pool kill --pid PID --yes` ends what holds it; then run the same command again, or wait longer with `--wait 10m`."
            ]
        ),
        Entry(
            "partition.leftover", .guarded,
            "A table that an interrupted run left unattached holds rows; it was not dropped.",
            causes: ["A drain of the default partition that did not come to its end; somebody wrote into it."],
            next: [
                "`dbctl partition ensure --drain-default` goes on. If the rows are nobody's: drop the table by hand."
            ]
        ),
        Entry(
            "partition.not_declared", .configuration, "The table is not declared under partitions: of dbctl.yaml.",
            causes: ["A typing error; another configuration file."],
            next: ["Add an entry, as the message shows; `dbctl config show` says which file was read."]
        ),
        Entry(
            "partition.bounds", .guarded, "A partition has bounds that dbctl cannot compare with those it would make.",
            causes: ["A text key with a bound that is no ULID; a key of another kind than declared."],
            next: ["Detach that partition, or leave the table out of `partitions:` and create its partitions by hand."]
        ),
        Entry(
            "partition.overlap", .guarded,
            "A stretch of the key has no partition, and no whole range of the step fits in it.",
            causes: [
                "Partitions made by hand with other bounds; a step or a time zone that was changed.",
                "An interrupted DETACH CONCURRENTLY, which keeps its range until it is finalized.",
            ],
            next: ["The message has the statement that fills or finalizes it. Then `dbctl partition ensure` goes on."]
        ),
        Entry(
            "partition.too_many", .guarded, "More partitions are missing than one run makes without being told to.",
            causes: ["One partition far in the past makes everything behind it a gap; a step that is too short."],
            next: [
                "`dbctl partition list` shows the oldest: detach it, or declare `keep:`, before which no gap is filled.",
                "If all of them are meant: `dbctl partition ensure --most N`.",
            ]
        ),
        Entry(
            "partition.range_end", .guarded, "The type of the key ends before the wanted partitions do.",
            causes: ["An integer that is nearly used up; a step of centuries."],
            next: [
                "Give the column a larger type (`dbctl index audit` finds keys that run out), or declare fewer `ahead:`."
            ]
        ),
        Entry(
            "partition.stray_rows", .guarded,
            "Rows that belong to a partition which is to be created lie in the default partition.",
            causes: ["Partitions were missing when they were written; a clock or an import that was wrong."],
            next: [
                "`dbctl partition plan --drain-default` shows how many; `dbctl partition ensure --drain-default` moves them while everybody reads and writes.",
                "If they are mistakes: correct or delete them, and run `dbctl partition ensure` again.",
            ]
        ),
        Entry(
            "partition.drain_refused", .guarded, "Something would notice that rows move out of the default partition.",
            causes: [
                "Foreign keys of other tables refer to the rows; they are published to subscribers.",
                "The default partition is partitioned itself, or lies on another server.",
            ],
            next: ["The message says what; the hint how to go about it."]
        ),
        Entry(
            "partition.drain_differs", .refused,
            "What was copied out of the default partition is not what is in there; it was not attached, and no row is lost.",
            causes: ["TRUNCATE, or writes with triggers switched off, while it was copied."],
            next: ["Run the same command again: it copies anew."]
        ),
        Entry(
            "partition.large_default", .guarded,
            "The default partition takes longer to be read than it may be locked; nothing was changed.",
            causes: [
                "It has become large: ATTACH compares all of it with the new bounds under a lock that stops readers."
            ],
            next: [
                "In a quiet moment: the same command with `--lock-timeout 30s`, which is how long it may be locked.",
                "Ranges further ahead than the next step do not need it: keep `ahead:` large enough.",
            ]
        ),
        Entry(
            "partition.partial", .partial, "A part of the partitions is there; the rest is not.",
            causes: [
                "One table of several has something in the way; a lock was not to be had after the first partitions."
            ],
            next: ["Mend what the message names, and run the same command again: it does what is left."]
        ),
        Entry(
            "partition.short", .negative, "Fewer partitions lie ahead than are declared, or rows will soon find none.",
            causes: ["`dbctl partition ensure` does not run, or fails; the past has a gap."],
            next: [
                "`dbctl partition ensure`; then look for why cron did not: `dbctl history`, runbooks/partitions-missing.md."
            ]
        ),
        Entry(
            "partition.unreadable", .authentication, "The role may not see what the check needs.",
            causes: ["A key of numbers, whose largest value says where the table has come to."],
            next: ["The message has the GRANT."]
        ),
    ]
}
