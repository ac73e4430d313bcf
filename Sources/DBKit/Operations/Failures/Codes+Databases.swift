// The database itself: it is not there, is closed, or this role may not enter.

extension FailureCode {
    public static let databaseMissing = FailureCode("db.missing", .unavailable)
    public static let databaseNoConnect = FailureCode("db.no_connect", .authentication)
    public static let databaseNotAccepting = FailureCode("db.not_accepting", .unavailable)
}

extension FailureCatalogue {
    static let databases: [Entry] = [
        Entry(
            .databaseMissing,
            "The server has no database of that name.",
            causes: [
                "No database was given, so the user's name was taken as its name.",
                "A typing error or a difference in case; names are case-sensitive here.",
                "Another server than meant, or the database was dropped or renamed.",
            ],
            next: [
                "`psql -l` (or `dbctl check` with the database postgres) lists what there is.",
                "`dbctl check --explain-url` shows the name and where it came from.",
                "Lost? `dbctl backup list`, then `dbctl restore --latest --into NAME --create`.",
            ]
        ),
        Entry(
            .databaseNoConnect,
            "The role may log in to the server, but lacks CONNECT on this database.",
            causes: ["CONNECT was revoked from PUBLIC and not granted to this role."],
            next: ["As the database's owner: `GRANT CONNECT ON DATABASE NAME TO ROLE`."]
        ),
        Entry(
            .databaseNotAccepting,
            "The database exists, but lets nobody in.",
            causes: [
                "ALLOW_CONNECTIONS is off (template0 is always so; maintenance tools set it).",
                "A DROP DATABASE was interrupted and left the database invalid.",
            ],
            next: [
                "Find out who closed it, then `ALTER DATABASE NAME ALLOW_CONNECTIONS true` from another database.",
                "\"invalid database\": it cannot be used any more; `DROP DATABASE NAME` and restore it "
                    + "(`dbctl restore --latest --into NAME --create`).",
            ]
        ),
    ]
}
