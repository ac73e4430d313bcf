/// Every key of dbctl.yaml. A key that a later capability reads is accepted and checked already, so that one file
/// serves every version; until then it is ``isReserved(_:)``, and `config check` and `config show` say so.
enum ConfigurationSchema {
    static let root = Shape.record([
        Field("targets", .table(target), "Servers by name, for --target and --all-targets."),
        Field("defaults", defaults, "What holds for every verb."),
        Field("backup", backup, "Backup sets: where, how, and how many are kept."),
        Field("migrate", migrate, "Migrations: where they lie and how they are run."),
        Field("feeds", .table(feed), "Files that are loaded into tables again and again, by name."),
        Field("indexes", .list(index), "Indexes that should exist: index apply."),
        Field("partitions", .list(partition), "Partitioned tables: partition ensure, retain, check and the others."),
        Field("pool", pool, "Connections: pool check, doctor and the others."),
        Field("notify", notify, "Whom to tell how a job ended."),
    ])

    private static let target = Shape.record([
        Field("url", .url, required: true, "Where the server is; it may lead through a pooler."),
        Field("direct_url", .url, "The same server past the pooler, for what needs a session of its own."),
        Field("password", .secret, "The password, where the URL has none."),
        Field("pgbouncer", .url, "The console of the pooler in front of it, for pool doctor."),
        Field("rescue", .url, "A login that gets in when ordinary ones do not, for pool."),
    ])

    private static let defaults = Shape.record([
        Field("lock_timeout", .duration, default: "2s", "Longest wait for a lock that others can queue behind."),
        Field("statement_timeout", .duration, default: "0s", "Longest run of one statement; 0s is no limit."),
        Field("parallel", .integer(1...1000), default: "4", "Targets to run on at once."),
    ])

    private static let count = Shape.integer(0...100_000)

    private static let backup = Shape.record([
        Field("repo", .text, "Folder of the repository."),
        Field("compress", .compression, default: "zstd:3", "How the data files of a set are compressed."),
        Field(
            "jobs", .integer(1...256), default: "2", "Tables, or parts of a big one, that are read or loaded at once."),
        Field(
            "copy_format", .choice(["auto", "binary", "text"]), default: "auto",
            "How rows travel; auto is binary where it is exact."),
        Field(
            "keep",
            .record([
                Field("last", count, "The newest n sets."),
                Field("within", .duration, "Every set that is at most this much older than the newest."),
                Field("daily", count, "The newest set of each of the last n days that have one."),
                Field("weekly", count, "The same for weeks, from Monday."),
                Field("monthly", count, "The same for months."), Field("yearly", count, "The same for years."),
            ]), "What backup prune leaves: a set is kept when any one rule wants it."),
        Field(
            "exclude_table_data", .list(.text),
            "Tables whose rows are left out, as schema.table; * stands for any letters."),
        Field("lock_wait", .duration, default: "60s", "How long to try for locks on tables, in all."),
        Field("max_snapshot_age", .duration, "Stop when the snapshot, which holds back vacuum, gets this old."),
        Field("with_role_passwords", .boolean, default: "false", "Keep password hashes in globals.sql."),
        Field(
            "require_all", .boolean, default: "false",
            "Fail when there is something that the role cannot see, instead of listing it."),
        Field("all_databases", .boolean, default: "false", "One set for each database of the server."),
        Field("heartbeat", .webAddress, "Pinged at /start, then at the address itself or at /fail."),
        Field("max_age", .duration, default: "26h", "Oldest that the newest good set may be: backup check."),
        Field("max_drill_age", .duration, "The same for the last successful drill."),
        Field("pg_bin", .text, "Folder of pg_dump and pg_restore, where another than the one found is meant."),
        Field("encrypt_to", .list(.text), "Keys to encrypt sets for."),
        Field(
            "s3",
            .record([
                Field("endpoint", .text, "Its address."), Field("region", .text, "Its region."),
                Field("path_style", .boolean, "Buckets are in the path, not in the host name."),
                Field("profile", .text, "Profile of the credentials file."),
                Field("access_key_id", .secret, "The key."),
                Field("secret_access_key", .secret, "Its secret."),
            ]), "An object store that the repository lies in."),
    ])

