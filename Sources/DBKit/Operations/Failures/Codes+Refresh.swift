// Refreshes. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let refresh: [Entry] = refreshFeed + refreshTarget + refreshRun

    private static let refreshFeed: [Entry] = [
        Entry(
            "refresh.format", .data,
            "A file of the feed cannot be read as what it is taken for; nothing was written.",
            causes: [
                "A download that was cut off in the middle of its compression, or an error page in place of the file.",
                "Another encoding than UTF-8, another delimiter, or a quote that is never closed.",
            ],
            next: [
                "The message names the file and the line: look at it there.",
                "Say what the file is: `encoding:`, `delimiter:`, `quote:` and `format:` of the feed, `--delimiter`, "
                    + "`--input-format`. UTF-16: `iconv -f utf-16 -t utf-8`.",
                "Fetch the file again, and run the same command.",
            ]
        ),
        Entry(
            "refresh.header", .data,
            "The first line of a file is not the header that the feed needs; nothing was written.",
            causes: [
                "The vendor renamed, added or dropped a column; a column of the key is missing, or stands there twice.",
                "The file has no header at all.",
            ],
            next: [
                "A column has another name in the file: `map:` of the feed, or `--map close=Close`.",
                "The file has more columns than are wanted: `columns:` of the feed, or `--columns asset_id,date,close`.",
                "The file has no header: `--no-header` with `--columns` in the order of the file.",
            ]
        ),
        Entry(
            "refresh.empty", .data,
            "A file of the feed is empty, or has a header and nothing else; nothing was written.",
            causes: ["The vendor's export failed, or the download did."],
            next: ["Fetch the file again. An empty feed is never taken for “nothing has changed”."]
        ),
        Entry(
            "refresh.files", .usage,
            "The files of a feed cannot be read together, or none is named.",
            causes: ["`-`, which is standard input, stands beside other files."],
            next: ["Name the files, or patterns like `'prices-*.csv.gz'`, or `-` alone."]
        ),
        Entry(
            "refresh.rejected", .data,
            "More records were rejected than the feed puts up with (`max_rejected`, 0 unless it says so); nothing was written.",
            causes: [
                "NaN, a price of zero, a date in the future, a number with thousands separators, a missing column.",
                "A value that names no row of the table it is looked up in: a new asset.",
            ],
            next: [
                "FILE.rejected.csv has all of them with line and reason: mend them there, or ask the vendor.",
                "Apply the others: `--max-rejected N`; the rejected ones stay in their file.",
                "`dbctl refresh plan` shows the same without the intention to write.",
            ]
        ),
        Entry(
            "refresh.duplicates", .data,
            "The feed has records with the same key that say different things; nothing was written.",
            causes: ["A correction behind the first value, two files that overlap, or a key that is too short."],
            next: [
                "The message names keys and lines.",
                "The later record counts: `--dup last`, or `dup: last` in the feed.",
                "The key lacks a column: mend `key:` of the feed.",
            ]
        ),
    ]

    private static let refreshTarget: [Entry] = [
        Entry(
            "refresh.table_not_found", .notFound,
            "There is no table of that name in the database, or not in the search_path.",
            causes: [
                "Another database than meant, a mistyped name, or a schema that has to be named.",
                "An undo: the table that the run wrote was dropped or replaced since, or the run came with a dump.",
            ],
            next: [
                "Write it with its schema, as in `table: public.prices`. `dbctl check` says which database it is.",
                "An undo: the message has the statement that shows what stood there before, or `dbctl refresh show RUN` does.",
            ]
        ),
        Entry(
            "refresh.not_a_table", .configuration,
            "The target is something that rows with a pre-image cannot be written into.",
            causes: ["A view, a materialized view, a foreign table, or a table with rules."],
            next: ["Name the table behind it in `table:` of the feed."]
        ),
        Entry(
            "refresh.column", .configuration,
            "A column that the feed names is not in the table, or cannot be fed.",
            causes: ["A mistyped name in `key:`, `columns:`, `map:` or `price:`; a generated column."],
            next: ["The message names the nearest column. Correct the feed in dbctl.yaml, or the option."]
        ),
        Entry(
            "refresh.no_unique_index", .guarded,
            "No unique index tells the rows of the key apart, so that a record could hit two rows, or none for sure.",
            causes: [
                "There is none, or only one that is partial, deferrable, INVALID, over an expression, over nullable "
                    + "columns or with a collation that takes other values for equal."
            ],
            next: ["The message has the command that creates it; then run the same command again."]
        ),
        Entry(
            "refresh.missing_partition", .guarded,
            "The target is partitioned, and some records belong into no partition of it.",
            causes: ["The next month's partition was not made yet, or a date is far off."],
            next: ["The message names the partitions that are missing. Make them, and run the same command again."]
        ),
        Entry(
            "refresh.row_security", .authentication,
            "Row-level security hides rows of the target from this role, so that an existing row would look new.",
            causes: ["The role neither owns the table nor has BYPASSRLS, or the table forces row security."],
            next: ["Run it as a role that sees all rows: the owner, or one with BYPASSRLS."]
        ),
        Entry(
            "refresh.not_writable", .authentication,
            "The role may not create or write dbctl's own tables (schema dbctl), in which the pre-images are kept.",
            causes: ["It lacks CREATE on the database, or another role owns the schema."],
            next: [
                "The message prints the SQL to run once as the owner of the database.",
                "`dbctl refresh plan` needs none of it.",
            ]
        ),
    ]

    private static let refreshRun: [Entry] = [
        Entry(
            "refresh.guard", .guarded,
            "A guard refused the run; nothing was written.",
            causes: [
                "A price five times as high or as low as the one that is there, or a hundred times: a unit error.",
                "Assets of the last run that are missing, too many rows that would change, a feed that is old.",
            ],
            next: [
                "The findings name rows and figures; FILE.quarantine.csv has all rows that a guard held back.",
                "The feed is right: type the override that stands beside the finding, as in `--allow AAPL:2024-06-10`.",
                "It is right for good: `splits:` and `guards:` of the feed.",
            ]
        ),
        Entry(
            "refresh.busy", .busy,
            "Rows that were to change stayed locked by others for longer than `--wait`; nothing was written.",
            causes: ["A long transaction that updated the same rows and is idle since, or another job on the table."],
            next: [
                "`dbctl pool doctor` says who holds the rows.",
                "Run the same command again later, or with a longer `--wait`.",
            ]
        ),
        Entry(
            "refresh.partial", .partial,
            "Some batches of the run are in and recorded; the others are not.",
            causes: ["A kill, a lost connection, or rows that stayed busy, between two batches."],
            next: [
                "The same command with the same files goes on where it stopped.",
                "Or take back what is in: `dbctl refresh undo RUN`.",
            ]
        ),
        Entry(
            "refresh.run_not_found", .notFound,
            "No refresh of that id is recorded in this database, or several begin with what was typed.",
            causes: ["A mistyped id, another database, or a run that never wrote."],
            next: ["`dbctl refresh history` lists the runs."]
        ),
        Entry(
            "refresh.not_undoable", .guarded,
            "The run cannot be undone (any more).",
            causes: [
                "Its pre-images were removed after `undo_keep` (30 days), it was undone already, or it is under way.",
                "The table that it wrote has another name by now, and another table has its own: a conversion, a swap.",
            ],
            next: [
                "`dbctl refresh show RUN` says which.",
                "Load the vendor's file of the day before, or restore the table beside the live one: `dbctl restore "
                    + "SET --table S.T --as rescue.t --into DB`.",
            ]
        ),
        Entry(
            "refresh.accounting", .bug,
            "What became of the records does not add up to what was read: a bug in dbctl. Nothing was written.",
            causes: ["A mistake in dbctl; nothing that a feed or a table does should lead to it."],
            next: ["Report it with the output of `--format json` and the definition of the table."]
        ),
    ]
}
