// The table that is refreshed, the feeds that change it, and how each way to bring one in is measured and checked.

import DBKit
import Foundation

struct RefreshGround: Sendable {
    let server: BenchServer
    /// The built program: its start counts, too.
    let program: String
    let folder: String

    /// Per cent of the rows that a feed changes.
    static let shares = [0, 5, 100]
    /// One of so many rows is brought in row by row.
    static let sample = 10

    /// A thousand days of each.
    var assets: Int { max(20, Int((1000 * server.scale).rounded())) }
    var rows: Int { assets * 1000 }

    // What is built once

    /// The table as it was left by the night before: refreshed, and vacuumed. `refresh_empty` has no row.
    func build() async throws {
        try await shell("createdb -T template0 refresh_empty; psql -Xqd refresh_empty -c \"\(Self.table)\"")
        try await fill("refresh_base", assets: assets)
        for share in Self.shares {
            // Spread over all pages, as a day of every asset is.
            let close =
                "CASE WHEN (asset_id * 7919 + (date - date '2020-01-01') * 37) % 100 < \(share) "
                + "THEN round((close * 1.01)::numeric, 4)::float8 ELSE close END"
            let columns = "asset_id, date, open, high, low, \(close) AS close, volume"
            try await export("refresh_base", "SELECT \(columns) FROM prices ORDER BY asset_id, date", feed(share))
            try await shell("head -n \(rows / Self.sample + 1) \(feed(share)) > \(head(share))")
        }
        try await shell("\(program) \(refresh(feed(0))) --database-url postgresql:///refresh_base")
        try await shell("psql -Xqd refresh_base -c 'VACUUM (ANALYZE)' -c CHECKPOINT")
    }

    /// A database with the table and so many rows in it.
    func fill(_ database: String, assets: Int) async throws {
        let rows = """
            INSERT INTO prices
            SELECT a, date '2020-01-01' + d, price(h, 1), price(h, 2), price(h, 3), price(h, 4), 1000 + h % 900000
            FROM generate_series(1, \(assets)) AS a, generate_series(0, 999) AS d,
                 LATERAL (SELECT abs(hashint8(a * 100000::bigint + d)::bigint) AS h) AS hashed
            """
        let price = """
            CREATE FUNCTION pg_temp.price(bigint, bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
            RETURN (10 + abs(hashint8($1 * 10 + $2)::bigint) % 900000 / 10000.0)::float8
            """
        try await shell(
            """
            createdb -T template0 \(database)
            psql -Xq -v ON_ERROR_STOP=1 -d \(database) <<'SQL'
            \(Self.table);
            \(price);
            \(rows.replacing("price(", with: "pg_temp.price("));
            VACUUM (ANALYZE);
            CHECKPOINT;
            SQL
            """)
    }

    func export(_ database: String, _ query: String, _ file: String) async throws {
        try await shell("psql -Xqd \(database) -c \"COPY (\(query)) TO STDOUT CSV HEADER\" > \(file)")
    }

    private static let table =
        "CREATE TABLE prices (asset_id int NOT NULL, date date NOT NULL, open float8 NOT NULL, high float8 NOT NULL, "
        + "low float8 NOT NULL, close float8 NOT NULL, volume bigint NOT NULL, PRIMARY KEY (asset_id, date))"

    func feed(_ share: Int) -> String { "feed-\(share).csv" }
    func head(_ share: Int) -> String { "head-\(share).csv" }

    /// `dbctl refresh run` of a file, without the server.
    func refresh(_ file: String) -> String {
        "refresh run --table prices --key asset_id,date --quiet --no-progress \(file)"
    }

    // What is measured

    /// One way to bring a feed in.
    struct Way: Sendable {
        let name: String
        /// Run in the folder, with `PGDATABASE` of the copy.
        let command: String
        /// Every row of it stands in the table afterwards.
        let feed: String
        /// The database that it starts from.
        var base = "refresh_base"
        /// It does only one of so many rows.
        var sample = 1
        /// The server's log says how long each statement took: not where there is one for each row.
        var isLogged = true
    }

    func contender(_ way: Way) -> Contender {
        Contender(name: way.name) {
            try await restore(way.base)
            let before = try await logPosition()
            let log = try StatementLog(server)
            let options = way.isLogged ? "PGOPTIONS='-c log_min_duration_statement=0'" : ""
            var sample = try await timed(children: true) {
                try await shell(
                    "export PGDATABASE=refreshed \(options); exec /usr/bin/time -f %M -o peak \(way.command)")
            }
            if way.isLogged { sample.notes = try log.phases() }
            sample.notes["wal"] = (try await logPosition() - before) * Double(way.sample)
            sample.notes["peak"] = try await number("cat peak") * 1024
            sample.value *= Double(way.sample)
            sample.processorTime *= Double(way.sample)
            try await check(way)
            return sample
        }
    }

    /// A fresh copy, which the server has in its memory, as that of a live table.
    func restore(_ base: String) async throws {
        let strategy = server.sandbox.binaries.major >= 15 ? "STRATEGY file_copy" : ""
        try await shell(
            """
            psql -Xq -c "DROP DATABASE IF EXISTS refreshed" -c "CREATE DATABASE refreshed TEMPLATE \(base) \(strategy)"
            psql -XAtqd refreshed -c "SELECT sum(volume) FROM prices" -c "SET enable_seqscan = off" \
              -c "SELECT count(*) FROM prices" -c CHECKPOINT > /dev/null
            """)
    }

    /// Whether the table says what the feed says, and has no row besides.
    private func check(_ way: Way) async throws {
        let found = try await output(
            """
            psql -XAtq -v ON_ERROR_STOP=1 -d refreshed <<'SQL'
            CREATE TEMPORARY TABLE expected (LIKE prices);
            \\copy expected FROM '\(way.feed)' CSV HEADER
            SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE prices) AS differing;
            SELECT count(*) FROM prices;
            SQL
            """)
        guard found == "0\n\(rows)" else {
            throw BenchError("\(way.name): rows of the feed that are not in the table, and rows of the table: \(found)")
        }
    }

    private func logPosition() async throws -> Double {
        try await number("psql -XAtqc \"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')\"")
    }

    private func number(_ command: String) async throws -> Double {
        let text = try await output(command)
        guard let number = Double(text) else { throw BenchError("\(command) printed no number: \(text)") }
        return number
    }

    func shell(_ command: String) async throws {
        _ = try await output(command)
    }

    func output(_ command: String) async throws -> String {
        let variables = ["PATH": "\(server.sandbox.binaries.folder):/usr/bin:/bin", "HOME": folder]
        return try await Peer.output(
            "/bin/bash", ["-e", "-o", "pipefail", "-c", command],
            variables.merging(server.environment) { own, _ in own }, folder: folder
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
