/// What `dbctl init` writes. It passes `dbctl config check` as it is: what needs the user's own facts is commented out.
/// cron/dbctl.yaml is the same text with the lines that the scheduled jobs need (`CronFilesTests.configuration`).
enum SampleConfiguration {
    static let text = """
        # dbctl.yaml: found at --config, ./dbctl.yaml, $XDG_CONFIG_HOME/dbctl/ or /etc/dbctl/.
        # Flags win over the environment, the environment over this file. Unknown keys are refused.
        # ${NAME} takes a value from the environment. Durations: 300ms 90s 15m 26h 7d.
        # dbctl config check checks it, dbctl config show prints what applies and why.

        # Servers, chosen with --target NAME or --all-targets.
        targets:
        #  prod:
        #    url: "postgresql://app@pooler.internal:6432/app?sslmode=verify-full"
        #    direct_url: "postgresql://app@db1.internal/app?sslmode=verify-full"   # past the pooler
        #    password: "${PROD_DB_PASSWORD}"

        defaults:
          lock_timeout: 2s         # longest wait for a lock; backup create and restore have limits of their own
          statement_timeout: 0s    # 0s: no limit; not for backup create and restore, whose statements are long
          parallel: 4              # targets at once

        backup:
        #  repo: /var/backups/dbctl
          compress: zstd:3         # zstd[:1-22], gzip[:1-9] or none
          jobs: 2
          keep: {last: 3, daily: 7, weekly: 4, monthly: 12}   # what backup prune leaves
        #  exclude_table_data: ["audit.*"]
        #  heartbeat: https://monitor.example/ping/abc   # /start and /fail are added to it
          max_age: 26h             # older, and backup check says CRITICAL
        #  max_drill_age: 8d
        #  pg_bin: /usr/lib/postgresql/15/bin

        migrate:
          dir: migrations          # where migrate up, status and the others look
          dialect: auto            # or dbctl, dbmate, golang-migrate, goose, flyway, prisma, sqlx, sqitch
        #  dump: schema.sql         # migrate up writes the schema into it, migrate check compares
          wait: 60s                # for another deploy that is migrating, then exit 75
          retries: 5               # of a transaction that lost the race for a lock
        #  lock_timeout: 1s         # longest time that all its statements together may make others wait
        #  allow_out_of_order: true

        # pool check, doctor and the others.
        pool:
          warning: 80              # per cent of the ordinary slots
          critical: 90
        #  pgbouncer: "postgresql://pgbouncer@/pgbouncer?host=/run/pgbouncer&port=6432"   # its console
        #  rescue: "postgresql://dbctl_rescue@db1.internal/app"   # gets in when all slots are taken: LOGIN REPLICATION,
        #                                                       # member of pg_monitor and pg_signal_backend

        # Files that are loaded into tables again and again: refresh run --feed NAME FILE.
        feeds:
        #  prices:
        #    table: prices            # needs a unique index on the key
        #    key: [asset_id, date]
        #    map: {asset_id: {from: symbol, lookup: assets.symbol}, close: Close}   # column: its header in the file
        #    columns: [asset_id, date, close]   # the only ones that are loaded
        #    format: csv              # or ndjson; found out when it is not said, as is the delimiter
        #    delimiter: ";"           # or tab
        #    encoding: utf8           # or latin1, windows-1252
        #    null: ["", "NA"]         # what means NULL when it is not in quotes
        #    timezone: UTC            # whose day is "today"; of wall times without a zone
        #    decimals: round          # or reject: more decimals than the column keeps
        #    dup: identical           # records with the same key: refuse, identical (collapse them) or last
        #    max_rejected: 0          # more rejected records refuse the run
        #    updated_at: updated_at   # set when a row really changes
        #    undo_keep: 30d           # how long a run can be undone
        #    guards:                  # what refuses a run; each has an option that lets it through once
        #      max_jump: 5            # a price may become so many times as high or as low
        #      missing_assets: 30%    # of the last run's
        #      max_changed: 40%       # of the rows that are there; any share when it is not said
        #      stale_after: 3d        # the newest date may be this old; any age when it is not said
        #      back_window: 30d       # older rows are not written; all are when it is not said
        #      splits: [2, 4, 10]     # a jump by one of these is none

        # Indexes that should exist: dbctl index apply.
        indexes:
        #  - {table: prices, columns: [asset_id, date DESC], include: [close]}
        #  - {table: users, columns: ["(lower(email))"], unique: true, where: deleted_at IS NULL}

        # Partitioned tables: dbctl partition ensure makes what is missing, for cron.
        partitions:
        #  - table: user_attempts
        #    by: attempted_at         # date, timestamp, timestamptz, uuid v7, integers, or text with ULIDs
        #    every: 1 month           # hour, day, week, month, quarter, year; for integers rows: 10000000
        #    timezone: UTC            # whose midnight it is
        #    ahead: 3                 # so many lie wholly in the future
        #    keep: 24 months          # what is older goes with partition retain; gaps there are not refilled
        #    on_expire: archive       # into backup.repo, restored and compared before it is dropped; or drop, or detach
        #    name: "{table}_p{yyyy}_{mm}"    # also {dd} {hh} {iyyy} {ww} {q} {from}

        """
}
