import Postgres

/// Something that a restore made in a schema of its own, on its way to where it belongs.
struct StagedObject {
    enum Kind: String {
        /// Its indexes, constraints and owned sequences go along.
        case table
        case sequence, index
        case statistics
    }

    let schema: String
    let name: String
    let kind: Kind

    static func list(in schemas: [String], _ session: Session) throws -> [StagedObject] {
        try session.rows(Query(embedded: PackageResources.restore_staged_sql, binds: [schemas])).compactMap { row in
            guard let kind = Kind(rawValue: try row.value("kind")) else { return nil }
            return try StagedObject(schema: row.value("schema"), name: row.value("name"), kind: kind)
        }
    }

    /// Called for tables last: what goes along has its new name by then.
    func settle(in home: String, as newName: String, _ session: Session) throws {
        let old = try identifier(schema, name)
        if name != newName {
            let new = try identifier(newName)
            switch kind {
            case .table: try session.execute("ALTER TABLE \(old) RENAME TO \(new)")
            case .sequence: try session.execute("ALTER SEQUENCE \(old) RENAME TO \(new)")
            case .index: try session.execute("ALTER INDEX \(old) RENAME TO \(new)")
            case .statistics: try session.execute("ALTER STATISTICS \(old) RENAME TO \(new)")
            }
        }
        let moved = try identifier(schema, newName)
        switch kind {
        case .table: try session.execute("ALTER TABLE \(moved) SET SCHEMA \(identifier(home))")
        case .statistics: try session.execute("ALTER STATISTICS \(moved) SET SCHEMA \(identifier(home))")
        case .sequence, .index: break
        }
    }
}
