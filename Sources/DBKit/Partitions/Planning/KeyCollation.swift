import Operations
import Postgres

/// A text key is cut by its characters, and the server compares them by the collation of the key. Where the two orders
/// differ (in Czech `CH` comes after `H`), a row would lie in another partition than its time says.
enum KeyCollation {
    /// - Throws: `partition.collation`
    static func check(_ table: PartitionedTable, in session: Session) throws {
        guard table.key.type == .text, let oid = table.key.collationOID else { return }
        let name: String = try session.row(
            Query(embedded: PackageResources.partition_collation_sql, binds: [oid])
        ).value("name")
        let collation = ServerText(catalog: name)
        let pairs = ULIDText.pairs
        let row = try session.row(
            """
            SELECT ARRAY(SELECT p.text FROM pg_catalog.unnest(\(pairs)::text[]) WITH ORDINALITY AS p (text, place)
                         ORDER BY p.text COLLATE \(collation), p.place) = \(pairs)::text[] AS is_sorted
            """)
        guard try !row.value("is_sorted") else { return }
        throw Failure(
            .partitionCollation,
            "\(table.label) is partitioned by \(table.key.column) under the collation \(name), which does not sort ULIDs by their time",
            detail: "Nothing was changed.",
            hint: "partition by a column with COLLATE \"C\"; dbctl cuts no ranges under this one")
    }
}

extension ULIDText {
    /// Every pair of characters, and every one alone, in the order of their bytes.
    static let pairs: [String] = {
        let letters = alphabet.map { String(decoding: [$0], as: UTF8.self) }
        return letters.flatMap { first in [first] + letters.map { first + $0 } }
    }()
}
