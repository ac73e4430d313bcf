import Operations
import Postgres

/// A materialized view over a table whose name another table will bear, filled beforehand over that one.
///
/// It has no CREATE OR REPLACE, and to fill it under the swap's lock would take as long as its query. So it is made beside
/// the other table, where both wait under their own names, and the two are moved together. Its definition is written and
/// read under search paths that differ in one schema only, which has nothing in it but what is being replaced: so that the
/// server itself puts the new table into it, and no text is ever searched for names.
struct ShadowView: Sendable, Hashable {
    var oid: Int64
    var schema: String
    var name: String
    var isPopulated: Bool
    var definition: String
    var options: String?
    var tablespace: String?

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }

    static func read(over table: Int64, in session: Session) throws -> [ShadowView] {
        try session.rows(Query(embedded: PackageResources.convert_matviews_sql, binds: [table])).map { row in
            try ShadowView(
                oid: row.value("oid"), schema: row.value("schema"), name: row.value("name"),
                isPopulated: row.value("is_populated"), definition: row.value("definition"),
                options: row.value("options"), tablespace: row.value("tablespace"))
        }
    }

    /// Makes and fills all that there are over a table, again if they are there.
    ///
    /// - Parameters:
    ///   - home: The table's schema.
    ///   - shadow: That of the table which will take its place.
    static func build(
        over table: Int64, home: String, shadow: String, _ request: PartitionRequest, through connection: Connection
    ) async throws {
        let views = try await connection.run { session in
            try session.transaction { session in
                try clear(shadow, in: session)
                let found = try read(over: table, in: session)
                try setPath([home] + found.map(\.schema), in: session)
                return try read(over: table, in: session)
            }
        }
        for view in views {
            request.onEvent(.note("filling the materialized view \(view.schema).\(view.name) beside the old one"))
            try await connection.run { session in
                try session.transaction { session in
                    try view.build(path: [shadow, home] + views.map(\.schema), shadow: shadow, in: session)
                }
            }
        }
    }

    private static func setPath(_ schemas: [String], in session: Session) throws {
        var seen: Set<String> = []
        var path = try schemas.filter { seen.insert($0).inserted }.map { try identifier($0).sql }
        path.append("pg_temp")
        let text = path.joined(separator: ", ")
        _ = try session.row("SELECT pg_catalog.set_config('search_path', \(text), true) AS path")
    }

    static func clear(_ shadow: String, in session: Session) throws {
        let names = try session.rows(
            """
            SELECT c.relname AS name FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = \(shadow) AND c.relkind = 'm' ORDER BY c.oid DESC
            """
        ).map { try $0.value("name", as: String.self) }
        for name in names {
            try session.execute("DROP MATERIALIZED VIEW \(try identifier(shadow, name))")
        }
    }

    private func build(path: [String], shadow: String, in session: Session) throws {
        let model = try RelationTraits.read(oid, in: session)
        let made: SQLFragment = "\(try identifier(shadow, name))"
        // Without its semicolon, behind which WITH DATA stands.
        let text = definition.hasSuffix(";") ? String(definition.dropLast()) : definition
        let place: SQLFragment = try tablespace.map { " TABLESPACE \(try identifier($0))" } ?? ""
        let with: SQLFragment = options.map { "\(ServerText(catalog: $0))" } ?? ""
        let data: SQLFragment = isPopulated ? "WITH DATA" : "WITH NO DATA"
        try Self.setPath(path, in: session)
        try session.execute(
            "CREATE MATERIALIZED VIEW \(made)\(with)\(place) AS \(ServerText(catalog: text)) \(data)")
        for index in model.indexes {
            let unique: SQLFragment = index.isUnique ? "UNIQUE " : ""
            try session.execute(
                "CREATE \(unique)INDEX \(try identifier(index.name)) ON \(made) \(ServerText(catalog: index.body))")
        }
        let oid: Int64 = try session.row(
            "SELECT pg_catalog.to_regclass(\(try identifier(shadow, name).sql))::oid::bigint AS oid"
        ).value("oid")
        let traits = try RelationTraits.read(oid, in: session)
        for difference in try Inheritance(of: traits, from: model, [.owner, .statisticsTarget, .grant]).differences() {
            for statement in difference.statements { try session.execute(statement) }
        }
        if let comment = model.comment {
            try session.execute("COMMENT ON MATERIALIZED VIEW \(made) IS \(try literal(comment))")
        }
        let comments = Query(embedded: PackageResources.convert_comments_sql, binds: [self.oid, oid])
        for row in try session.rows(comments) {
            let statement: String = try row.value("statement")
            try session.execute("\(ServerText(catalog: statement))")
        }
    }
}
