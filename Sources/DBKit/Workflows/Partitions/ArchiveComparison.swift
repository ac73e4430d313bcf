import Backup
import Postgres

/// The live rows of the tables of a set beside what its manifest says, in a session that sees them as they are now.
struct ArchiveComparison: Sendable {
    private let manifest: Manifest

    init(_ manifest: Manifest) {
        self.manifest = manifest
    }

    /// A sentence; nil when count and checksum of each are the same.
    func difference(in session: Session) throws -> String? {
        for table in manifest.tables {
            let live = try TableChecksum.compute(
                session, schema: table.schema, table: table.name, columns: table.columns, format: table.checksumFormat,
                encoding: session.parameterStatus("server_encoding"))
            guard live.rows == table.rows, live == table.checksum else {
                return live.rows == table.rows
                    ? "\(table.schema).\(table.name) has \(live.rows) rows as it has there, and not the same ones"
                    : "\(table.schema).\(table.name) has \(live.rows) rows, \(table.rows) there"
            }
        }
        return nil
    }
}
