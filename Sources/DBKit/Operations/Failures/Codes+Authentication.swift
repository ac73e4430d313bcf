// Who are you, and may you come in: between the handshake and the first statement.

extension FailureCode {
    public static let authPassword = FailureCode("auth.password", .authentication)
    public static let authNoPassword = FailureCode("auth.no_password", .authentication)
    public static let authNoLogin = FailureCode("auth.nologin", .authentication)
    public static let authNoReplication = FailureCode("auth.no_replication", .authentication)
    public static let authRoleMissing = FailureCode("auth.role_missing", .authentication)
    public static let authHBAReject = FailureCode("auth.hba_reject", .authentication)
    public static let authHBAMissing = FailureCode("auth.hba_missing", .authentication)
    public static let authMethod = FailureCode("auth.method", .authentication)
    public static let authRefused = FailureCode("auth.refused", .authentication)
    public static let permissionDenied = FailureCode("sql.permission", .authentication)
}

extension FailureCatalogue {
    static let authentication: [Entry] = [
        Entry(
            .authPassword,
            "The server refused the login (28P01). It does not say which of four reasons it was, so that nobody can "
                + "guess role names.",
            causes: [
                "The password is wrong.",
                "The role does not exist.",
                "The role's password has expired (VALID UNTIL).",
                "The role has no password stored, or one stored as md5 while pg_hba.conf asks for scram-sha-256.",
            ],
            next: [
                "The server's log tells them apart: the DETAIL line below \"password authentication failed\" says "
                    + "\"does not match\", \"does not exist\", \"has an expired password\" or \"has no password "
                    + "assigned\".",
                "Or as superuser: `SELECT rolname, rolcanlogin, rolvaliduntil, rolpassword IS NULL AS none, "
                    + "left(rolpassword, 3) FROM pg_authid WHERE rolname = 'ROLE'`. No row: no such role.",
                "`dbctl check --explain-url` shows which source the password was taken from: a forgotten PGPASSWORD "
                    + "or ~/.pgpass line wins silently.",
                "Cure: `\\password ROLE` in psql, or `ALTER ROLE ROLE VALID UNTIL 'infinity'`. Repeated attempts may "
                    + "lock the account at a pooler or fail2ban: dbctl makes one. Step by step: runbooks/credentials.md.",
            ]
        ),
        Entry(
            .authNoPassword,
            "The server asks for a password and none was given.",
            causes: [
                "The URL has none and PGPASSWORD is not set (cron has an environment of its own).",
                "~/.pgpass has no line for this host, port, database and user, or is readable by others (libpq then "
                    + "ignores it: it must be 0600).",
            ],
            next: [
                "`chmod 600 ~/.pgpass`, a line `host:port:database:user:password`, host exactly as in the URL.",
                "Or `password: \"${PROD_DB_PASSWORD}\"` under the target in dbctl.yaml, or PGPASSWORD.",
                "`dbctl check --explain-url` shows the host, database and user that a line must match.",
            ]
        ),
        Entry(
            .authNoReplication,
            "The role may not open a replication connection.",
            causes: ["It has no REPLICATION attribute, which is never inherited from a group."],
            next: [
                "As a superuser: `ALTER ROLE ROLE REPLICATION`. Such a role also reads the write-ahead log: give it to one "
                    + "that is set aside for this."
            ]
        ),
        Entry(
            .authNoLogin,
            "The role exists, but is not allowed to log in.",
            causes: ["It was created with CREATE ROLE (a group), or set NOLOGIN to lock somebody out."],
            next: [
                "Log in as a role of your own that is a member of it, and `SET ROLE`.",
                "Meant to log in: `ALTER ROLE ROLE LOGIN`. Ask first why it is locked.",
            ]
        ),
        Entry(
            .authRoleMissing,
            "The role does not exist on this server.",
            causes: [
                "No user was given, so the operating-system user's name was taken.",
                "A typing error, a difference in case, or another server than meant.",
            ],
            next: [
                "`dbctl check --explain-url` shows the user and where it came from.",
                "As superuser: `SELECT rolname FROM pg_roles ORDER BY 1`; `CREATE ROLE ROLE LOGIN`.",
            ]
        ),
        Entry(
            .authHBAReject,
            "A line of pg_hba.conf says reject for this host, user and database.",
            causes: ["A reject line matches before the one that would admit you: the first match decides."],
            next: [
                "As superuser: `SELECT line_number, type, database, user_name, address, auth_method FROM "
                    + "pg_hba_file_rules ORDER BY 1` and find the first match.",
                "Put the admitting line above it, then `SELECT pg_reload_conf()`.",
            ]
        ),
        Entry(
            .authHBAMissing,
            "No line of pg_hba.conf matches this host, user, database and kind of encryption.",
            causes: [
                "The client's address is new (another subnet, NAT, IPv6 in place of IPv4).",
                "The only matching line is hostnossl and the connection is encrypted.",
                "A replication connection needs a line with the database \"replication\".",
            ],
            next: [
                "The message names host, user, database and encryption as the server saw them: add a line for exactly "
                    + "those, e.g. `hostssl app app 10.0.0.0/24 scram-sha-256`.",
                "Then `SELECT pg_reload_conf()`, and `SELECT * FROM pg_hba_file_rules WHERE error IS NOT NULL`.",
            ]
        ),
        Entry(
            .authMethod,
            "The server's authentication method for this connection did not accept this client (peer, ident, "
                + "certificate name, Kerberos), or the client cannot do what the server asks.",
            causes: [
                "peer on a socket: the operating-system user is not named like the role.",
                "Kerberos ticket missing or expired.",
                "channel_binding=require or a method that one side lacks.",
            ],
            next: [
                "Peer: run as the right user (`sudo -u postgres …`), or connect over TCP with a password "
                    + "(host=localhost), or map the user in pg_ident.conf.",
                "The server's log names the line of pg_hba.conf that was used.",
            ]
        ),
        Entry(
            .authRefused,
            "The server refused the login for a reason that only its text tells.",
            causes: ["An SQLSTATE of class 28 that dbctl has no more precise name for."],
            next: [
                "Read the message and the server's log of that moment.",
                "`dbctl check --explain-url` shows who tried to log in where.",
            ]
        ),
        Entry(
            .permissionDenied,
            "The role is logged in, but lacks a privilege (42501).",
            causes: [
                "A GRANT is missing on the table, schema, sequence, function or column that the message names.",
                "The object belongs to another role, and only the owner may do this.",
                "Row-level security would hide rows, and dbctl refuses a result with holes.",
            ],
            next: [
                "`GRANT PRIVILEGE ON OBJECT TO ROLE` as the object's owner; for reading everything "
                    + "`GRANT pg_read_all_data TO ROLE` (14+), for monitoring `GRANT pg_monitor TO ROLE`.",
                "Row-level security: `ALTER ROLE ROLE BYPASSRLS`, or use the table's owner; no GRANT cures it.",
                "`\\dp OBJECT` and `\\du ROLE` in psql show what there is.",
            ]
        ),
    ]
}
