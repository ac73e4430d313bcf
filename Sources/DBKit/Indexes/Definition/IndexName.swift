import Postgres

/// Names as the server chooses them: `prices_asset_id_date_idx`, within 63 bytes, with a number when that is taken.
///
/// Source: `makeObjectName` and `ChooseIndexNameAddition` in PostgreSQL's `indexcmds.c`; `IndexNameTests` compares.
enum IndexName {
    /// - Parameter columns: The index's own, as the server calls them: `lower`, `expr`.
    static func chosen(table: String, columns: [String], taken: Set<String>) -> String {
        let addition = joined(columns)
        var number = 0
        while true {
            let name = made(table, addition, "idx" + (number == 0 ? "" : "\(number)"))
            if !taken.contains(name) { return name }
            number += 1
        }
    }

    /// It stops once there is more than can be shown.
    private static func joined(_ columns: [String]) -> String {
        var text = ""
        for column in columns {
            if !text.isEmpty { text += "_" }
            text += column
            if text.utf8.count > Identifier.maximumBytes { break }
        }
        return Identifier.cut(text)
    }

    /// What is too long is taken from the longer of the two.
    private static func made(_ table: String, _ addition: String, _ label: String) -> String {
        let room = Identifier.maximumBytes - label.utf8.count - 2
        var (first, second) = (table.utf8.count, addition.utf8.count)
        while first + second > room {
            if first > second { first -= 1 } else { second -= 1 }
        }
        return "\(Identifier.cut(table, to: first))_\(Identifier.cut(addition, to: second))_\(label)"
    }
}
