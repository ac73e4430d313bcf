import Operations
import Postgres

/// An index as somebody asks for it, in his own spelling.
public struct IndexSpecification: Sendable, Hashable {
    public var table: String
    /// Each a column, perhaps with `DESC`, `NULLS FIRST`, an operator class or a collation, or an expression.
    public var columns: [String]
    public var include: [String] = []
    public var predicate: String?
    public var method: String?
    public var isUnique = false
    public var nullsNotDistinct = false
    /// Nil leaves it to dbctl, which chooses as the server does.
    public var name: String?

    public init(table: String, columns: [String]) {
        self.table = table
        self.columns = columns
    }
}

/// The same, read against the table's columns: what stands behind `ON table`.
struct IndexBody: Sendable {
    var isUnique: Bool
    private let sql: SQLFragment

    /// - Throws: `index.column` for a column that is not there, `index.version` for what the server is too old for.
    init(_ wanted: IndexSpecification, columns: [String], version: ServerVersion) throws {
        isUnique = wanted.isUnique
        if wanted.nullsNotDistinct, version.major < 15 {
            throw Failure(
                .indexVersion, "NULLS NOT DISTINCT needs PostgreSQL 15; this server is \(version)",
                hint: "leave it out, or make the columns NOT NULL")
        }
        let keys = try wanted.columns.map { try KeySpelling($0, columns: columns).sql }
        var sql: SQLFragment = "(\(keys.joined(separator: ", ")))"
        // As SQL folds what is not quoted.
        if let method = wanted.method { sql = "USING \(try identifier(method.lowercased())) \(sql)" }
        if !wanted.include.isEmpty {
            let names = try wanted.include.map { name -> SQLFragment in
                guard let column = KeySpelling.column(name, of: columns) else {
                    throw KeySpelling.unknown(name, columns)
                }
                return "\(try identifier(column))"
            }
            sql = "\(sql) INCLUDE (\(names.joined(separator: ", ")))"
        }
        if wanted.nullsNotDistinct { sql = "\(sql) NULLS NOT DISTINCT" }
        if let predicate = wanted.predicate { sql = "\(sql) WHERE (\(ServerText(argument: predicate)))" }
        self.sql = sql
    }

    /// As another one is.
    init(of index: TableIndex) {
        isUnique = index.definition.isUnique
        sql = "\(ServerText(catalog: index.body))"
    }

    enum Form {
        case concurrently, only, plain
    }

    /// - Parameter name: Nil leaves it to the server.
    func statement(_ form: Form, name: Identifier?, on table: SQLFragment) -> Query {
        let unique: SQLFragment = isUnique ? "UNIQUE " : ""
        let concurrently: SQLFragment = form == .concurrently ? "CONCURRENTLY " : ""
        let only: SQLFragment = form == .only ? "ONLY " : ""
        let named: SQLFragment = name.map { "\($0) " } ?? ""
        return "CREATE \(unique)INDEX \(concurrently)\(named)ON \(only)\(table) \(sql)"
    }
}
