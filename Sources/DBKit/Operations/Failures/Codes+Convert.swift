// Conversions into partitioned tables. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let conversions: [Entry] = [
        Entry(
            "partition.column", .notFound, "The table has no such column.",
            causes: ["A typing error; a name in capitals without its quotes."],
            next: ["Name the column that says to which time a row belongs, as in `--by attempted_at`."]
        ),
        Entry(
            "partition.convert_blocked", .guarded,
            "Something about the table cannot be had on a partitioned one, or cannot be moved to it; nothing was changed.",
            causes: [
                "Foreign keys of other tables to a key that will not be unique without the partition column.",
                "Functions or columns with the table's row type, exclusion constraints, row triggers with transition tables.",
                "Rows without a value in the partition column, or far out of all bounds.",
                "It came since the conversion was begun: then the table is in use as it was, and the copy is kept.",
            ],
            next: [
                "`dbctl partition convert TABLE --by COLUMN --every \"1 month\" --plan` lists all of them, each with what to do.",
                "No option overrides it: drop or change what stands in the way, and run the same command again.",
            ]
        ),
        Entry(
            "partition.convert_consent", .guarded,
            "The conversion changes what the table promises, and nobody has consented to that; nothing was changed.",
            causes: [
                "A unique key of a partitioned table must have the partition column in it, so that the rest of it may repeat.",
                "Foreign keys of other tables are dropped in the swap, made again in it, and validated after it.",
            ],
            next: [
                "Read the findings of the plan, and look for ON CONFLICT clauses that name the old key.",
                "Consent with `--yes`.",
            ]
        ),
        Entry(
            "partition.convert_rows", .guarded,
            "Rows came while the table was being copied that lie in no partition; the table is in use as it was.",
            causes: ["A row without a value in the partition column; a value thousands of partitions away."],
            next: [
                "Correct the rows that the message names, and run the same command again: it goes on where it was.",
                "Or give the conversion up: `dbctl partition convert TABLE --undo --yes`.",
            ]
        ),
        Entry(
            "partition.convert_privilege", .authentication,
            "The role may not create the schema in which the partitioned table waits for its swap; nothing was changed.",
            causes: ["CREATE on the database, or on the table's schema, is missing."],
            next: ["Run the GRANT of the hint, or the command as the owner of the database."]
        ),
        Entry(
            "partition.convert_not_writable", .authentication,
            "The role may not write where conversions are noted (schema dbctl), so that one could not be gone on with.",
            causes: ["The schema dbctl belongs to another role."],
            next: ["Run the statements of the hint once as the owner of the database."]
        ),
        Entry(
            "partition.convert_other", .guarded,
            "A conversion of the table was begun otherwise than is asked for now; nothing was changed.",
            causes: [
                "Another column, step, strategy or time zone than in the run that began it.",
                "A table of that name was dropped before its conversion ended, and what was made for that is still there.",
            ],
            next: [
                "Go on with the command that the hint names.",
                "Or take it back: `dbctl partition convert TABLE --undo --yes`.",
            ]
        ),
        Entry(
            "partition.convert_none", .notFound,
            "There is no conversion of the table that could be undone or finished.",
            causes: ["It is finished already; another table was meant; it has not come to its swap yet."],
            next: ["`dbctl history` shows what dbctl did to this database."]
        ),
        Entry(
            "partition.convert_changed", .guarded,
            "The table is not what it was when its conversion was begun; nothing was swapped.",
            causes: [
                "A migration added a column, an index or a constraint between the copy and the swap.",
                "It was renamed, or moved to another schema.",
                "Before an undo: its columns were altered; before a --finish: something refers to the table as it was.",
            ],
            next: [
                "Altered before the swap: `dbctl partition convert TABLE --undo --yes` removes the copy; begin again, and keep migrations away meanwhile.",
                "Renamed: the statement of the hint, then run the same command again; `--finish`, and `--undo` before the swap, work under any name.",
            ]
        ),
        Entry(
            "partition.convert_drift", .guarded,
            "The two tables are not the same, or something was written past the trigger that keeps them so; nothing was swapped.",
            causes: [
                "ALTER TABLE … DISABLE TRIGGER, as `pg_restore --disable-triggers` does it.",
                "Before an undo: a partition was truncated, detached or dropped, or two rows have the same former key.",
                "Before an undo: the table was dropped, or a foreign key refers to it by its new key.",
            ],
            next: [
                "Before the swap: `dbctl partition convert TABLE --undo --yes`, and begin again.",
                "After it: put back what is missing, or keep what is with `dbctl partition convert TABLE --finish --yes`, which drops the table as it was: look first whether rows are only there.",
            ]
        ),
        Entry(
            "partition.convert_busy", .busy,
            "The swap did not get its locks, or did not fit into --max-stall; the table is in use as it was, and the copy is kept in step.",
            causes: [
                "A long query or an idle transaction holds the table, a view of it, or a table that it refers to.",
                "A transaction with an older snapshot (REPEATABLE READ, SERIALIZABLE, an open cursor) would see the table without its rows.",
                "An autovacuum that prevents a wraparound is at the table: no other one keeps its lock.",
                "Hundreds of partitions with foreign keys make the swap itself longer than 250 ms.",
            ],
            next: [
                "`dbctl pool doctor` says who holds what; end it, and run the same command again: only the swap is left to do.",
                "Wait longer for a quiet moment with `--wait 10m`, or allow a longer one with `--max-stall 1s`.",
            ]
        ),
        Entry(
            "partition.convert_foreign_key", .partial,
            "The partitioned table is in use, and a foreign key of it, or to it, does not hold for rows that were there before.",
            causes: ["Somebody wrote with triggers switched off."],
            next: [
                "Correct the rows that the message names, and run the same command again: it validates what is left."
            ]
        ),
    ]
}
