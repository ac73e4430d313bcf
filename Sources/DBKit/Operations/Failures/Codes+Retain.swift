// Partitions that are past keeping. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let retain: [Entry] = [
        Entry(
            "partition.no_keep", .configuration, "Nothing says how much of the table is kept.",
            causes: ["Its entry under `partitions:` has no `keep:`, which keeps everything."],
            next: ["Add `keep: 24 months` to the entry, or give `--keep '24 months'`."]
        ),
        Entry(
            "partition.no_archive", .configuration,
            "Partitions are to be archived, and no repository is configured.",
            causes: ["`on_expire: archive` without `backup.repo`."],
            next: ["Set `backup.repo` in dbctl.yaml, or give `--repo`; the archives lie in `.partitions` within it."]
        ),
        Entry(
            "partition.converting", .guarded,
            "The table was made a partitioned one, and that is neither finished nor undone.",
            causes: ["`dbctl partition convert --finish` was never run: its rows are in the old table, too."],
            next: ["`dbctl partition convert TABLE --finish --yes`, then `dbctl partition retain` again."]
        ),
        Entry(
            "partition.referenced", .guarded,
            "A foreign key refers to the partitioned table: rows of others may need the ones that would go.",
            causes: ["A table that points at rows of the partitioned one, or the partitioned table at itself."],
            next: [
                "Drop the foreign key that the message names, if the application can do without it.",
                "Else delete the rows yourself; such a table has no retention by partitions.",
            ]
        ),
        Entry(
            "partition.dependents", .guarded,
            "Something depends on a partition that is past keeping; nothing is ever dropped with CASCADE.",
            causes: ["A view, a function or a default over the partition instead of over the partitioned table."],
            next: [
                "Make it depend on the partitioned table, or drop it.",
                "`on_expire: detach` keeps the table, and what depends on it.",
            ]
        ),
        Entry(
            "partition.foreign", .guarded, "The partition is a foreign table, whose rows lie on another server.",
            causes: ["An old partition was moved away with postgres_fdw."],
            next: ["Detach it by hand, as the message says; `on_expire: detach` does it, too."]
        ),
        Entry(
            "partition.identity", .guarded,
            "A partition of a partition lacks an identity that the one above it has; PostgreSQL cannot detach that.",
            causes: ["Version 17 or later, and a partition that was attached together with partitions of its own."],
            next: ["Detach the one that the message names from the one above it, and attach it again with its bounds."]
        ),
        Entry(
            "partition.detach_pending", .partial,
            "A partition is half detached: queries do not see it any more, and it is not yet a table of its own.",
            causes: [
                "The connection was lost in the middle, and what became of it is not known.",
                "DETACH CONCURRENTLY waited for a long transaction, and was ended or killed.",
                "Somebody reads the partition itself, or has written to a table that its foreign keys refer to.",
            ],
            next: [
                "Run the same command again: it finishes this first; `--wait 10m` tries for longer.",
                "`dbctl pool kill --pid PID --yes` ends what the message says that it waits for.",
            ]
        ),
        Entry(
            "partition.detached", .partial, "A partition was detached, and not yet archived or dropped.",
            causes: ["The message says what stopped it: a lock, the disk, the repository, a signal."],
            next: [
                "Nothing is lost: it is a table with all its rows, and its row type has a comment that says whose it is.",
                "Mend what the message names, and run the same command again: it goes on there.",
                "Or make it a partition again: the message has the ALTER TABLE … ATTACH PARTITION.",
            ]
        ),
        Entry(
            "partition.archive_stale", .partial,
            "A detached partition holds other rows than its archive, and was not dropped.",
            causes: ["Somebody writes to the table itself, not through the partitioned one."],
            next: [
                "Find the writer, then run the same command again: it archives the table anew.",
                "The older archive stays where it is.",
            ]
        ),
    ]
}
