import Operations

/// `_prisma_migrations`: a row for each attempt, of which the finished one counts.
///
/// Source: prisma-engines, `schema-engine/connectors/…/imperative_migration_persistence.rs`.
enum PrismaHistory: HistoryReader {
    static let tables = ["_prisma_migrations"]

    static func owns(_ table: ForeignTable) -> Bool {
        table.has("migration_name", "checksum", "started_at", "finished_at", "rolled_back_at")
    }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        let counted = rows.history.filter { $0["rolled_back_at"] == nil }
        let failed = counted.filter { $0["finished_at"] == nil }.compactMap { $0["migration_name"] }
        if !failed.isEmpty {
            throw .adoptFailed(
                "Prisma began \(failed.joined(separator: ", ")) and did not finish (\(rows.table))",
                hint:
                    "look at the database, and tell Prisma by npx prisma migrate resolve whether they count as applied or as rolled back; then `dbctl migrate adopt`"
            )
        }
        var history = ForeignHistory()
        let finished = counted.sorted { ($0["started_at"] ?? "") < ($1["started_at"] ?? "") }
        for row in finished {
            let name = try row.required("migration_name")
            let digits = name.prefix { $0.isASCII && $0.isNumber }
            let identity: ForeignEntry.Identity =
                MigrationVersion(String(digits)).map { .version($0) } ?? .other("prisma:\(name)")
            history.entries.append(
                ForeignEntry(
                    identity, name: String(name.dropFirst(digits.count).drop { $0 == "_" || $0 == "-" }),
                    proof: .prisma(try row.required("checksum")), appliedAt: row["finished_at"]))
        }
        return history
    }
}
