import Operations

/// What is to be done for a wanted index on one table, decided from what is there. Pure.
enum CreatePlan: Sendable, Hashable {
    /// It is there already, under whichever name.
    case equivalent(TableIndex)
    /// Another one serves all that it would.
    case covered(by: TableIndex)
    /// An interrupted build left it INVALID in a place that it cannot be dropped from.
    case rebuild(TableIndex)
    /// - Parameter removing: What an interrupted build of it left.
    case build(name: String, removing: [TableIndex])

    struct Wanted: Sendable, Hashable {
        var definition: IndexDefinition
        /// As the server calls what is indexed.
        var columns: [String]
        var name: String?
        /// Also when another one serves all that it would.
        var isForced = false
    }

    /// - Parameter taken: The names of all relations in the table's schema.
    /// - Throws: `index.name_taken` when a name was asked for that stands for something else.
    init(_ wanted: Wanted, on table: IndexedTable, existing: [TableIndex], taken: Set<String>) throws(Failure) {
        let equivalent = existing.filter { IndexVerdict(of: $0.definition, for: wanted.definition) == .equivalent }
        if let found = equivalent.first(where: { $0.isUsable || $0.isPartitioned && table.kind == .partitioned }) {
            self = .equivalent(found)
            return
        }
        if !wanted.isForced,
            let found = existing.first(where: {
                $0.isUsable && IndexVerdict(of: $0.definition, for: wanted.definition) == .covers
            })
        {
            self = .covered(by: found)
            return
        }
        // Attached to a partitioned index: it can only be mended where it is.
        if let broken = equivalent.first(where: { $0.isLeftover && ($0.parent != nil || $0.constraint != nil) }) {
            self = .rebuild(broken)
            return
        }
        let new = try NewIndex(wanted, asked: wanted.name, on: table, existing: existing, taken: taken)
        self = .build(name: new.name, removing: new.removing)
    }
}

/// The name of an index that is to be built, and what has to go before.
struct NewIndex: Sendable, Hashable {
    let name: String
    /// What an interrupted build of it left.
    let removing: [TableIndex]

    /// - Parameters:
    ///   - asked: A name that somebody wants it to have.
    ///   - taken: The names of all relations in the table's schema.
    /// - Throws: `index.name_taken` when that stands for something else.
    init(
        _ wanted: CreatePlan.Wanted, asked: String?, on table: IndexedTable, existing: [TableIndex], taken: Set<String>
    ) throws(Failure) {
        removing = existing.filter {
            IndexVerdict(of: $0.definition, for: wanted.definition) == .equivalent && $0.isLeftover
                && $0.constraint == nil && $0.parent == nil
        }
        let free = taken.subtracting(removing.map(\.name))
        if let asked, free.contains(asked) {
            let holder = existing.first { $0.name == asked }
            throw Failure(
                .indexNameTaken, "the name \(asked) is taken in schema \(table.schema)",
                detail: holder.map {
                    "It is another index of \(table.label)\($0.isUsable ? "" : ", INVALID"): \($0.text)"
                },
                hint: "choose another with --name, or leave --name out")
        }
        // The one that was begun keeps its name: no twins with numbers.
        name =
            asked ?? removing.first?.name
            ?? IndexName.chosen(table: table.name, columns: wanted.columns, taken: free)
    }
}
