import Backup
import Postgres

/// Every table of a database with its rows counted and hashed, to compare before with after.
struct DemoTables: Sendable, Equatable {
    struct Table: Sendable, Equatable {
        var schema: String
        var name: String
        var rows: Int64
        var checksum: TableChecksum
    }

    var tables: [Table]

    var rows: Int64 { tables.reduce(0) { $0 + $1.rows } }

    static func read(_ parameters: ConnectionParameters, settings: SessionSettings) async throws -> DemoTables {
        let tables = try await Connection.with(parameters, settings: settings) { connection in
            try await connection.run { session in
                // One snapshot, and text: what is compared is what a person would see.
                try session.transaction(.snapshot) { session in
                    try session.rows(Query(embedded: PackageResources.demo_tables_sql)).map { row in
                        let (schema, name) = (
                            try row.value("schema", as: String.self), try row.value("name", as: String.self)
                        )
                        let checksum = try TableChecksum.compute(
                            session, schema: schema, table: name, columns: [], format: .text)
                        return Table(schema: schema, name: name, rows: checksum.rows, checksum: checksum)
                    }
                }
            }
        }
        return DemoTables(tables: tables)
    }
}
