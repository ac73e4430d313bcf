/// What all commands read besides their options. The help of a verb does not say it; the manual of each does.
enum Surroundings {
    typealias Entry = (name: String, meaning: String)

    /// The first that is set names the server, after `--database-url` and `--target`.
    static let environment: [Entry] = [
        ("DBCTL_DATABASE_URL", "The server. Comes after --database-url and --target, and before the others."),
        ("DATABASE_URL", "The server, where DBCTL_DATABASE_URL is not set."),
        (
            "DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD, DB_SSL",
            "The server in parts, where neither is set. DB_SSL=true means sslmode=verify-full."
        ),
        ("PGHOST, PGPORT, PGUSER, PGPASSWORD, PGSERVICE, …", "What libpq itself reads, for all that is left open."),
        (
            "DBCTL_…",
            """
            A single value of dbctl.yaml, by its path: DBCTL_BACKUP_REPO for backup.repo, DBCTL_LOCK_TIMEOUT for \
            defaults.lock_timeout. Wins over the file; an option wins over it.
            """
        ),
        ("DBCTL_SANDBOX_ROOT", "Where throwaway clusters live (sandbox, demo, backup drill)."),
        ("DBCTL_PG_CACHE", "A folder with unpacked server programs of other versions, for the same."),
        ("NO_COLOR", "No colours, when it is set and not empty."),
        ("XDG_CONFIG_HOME", "Where the configuration of a user lies; ~/.config by default."),
    ]

    static let files: [Entry] = [
        ("dbctl.yaml", "The configuration, in the working directory. Only the first of these is read."),
        ("$XDG_CONFIG_HOME/dbctl/dbctl.yaml", "The configuration of a user."),
        ("/etc/dbctl/dbctl.yaml", "The configuration of a machine."),
        ("~/.pgpass, ~/.pg_service.conf", "Passwords and services, as libpq reads them."),
    ]
}
