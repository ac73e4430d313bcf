import Postgres

/// The tables in which a feed waits until it is applied, and what their columns are called there.
///
/// Names of their own (`n1`, `o1`), so that no column of the target can be in the way.
struct StagingArea: Sendable {
    let target: TargetTable
    /// What the feed brings, in the order in which it is staged.
    let columns: [StagedColumn]
    /// The run's, at the end of the tables' names: what another role's interrupted run has left is in nobody's way.
    let suffix: String
    /// For a plan: everything goes with its transaction, and no schema of dbctl's is needed.
    let isTemporary: Bool
    /// See ``AuditColumns``.
    let audit: AuditColumns

    var keys: [StagedColumn] { columns.filter(\.fed.isKey) }
    var values: [StagedColumn] { columns.filter { !$0.fed.isKey } }

    var staging: Identifier {
        get throws(PostgresError) { try name("refresh_staging") }
    }
    var delta: Identifier {
        get throws(PostgresError) { try name("refresh_delta") }
    }

    private func name(_ kind: String) throws(PostgresError) -> Identifier {
        try identifier(isTemporary ? "pg_temp" : "dbctl", "\(kind)_\(target.oid)_\(suffix)")
    }

    /// The columns whose old values are kept: those that the run writes, the key aside.
    var written: [WrittenColumn] {
        get throws(PostgresError) {
            var written: [WrittenColumn] = []
            for column in values {
                written.append(
                    try WrittenColumn(
                        name: column.fed.target.name, column: identifier(column.fed.target.name),
                        old: identifier("o\(written.count + 1)"), value: "d.\(column.new)"))
            }
            if let name = audit.updatedAt {
                written.append(
                    try WrittenColumn(
                        name: name, column: identifier(name), old: identifier("o\(written.count + 1)"),
                        value: "pg_catalog.now()"))
            }
            return written
        }
    }

    /// `t."asset_id" = s."n1" AND …`
    func sameKey(_ alias: SQLFragment) throws(PostgresError) -> SQLFragment {
        var parts: [SQLFragment] = []
        for key in keys { parts.append("t.\(try identifier(key.fed.target.name)) = \(alias).\(key.new)") }
        return parts.joined(separator: " AND ")
    }

    /// `s."n1", s."n2"`, equal where the target's columns are.
    func keyList(_ alias: SQLFragment) -> SQLFragment {
        keys.map { key -> SQLFragment in
            guard let collation = key.fed.target.looseCollation else { return "\(alias).\(key.new)" }
            return "\(alias).\(key.new) COLLATE \(ServerText(catalog: collation))"
        }.joined(separator: ", ")
    }
}

/// A column of the staging table.
struct StagedColumn: Sendable {
    let fed: FedColumn
    /// Its name in the staging table and in the delta.
    let new: Identifier
    let lookup: ResolvedLookup?
}

/// A column of the target that a run writes.
struct WrittenColumn: Sendable {
    let name: String
    let column: Identifier
    /// What the old value is called in the delta.
    let old: Identifier
    /// The new value, of the delta `d`.
    let value: SQLFragment
}

/// The columns that say when a row came and when it last changed.
struct AuditColumns: Sendable, Hashable {
    /// Set when a row is inserted.
    var createdAt: String?
    /// Set whenever a row is inserted or really changed.
    var updatedAt: String?
}
