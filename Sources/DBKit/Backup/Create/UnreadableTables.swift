import Operations

/// What would make a backup with holes, refused before the first byte (B8).
enum UnreadableTables {
    static func refuse(_ tables: [DatabaseFacts.Relation], role: String) throws(Failure) {
        // Only SQL_ASCII databases keep such names. What cannot be spelled cannot be asked for.
        if let nameless = tables.first(where: { !$0.name.isText || !$0.schema.isText }) {
            throw Failure(
                .backupNameEncoding,
                "the name of the table \(nameless.displayName) is no UTF-8, which dbctl cannot spell",
                detail: "its bytes are \(nameless.name.bytes.map { String($0, radix: 16) }.joined(separator: " "))",
                hint: "ALTER TABLE … RENAME it, from a session with client_encoding SQL_ASCII; or use pg_dump -Fd")
        }
        let hidden = tables.filter(\.hidesRows).map(\.displayName)
        guard hidden.isEmpty else {
            throw Failure(
                .backupHiddenRows,
                "row-level security hides rows of \(hidden.joined(separator: ", ")) from the role \(role)",
                hint: "ALTER ROLE \(role) BYPASSRLS, or back up as the owner of the table; no GRANT cures it")
        }
        let unreadable = tables.filter { !$0.isReadable }.map(\.displayName)
        guard unreadable.isEmpty else {
            throw Failure(
                .backupUnreadable, "the role \(role) may not read \(unreadable.joined(separator: ", "))",
                hint: "GRANT pg_read_all_data TO \(role)")
        }
    }
}
