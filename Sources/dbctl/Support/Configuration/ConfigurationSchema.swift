/// Every key of dbctl.yaml. A key that a later capability reads is accepted and checked already, so that one file
/// serves every version; until then it is ``isReserved(_:)``, and `config check` and `config show` say so.
enum ConfigurationSchema {
    static let root = Shape.record([
        Field("targets", .table(target)),
        Field("defaults", defaults),
        Field("backup", backup),
        Field("migrate", migrate),
        Field("feeds", .table(feed)),
        Field("indexes", .list(index)),
        Field("partitions", .list(partition)),
        Field("pool", pool),
        Field("notify", notify),
    ])

    private static let target = Shape.record([
        Field("url", .url, required: true),
        Field("direct_url", .url),
        Field("password", .secret),
        Field("pgbouncer", .url),
        Field("rescue", .url),
    ])

    private static let defaults = Shape.record([
        Field("lock_timeout", .duration, default: "2s"),
        Field("statement_timeout", .duration, default: "0s"),
        Field("parallel", .integer(1...1000), default: "4"),
    ])

    private static let count = Shape.integer(0...100_000)

    private static let backup = Shape.record([
        Field("repo", .text),
        Field("compress", .compression, default: "zstd:3"),
        Field("jobs", .integer(1...256), default: "2"),
        Field("copy_format", .choice(["auto", "binary", "text"]), default: "auto"),
        Field(
            "keep",
            .record([
                Field("last", count), Field("within", .duration), Field("daily", count), Field("weekly", count),
                Field("monthly", count), Field("yearly", count),
            ])),
        Field("exclude_table_data", .list(.text)),
        Field("lock_wait", .duration, default: "60s"),
        Field("max_snapshot_age", .duration),
        Field("with_role_passwords", .boolean, default: "false"),
        Field("require_all", .boolean, default: "false"),
        Field("all_databases", .boolean, default: "false"),
        Field("heartbeat", .webAddress),
        Field("max_age", .duration, default: "26h"),
        Field("max_drill_age", .duration),
        Field("pg_bin", .text),
        Field("encrypt_to", .list(.text)),
        Field(
            "s3",
            .record([
                Field("endpoint", .text), Field("region", .text), Field("path_style", .boolean),
                Field("profile", .text), Field("access_key_id", .text), Field("secret_access_key", .secret),
            ])),
    ])

    private static let migrate = Shape.record([
        Field("dir", .text, default: "migrations"),
        Field(
            "dialect",
            .choice([
                "auto", "dbctl", "dbmate", "golang-migrate", "goose", "flyway", "prisma", "sqlx", "sqitch",
            ]), default: "auto"),
        Field("dump", .text),
        Field("wait", .duration, default: "60s"),
        Field("lock_timeout", .duration),
        Field("retries", count, default: "5"),
        Field("allow_out_of_order", .boolean, default: "false"),
    ])

    private static let feed = Shape.record([
        Field("table", .text, required: true),
        Field("key", .names, required: true),
        Field("columns", .list(.text)),
        Field(
            "map",
            .table(
                .either(
                    [.text, .record([Field("from", .text, required: true), Field("lookup", .text)])],
                    expected: "a header, or {from: header, lookup: table.column}"))),
        Field("format", .choice(["csv", "ndjson"])),
        Field("delimiter", .raw),
        Field("quote", .raw),
        Field("header", .boolean),
        Field("encoding", .text),
        Field("null", .either([.list(.raw), .raw], expected: "a text or a list of texts that mean NULL")),
        Field("timezone", .text),
        Field("decimals", .choice(["reject", "round"])),
        Field("dup", .choice(["refuse", "identical", "last"])),
        Field("price", .names),
        Field("volume", .names),
        Field("date", .text),
        Field("asset", .names),
        Field("max_rejected", count),
        Field("batch", .integer(1...1_000_000_000)),
        Field("created_at", .text),
        Field("updated_at", .text),
        Field("backup_before", .boolean),
        Field("undo_keep", .duration),
        Field(
            "guards",
            .record([
                Field("max_jump", .number(1...1e9)),
                Field("missing_assets", .percent),
                Field("max_changed", .percent),
                Field("stale_after", .duration),
                Field("back_window", .duration),
                Field("splits", .list(.number(0...1e9))),
            ])),
    ])

    private static let index = Shape.record([
        Field("table", .text, required: true),
        Field("columns", .list(.text), required: true),
        Field("name", .text),
        Field("unique", .boolean),
        Field("include", .list(.text)),
        Field("where", .text),
        Field("using", .text),
        Field("nulls_not_distinct", .boolean),
    ])

    private static let partition = Shape.record([
        Field("table", .text, required: true),
        Field("by", .text, required: true),
        Field("every", .calendarStep),
        Field("rows", .integer(1...Int.max)),
        Field("timezone", .text),
        Field("ahead", .integer(1...10_000)),
        Field("keep", .either([.calendarStep, .integer(1...Int.max)], expected: "a calendar step, as in 24 months")),
        Field("on_expire", .choice(["detach", "drop", "archive"])),
        Field("name", .text),
    ])

    private static let pool = Shape.record([
        Field("warning", .integer(1...100), default: "80"),
        Field("critical", .integer(1...100), default: "90"),
        Field("pgbouncer", .url),
        Field("rescue", .url),
    ])

    private static let notify = Shape.record([
        Field("url", .text, required: true),
        Field("on", .choice(["failure", "recovery", "always"])),
        Field("timeout", .duration),
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