    private static let migrate = Shape.record([
        Field("dir", .text, default: "migrations", "Folder of the migrations."),
        Field(
            "dialect",
            .choice([
                "auto", "dbctl", "dbmate", "golang-migrate", "goose", "flyway", "prisma", "sqlx", "sqitch",
            ]), default: "auto", "Whose way of writing them; auto finds it out."),
        Field("dump", .text, "The file that migrate up writes the schema into, and that migrate check compares."),
        Field("wait", .duration, default: "60s", "How long to wait for another run, then exit 75."),
        Field(
            "lock_timeout", .duration,
            "How long a transaction may make others wait in all; else defaults.lock_timeout."
        ),
        Field("retries", count, default: "5", "How often a transaction that lost the race for a lock is run again."),
        Field(
            "allow_out_of_order", .boolean, default: "false",
            "Apply versions that are older than the newest one applied."),
    ])

    private static let feed = Shape.record([
        Field("table", .text, required: true, "The table that the rows go into."),
        Field("key", .names, required: true, "The columns that tell its rows apart; a unique index on them is needed."),
        Field(
            "columns", .list(.text), "The only columns that are loaded; all that the header names, when it is not said."
        ),
        Field(
            "map",
            .table(
                .either(
                    [
                        .header,
                        .record([
                            Field("from", .header, required: true, "The header."),
                            Field("lookup", .text, "table.column whose row is meant."),
                        ]),
                    ],
                    expected: "a header, or {from: header, lookup: table.column}")),
            "The header that each column comes from. With a lookup the key of the row that it names is stored."
        ),
        Field("format", .choice(["csv", "ndjson"]), "How the files are written; found out, when it is not said."),
        Field("delimiter", .raw, "What stands between two values, as in \";\" or tab; found out, when it is not said."),
        Field("quote", .raw, default: "\"", "What stands around a value; none for nothing."),
        Field("header", .boolean, default: "true", "The first line names the columns."),
        Field("encoding", .text, default: "utf8", "utf8, latin1 or windows-1252."),
        Field(
            "null", .either([.list(.raw), .raw], expected: "a text or a list of texts that mean NULL"),
            "Texts that mean NULL when they are not in quotes."),
        Field("timezone", .text, default: "UTC", "Of times without a zone, and whose day is today."),
        Field(
            "decimals", .choice(["reject", "round"]), default: "round",
            "What becomes of more decimals than the column keeps."),
        Field(
            "dup", .choice(["refuse", "identical", "last"]), default: "identical",
            "Records with the same key: refuse them, collapse identical ones, or take the last."),
        Field(
            "price", .names,
            "Columns whose jumps are guarded; those that are called close, open, high, low, adj_close or price else."
        ),
        Field("volume", .names, "The columns that may not be negative; volume, when it is not said."),
        Field("date", .text, "The column of the date; that of the key, when it is not said."),
        Field("asset", .names, "The columns of the asset; the rest of the key, when it is not said."),
        Field("max_rejected", count, default: "0", "More rejected records refuse the run."),
        Field("batch", .integer(1...1_000_000_000), default: "1000000", "Rows to write in one transaction."),
        Field("created_at", .text, "A column that is set when a row is inserted; created_at, where the table has one."),
        Field(
            "updated_at", .text, "A column that is set when a row really changes; updated_at, where the table has one."),
        Field("backup_before", .boolean, default: "false", "Make a backup set before anything is written."),
        Field("undo_keep", .duration, default: "30d", "How long a run can be undone."),
        Field(
            "guards",
            .record([
                Field(
                    "max_jump", .number(1...1e9), default: "5", "A price may become so many times as high or as low."),
                Field("missing_assets", .percent, default: "30%", "So many of the last run's assets may be missing."),
                Field(
                    "max_changed", .percent, "So many of the existing rows may change; any share else."),
                Field("stale_after", .duration, "The newest date may be this old; any age, when it is not said."),
                Field("back_window", .duration, "Older rows are not written; all are, when it is not said."),
                Field("splits", .list(.number(0...1e9)), "A jump by one of these factors is none."),
            ]), "What refuses a run; each has an option that lets it through once."),
    ])

