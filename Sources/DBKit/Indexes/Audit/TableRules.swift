import Operations
import Postgres

/// What is missing on the tables. Pure.
struct TableRules: Sendable {
    let facts: AuditFacts

    var findings: [AuditFinding] { foreignKeys + primaryKeys + narrowKeys }

    /// Deleting or changing a row of the other table looks through the whole of this one.
    private var foreignKeys: [AuditFinding] {
        facts.foreignKeys.compactMap { key in
            let isServed = facts.indexes.contains { index in
                index.tableOID == key.tableOID && index.isUsable && index.definition.predicate == nil
                    && ["btree", "hash"].contains(index.definition.method)
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
        facts.tables.filter { !$0.hasPrimaryKey && !$0.isPartition }.compactMap { table in
            guard let partitionKey = table.partitionKey else { return nil }
            let unique = facts.indexes.first { index in
                index.tableOID == table.oid && index.isUsable && index.constraint == nil
                    && index.definition.isUnique && index.definition.predicate == nil && index.definition.isImmediate
                    && index.definition.method == "btree"
                    && index.definition.keys.allSatisfy {
                        table.required.contains($0.text) && !$0.isDescending && !$0.nullsFirst
                    }
            }
            let (remark, addition) = addition(table, unique, partitionKey)
            return AuditFinding(
                kind: .missingPrimaryKey, object: table.label, sizeBytes: table.sizeBytes,
                why:
                    "without a primary key no row can be named, and logical replication refuses its updates\(remark)",
                command: "ALTER TABLE \(table.label) \(addition)")
        }
    }

    /// What is to be known of it, and the command from the table's name on.
    private func addition(
        _ table: AuditFacts.Table, _ unique: TableIndex?, _ partitionKey: [String]
    ) -> (remark: String, command: String) {
        if let unique, unique.isPartitioned {
            return (
                "; the command builds it while nobody can use the table",
                "ADD PRIMARY KEY (\(unique.definition.keys.map(\.text).joined(separator: ", ")))"
            )
        }
        if let unique {
            return ("", "ADD PRIMARY KEY USING INDEX \((try? identifier(unique.name).typed) ?? unique.name)")
        }
        let names = ["id", "row_id"] + (1...table.columns.count + 1).map { "row_id\($0)" }
        let free = names.first { !table.columns.contains($0) } ?? "id"
        // Partitions take no column with a number of its own before version 17.
        let column =
            table.isPartitioned
            ? "ADD COLUMN \(free) uuid NOT NULL DEFAULT gen_random_uuid(), ADD PRIMARY KEY (\(([free] + partitionKey).joined(separator: ", ")))"
            : "ADD COLUMN \(free) bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        let rewriting = "; the new column rewrites the table while nobody can use it"
        guard table.isTyped else { return (rewriting, column) }
        return (
            "\(rewriting), and its type has to let go of it first", "NOT OF; ALTER TABLE \(table.label) \(column)"
        )
    }

    private var narrowKeys: [AuditFinding] {
        facts.numbered.compactMap { column in
            let share = Double(column.last) / Double(column.maximum)
            guard share >= 0.5 || column.wider != nil else { return nil }
            return AuditFinding(
                kind: .narrowKey, object: "\(column.table).\(column.column)", sizeBytes: column.sizeBytes,
                why: why(column, share), command: command(column))
        }
    }

    private func why(_ column: AuditFacts.NumberedColumn, _ share: Double) -> String {
        let rewrite =
            "; the command rewrites the table while nobody can use it, and columns that refer to it have to follow"
        if let wider = column.wider {
            return
                "it is \(column.type) and refers to \(wider), which is wider: a key that is larger cannot be stored\(rewrite)"
        }
        let part = "\(column.last), \(Int(share * 100)) % of"
        if column.isSequenceNarrow, let sequence = column.sequence {
            return "\(sequence) is at \(part) what it may hand out; beyond it every INSERT fails"
        }
        let source =
            column.sequence == nil ? "its largest value, as far as it is known without the index," : "its sequence"
        return "\(source) is at \(part) what \(column.type) holds; beyond it every INSERT fails\(rewrite)"
    }

    private func command(_ column: AuditFacts.NumberedColumn) -> String {
        if column.isSequenceNarrow, column.wider == nil, let sequence = column.sequence {
            return "ALTER SEQUENCE \(sequence) AS bigint NO MAXVALUE"
        }
        let name = (try? identifier(column.column).typed) ?? column.column
        let alter = "ALTER TABLE \(column.table) ALTER COLUMN \(name) TYPE bigint"
        guard column.isSerial, let sequence = column.sequence else { return alter }
        return "\(alter); ALTER SEQUENCE \(sequence) AS bigint"
    }
}
