import Postgres

/// Names for a table that is restored beside another, and for all that comes with it. Pure.
///
/// What begins with the old table's name, as PostgreSQL's own choices do, begins with the new one's; everything else
/// keeps its name unless that is taken in the schema where it goes.
struct CopyNames {
    let table: String
    let copy: String
    private var taken: Set<String>

    init(of table: String, as copy: String, taken: Set<String>) {
        (self.table, self.copy) = (table, copy)
        self.taken = taken
    }

    /// Also reserves it.
    mutating func name(for old: String) -> String {
        let wanted =
            if old == table {
                copy
            } else if old.hasPrefix("\(table)_") {
                copy + old.dropFirst(table.count)
            } else {
                taken.contains(old) ? "\(copy)_\(old)" : old
            }
        var name = Identifier.cut(wanted)
        var number = 1
        while !taken.insert(name).inserted {
            let suffix = "_\(number)"
            name = Identifier.cut(wanted, to: Identifier.maximumBytes - suffix.utf8.count) + suffix
            number += 1
        }
        return name
    }
}
