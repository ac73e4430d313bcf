import Operations

/// `refinery_schema_history`.
///
/// Source: refinery, `refinery_core/src/traits/mod.rs` and `runner.rs`.
enum RefineryHistory: HistoryReader {
    static let tables = ["refinery_schema_history"]

    static func owns(_ table: ForeignTable) -> Bool { table.has("version", "name", "applied_on", "checksum") }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        var numbered: [(version: Int64, row: ForeignRow)] = []
        for row in rows.history { numbered.append((try row.number("version"), row)) }
        numbered.sort { $0.version < $1.version }
        var history = ForeignHistory()
        for (version, row) in numbered {
            let name = try row.required("name")
            history.entries.append(
                ForeignEntry(
                    named: String(version), tool: .refinery, name: name,
                    proof: .refinery(try row.required("checksum"), name: name, version: version),
                    appliedAt: row["applied_on"]))
        }
        return history
    }
}
