// How the same is done without dbctl: what people write into a nightly script, each in the form that is kindest to it.

import DBKit
import Foundation

struct RefreshRivals: Sendable {
    let ground: RefreshGround

    enum Form: String, CaseIterable {
        case distinct, plain, merge
        case row

        var title: String {
            switch self {
            case .distinct: "`\\copy`, `INSERT … ON CONFLICT DO UPDATE … WHERE (…) IS DISTINCT FROM (…)`"
            case .plain: "`\\copy`, `INSERT … ON CONFLICT DO UPDATE`"
            case .merge: "`\\copy`, `MERGE … WHEN MATCHED AND (…) IS DISTINCT FROM (…)`"
            case .row:
                "psql, a prepared `INSERT … ON CONFLICT DO UPDATE` for each row, in one transaction, statements written "
                    + "before: the first \(100 / RefreshGround.sample) % of the feed, times \(RefreshGround.sample)"
            }
        }
    }

    /// Those that this server knows.
    var forms: [Form] { Form.allCases.filter { $0 != .merge || ground.server.sandbox.binaries.major >= 15 } }

    func way(_ form: Form, share: Int) -> RefreshGround.Way {
        let command = "psql -X -q -v ON_ERROR_STOP=1 -f \(form.rawValue)-\(share).sql"
        guard form == .row else {
            return .init(name: "\(share) % \(form)", command: command, feed: ground.feed(share))
        }
        return .init(
            name: "\(share) % \(form)", command: command, feed: ground.head(share), sample: RefreshGround.sample,
            isLogged: false)
    }

    func write() async throws {
        for share in RefreshGround.shares {
            try save(script(Self.upsert(from: Self.staged), share), "\(Form.distinct)-\(share).sql")
            try save(script(Self.upsert(from: Self.staged, Self.whole), share), "\(Form.plain)-\(share).sql")
            try save(script(Self.merge, share), "\(Form.merge)-\(share).sql")
            try await writeRows(share)
        }
    }

    private static let columns = ["open", "high", "low", "close", "volume"]
    private static let staged = "SELECT asset_id, date, open, high, low, close, volume FROM staging"
    private static let whole = ""

    private static func list(_ row: String) -> String { columns.map { "\(row).\($0)" }.joined(separator: ", ") }

    private static func set(_ row: String) -> String {
        columns.map { "\($0) = \(row).\($0)" }.joined(separator: ", ")
    }

    private static func upsert(
        from source: String,
        _ condition: String = "WHERE (\(list("t"))) IS DISTINCT FROM (\(list("excluded")))"
    ) -> String {
        "INSERT INTO prices AS t \(source) ON CONFLICT (asset_id, date) DO UPDATE SET \(set("excluded")) \(condition)"
    }

    private static let merge = """
        MERGE INTO prices AS t USING staging AS s ON t.asset_id = s.asset_id AND t.date = s.date
        WHEN MATCHED AND (\(list("t"))) IS DISTINCT FROM (\(list("s"))) THEN UPDATE SET \(set("s"))
        WHEN NOT MATCHED THEN INSERT VALUES (s.asset_id, s.date, \(list("s")))
        """

    private func script(_ statement: String, _ share: Int) -> String {
        """
        CREATE UNLOGGED TABLE staging (LIKE prices);
        \\copy staging FROM '\(ground.feed(share))' CSV HEADER
        \(statement);
        DROP TABLE staging;
        """
    }

    private func writeRows(_ share: Int) async throws {
        let types = "int, date, float8, float8, float8, float8, bigint"
        let insert = Self.upsert(from: "VALUES ($1, $2, $3, $4, $5, $6, $7)", Self.whole)
        try save("BEGIN;\nPREPARE upsert (\(types)) AS \(insert);\n", "prepare.sql")
        let row = "\"EXECUTE upsert (\" $1 \", \\x27\" $2 \"\\x27, \" $3 \", \" $4 \", \" $5 \", \" $6 \", \" $7 \");\""
        try await ground.shell(
            """
            { cat prepare.sql; awk -F, 'NR > 1 { print \(row) }' \(ground.head(share)); echo 'COMMIT;'; } \
              > \(Form.row)-\(share).sql
            """)
    }

    // Into an empty table

    /// Nil where it is not installed.
    func pgloader(dropsIndexes: Bool) async throws -> RefreshGround.Way? {
        guard try await ground.output("command -v pgloader || true") != "" else { return nil }
        let file = dropsIndexes ? "bare.load" : "plain.load"
        let columns = "(asset_id, date, \(Self.columns.joined(separator: ", ")))"
        let target = "postgresql://postgres@127.0.0.1:\(ground.server.sandbox.port)/refreshed"
        try save(
            """
            LOAD CSV FROM '\(ground.folder)/\(ground.feed(0))' \(columns)
            INTO \(target) TARGET TABLE public.prices \(columns)
            WITH \(dropsIndexes ? "drop indexes, " : "")skip header = 1, fields terminated by ',';
            """, file)
        return .init(
            name: file, command: "pgloader --root-dir \(ground.folder)/pgloader \(file)", feed: ground.feed(0),
            base: "refresh_empty", isLogged: false)
    }

    func copy() throws -> RefreshGround.Way {
        try save("\\copy prices FROM '\(ground.feed(0))' CSV HEADER\n", "copy.sql")
        return .init(
            name: "\\copy", command: "psql -X -q -v ON_ERROR_STOP=1 -f copy.sql", feed: ground.feed(0),
            base: "refresh_empty", isLogged: false)
    }

    private func save(_ text: String, _ file: String) throws {
        try text.write(toFile: "\(ground.folder)/\(file)", atomically: true, encoding: .utf8)
    }
}
