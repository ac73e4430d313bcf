import Operations

/// What is missing on the tables. Pure.
struct TableRules: Sendable {
    let facts: AuditFacts

    var findings: [AuditFinding] { foreignKeys + primaryKeys + narrowKeys }

    /// Deleting or changing a row of the other table looks through the whole of this one.
    private var foreignKeys: [AuditFinding] {
        facts.foreignKeys.compactMap { key in
            let isServed = facts.indexes.contains { index in
                index.tableOID == key.tableOID && index.isUsable && index.definition.predicate == nil
                    && Set(index.definition.keys.prefix(key.columns.count).map(\.text)) == Set(key.columns)
            }
            guard !isServed else { return nil }
            let words = ([key.table] + key.columns).map(ShellWord.quoted).joined(separator: " ")
            return AuditFinding(
                kind: .foreignKey, object: "\(key.table).\(key.name)", sizeBytes: key.sizeBytes,
                why: "every DELETE and key UPDATE in \(key.referenced) reads all of \(key.table)",
                command: "dbctl index create \(words)")
        }
    }

    private var primaryKeys: [AuditFinding] {
        facts.tables.filter { !$0.hasPrimaryKey && !$0.isPartition }.map { table in
            let unique = facts.indexes.first { index in
                index.tableOID == table.oid && index.isUsable && index.constraint == nil && !index.isPartitioned
                    && index.definition.isUnique && index.definition.predicate == nil && index.definition.isImmediate
                    && index.definition.method == "btree"
                    && index.definition.keys.allSatisfy { table.required.contains($0.text) }
            }
            let addition =
                unique.map { "ADD PRIMARY KEY USING INDEX \($0.name)" }
                ?? "ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
            return AuditFinding(
                kind: .missingPrimaryKey, object: table.label, sizeBytes: table.sizeBytes,
                why: "without a primary key no row can be named, and logical replication refuses its updates"
                    + (unique == nil ? "; the new column rewrites the table" : ""),
                command: "ALTER TABLE \(table.label) \(addition)")
        }
    }

    private var narrowKeys: [AuditFinding] {
        facts.numbered.compactMap { column in
            let share = Double(column.last) / Double(column.maximum)
            guard share >= 0.5 else { return nil }
            return AuditFinding(
                kind: .narrowKey, object: "\(column.table).\(column.column)", sizeBytes: column.sizeBytes,
                why:
                    "its sequence is at \(column.last), \(Int(share * 100)) % of what \(column.type) holds; beyond it every INSERT fails",
                command: "ALTER TABLE \(column.table) ALTER COLUMN \(column.column) TYPE bigint")
        }
    }
}
