// Reading a folder of migrations. The codes are declared where they are thrown; here is what they mean.

extension FailureCatalogue {
    static let migrationFiles: [Entry] = [
        Entry(
            "migrate.folder_not_found", .notFound,
            "There is no folder of migrations at that place.",
            causes: ["A misspelt folder, or a working directory other than the one that was meant."],
            next: ["`ls` the folder that the message names; `dbctl config show` says where the name comes from."]
        ),
        Entry(
            "migrate.file", .data,
            "A file in the folder of migrations cannot be read as one. Nothing was changed.",
            causes: [
                "A name without a version, two files of one version, a marker or a directive that is misspelt.",
                "A command of psql, such as `\\set`, which no server understands.",
                "Text that is not UTF-8, or a string that does not end.",
                "Something that only the tool itself can run: Flyway's placeholders, goose's ENVSUB, code in Go or Java.",
            ],
            next: [
                "The message names file and line, its detail all the others: mend them together.",
                "A file that is no migration belongs into another folder.",
            ]
        ),
        Entry(
            "migrate.dialect", .data,
            "It is not clear which tool's migrations the folder holds. Nothing was changed.",
            causes: ["Files of two tools lie in one folder, or a change from one tool to another is half done."],
            next: [
                "The message says what speaks for which tool: name the right one.",
                "Or give each tool a folder of its own.",
            ]
        ),
    ]
}
