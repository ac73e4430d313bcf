// Taking over another tool's migrations. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let adoption: [Entry] = [
        Entry(
            "migrate.adopt_nothing", .notFound,
            "There is no history of another migration tool in this database, or none of the tool that was named.",
            causes: [
                "Another database than the one that was meant.",
                "The tool was told to give its table another name: it is known by its usual one.",
            ],
            next: [
                "Look at the URL: `dbctl check` says where it leads.",
                "A database whose schema came about without a tool: `dbctl migrate baseline VERSION`.",
            ]
        ),
        Entry(
            "migrate.adopt_ambiguous", .data,
            "There is more than one history that could be meant. Nothing was changed.",
            causes: ["Tools have followed one another, or each schema of a database has a history of its own."],
            next: [
                "Name the tool: `dbctl migrate adopt --from flyway`.",
                "Of one tool in several schemas, that of the `search_path` is taken: add `?schema=NAME` to the URL.",
            ]
        ),
        Entry(
            "migrate.adopt_failed", .guarded,
            "The other tool stopped in the middle of a migration, or is at it now. Nothing was changed.",
            causes: ["A migration that failed and was not tidied up: dirty, not finished, a lock that is still held."],
            next: [
                "See how much of it is done, finish or undo it, and tell the tool so in its own way; the message says how.",
                "Then run the same command again. No flag overrides this: nobody but you knows what is done.",
            ]
        ),
        Entry(
            "migrate.adopt_changed", .data,
            "Files are not what the other tool applied: its checksum, or sqitch's plan, says otherwise. Nothing was changed.",
            causes: ["A file was edited after it was applied, or the folder is that of another branch or project."],
            next: [
                "The detail names them: bring them back from version control, and write a new migration for the change.",
                "A change of line ends alone is none.",
            ]
        ),
        Entry(
            "migrate.adopt_conflict", .data,
            "dbctl's history has entries of the same versions that say something else. Nothing was changed.",
            causes: ["Files were edited since dbctl recorded them, or a run of dbctl is half done."],
            next: ["`dbctl migrate status` shows them.", "`dbctl migrate rebless VERSION` accepts an edited file."]
        ),
        Entry(
            "migrate.adopt_folder", .data,
            "The folder is not that of the tool whose history is to be adopted. Nothing was changed.",
            causes: ["sqitch numbers nothing: its history fits only a folder with sqitch.plan, and no other one does."],
            next: ["Name the folder with `--dir`, and the tool with `--from`."]
        ),
        Entry(
            "migrate.adopt_unreadable", .data,
            "The history of the other tool has a row that it cannot have written. Nothing was changed.",
            causes: ["Somebody wrote to the table by hand, or another program's table has the same name and columns."],
            next: ["Look at the row that the message names, and name the right tool with `--from`."]
        ),
    ]
}
