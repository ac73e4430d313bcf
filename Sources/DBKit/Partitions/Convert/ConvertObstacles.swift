import Operations
import Postgres

/// What a table itself has that keeps it from becoming partitioned. Pure.
extension ConvertPlan {
    static func obstacles(_ table: ConvertedTable, _ specification: ConvertSpecification) -> [ConvertFinding] {
        var found: [ConvertFinding] = []
        func block(_ kind: ConvertFinding.Kind, _ object: String, _ message: String, hint: String? = nil) {
            found.append(ConvertFinding(.blocks, kind, object, message, hint: hint))
        }
        if table.isPartition || table.isInherited {
            block(.table, table.label, "\(table.label) inherits from another table, or others inherit from it")
        }
        if table.isTyped {
            block(.table, table.label, "\(table.label) is made of a composite type (CREATE TABLE … OF)")
        }
        if table.persistence != "p" {
            block(
                .table, table.label,
                "\(table.label) is unlogged: after a crash it would be empty, and so would the copy be",
                hint: "ALTER TABLE \(table.typed) SET LOGGED")
        }
        if table.hidesRows {
            block(
                .table, table.label, "row-level security hides rows of \(table.label) from this role",
                hint: "run it as a role with BYPASSRLS, or as a superuser")
        }
        if table.isSubscribed {
            block(
                .table, table.label, "a subscription writes into \(table.label), and knows the table by its oid",
                hint:
                    "drop the table from the publication at its source, convert, and add it again with copy_data = false"
            )
        }
        if specification.strategy == .copy, !table.hasTriggerLanguage {
            block(
                .table, "plpgsql", "the language plpgsql is not installed, and the copy is kept in step by a trigger",
                hint: "CREATE EXTENSION plpgsql")
        }
        for publication in table.broadPublications where specification.strategy == .copy {
            block(
                .publication, publication,
                "publication \(publication) publishes all tables, of the database or of the schema, and the copy among them, and its subscribers do not have that",
                hint: "list its tables instead (ALTER PUBLICATION … SET TABLE), or --strategy attach")
        }
        for name in table.unvalidated {
            block(
                .constraint, name,
                "the constraint \(name) is NOT VALID: rows that violate it would be refused by the copy",
                hint: "ALTER TABLE \(table.typed) VALIDATE CONSTRAINT \(typed(name))")
        }
        for name in table.uninherited {
            block(
                .constraint, name, "the constraint \(name) is NO INHERIT, which a partitioned table cannot have",
                hint: "ALTER TABLE \(table.typed) DROP CONSTRAINT \(typed(name)), and add it without NO INHERIT")
        }
        guard let column = table.column(specification.key) else { return found }
        if column.isGenerated {
            block(.column, column.name, "\(column.name) is generated, and cannot be a partition key")
        }
        if column.sortsByBytes == false {
            block(
                .column, column.name,
                "\(column.name) sorts by the rules of a language, under which ranges of ULIDs mean nothing",
                hint: "ALTER TABLE \(table.typed) ALTER COLUMN \(typed(column.name)) TYPE \(column.type) COLLATE \"C\"")
        }
        return found
    }

    static func typed(_ name: String) -> String { (try? identifier(name).typed) ?? name }
}