    private static let index = Shape.record([
        Field("table", .text, required: true, "The table, with its schema or as the search_path sees it."),
        Field(
            "columns", .list(.text), required: true,
            "Columns or (expressions), with what SQL has behind them: DESC, NULLS FIRST, an operator class."
        ),
        Field("name", .text, "Its name; as the server chooses, when it is not said."),
        Field("unique", .boolean, default: "false", "No two rows may have the same key."),
        Field("include", .list(.text), "Columns to store beside the keys."),
        Field("where", .text, "Only rows for which this is true."),
        Field("using", .text, "Access method; btree, when it is not said."),
        Field(
            "nulls_not_distinct", .boolean, default: "false",
            "With unique: NULLs are equal to each other (15 and later)."),
    ])

    private static let partition = Shape.record([
        Field("table", .text, required: true, "The partitioned table."),
        Field("by", .text, required: true, "The column: a date, a time, a uuid v7, a text with ULIDs, or an integer."),
        Field("every", .calendarStep, "How much goes into one partition; either this or rows."),
        Field("rows", .integer(1...Int.max), "The same for a key of integers: so many values."),
        Field("timezone", .text, default: "UTC", "Whose midnight the bounds are."),
        Field("ahead", .integer(1...10_000), default: "3", "So many partitions lie wholly in the future."),
        Field(
            "keep", .either([.calendarStep, .integer(1...Int.max)], expected: "a calendar step, as in 24 months"),
            "What is older is past keeping, and gaps there are not refilled; for integers a number of values."
        ),
        Field(
            "on_expire", .choice(["detach", "drop", "archive"]), default: "detach",
            "What partition retain does with what is past keeping."),
        Field(
            "name", .text,
            "What they are called: {table} {yyyy} {mm} {dd} {hh} {iyyy} {ww} {q} {from}; by the step else."
        ),
    ])

    private static let pool = Shape.record([
        Field("warning", .integer(1...100), default: "80", "Per cent of the ordinary slots at which pool check warns."),
        Field("critical", .integer(1...100), default: "90", "The same for CRITICAL."),
        Field("pgbouncer", .url, "The console of the pooler, where the target names none."),
        Field("rescue", .url, "A login that gets in when ordinary ones do not, where the target names none."),
    ])

    private static let notify = Shape.record([
        Field("url", .webAddress, required: true, "Where the message goes."),
        Field("on", .choice(["failure", "recovery", "always"]), "When there is one."),
        Field("timeout", .duration, "How long an answer is waited for."),
    ])

    /// The field of a path through records; nil where a list or the user's own names lie on the way.
    static func field(_ path: [String]) -> Field? {
        var shape = root
        var found: Field?
        for name in path {
            guard case .record(let fields) = shape, let field = fields.first(where: { $0.name == name }) else {
                return nil
            }
            found = field
            shape = field.shape
        }
        return found
    }

    static func shape(_ path: String) -> Shape? {
        field(path.split(separator: ".").map(String.init))?.shape
    }

    /// True for a key that no command of this version acts upon.
    static func isReserved(_ path: String) -> Bool {
        reserved.contains { path == $0 || path.hasPrefix("\($0).") || path.hasPrefix("\($0)[") }
    }

    private static let reserved = [
        "backup.encrypt_to", "backup.s3",
        "notify",
    ]

    /// Every single value with a built-in default, in schema order: what `config show` adds to what the file says.
    static let fallbacks: [(path: [String], text: String)] =
        singleFields.compactMap { path, field in field.fallback.map { (path, $0) } }

    /// Every path that the environment may say, `DBCTL_…`.
    static let singleValues: [String] = singleFields.map { $0.path.joined(separator: ".") }

    private static let singleFields: [(path: [String], field: Field)] = singleFields(of: root, at: [])

    private static func singleFields(of shape: Shape, at path: [String]) -> [(path: [String], field: Field)] {
        guard case .record(let fields) = shape else { return [] }
        return fields.flatMap { field -> [(path: [String], field: Field)] in
            switch field.shape {
            case .record: singleFields(of: field.shape, at: path + [field.name])
            case .list, .table: []
            default: [(path + [field.name], field)]
            }
        }
    }
}
