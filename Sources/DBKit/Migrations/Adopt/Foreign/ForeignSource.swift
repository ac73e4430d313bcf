import Operations

/// The history to adopt: whose it is, and the table.
struct ForeignSource: Sendable, Hashable {
    var tool: ForeignTool
    var table: ForeignTable

    /// All names that a history may have, with those of the tables that tell tools apart.
    static let names: [String] = Array(
        Set(ForeignTool.allCases.flatMap { $0.reader.tables + $0.reader.formerNames } + [RailsHistory.sign])
    ).sorted()

    /// Decides from the tables that are there.
    ///
    /// - Parameters:
    ///   - wanted: Nil finds it out.
    ///   - tables: Those on the `search_path` first.
    /// - Throws: `migrate.adopt_nothing` (66), `migrate.adopt_ambiguous` (65) with all that were found.
    init(_ wanted: ForeignTool?, among tables: [ForeignTable]) throws(Failure) {
        let found = (wanted.map { [$0] } ?? ForeignTool.allCases).flatMap { tool in
            Self.histories(of: tool, isNamed: wanted != nil, among: tables)
        }
        guard let first = found.first else { throw Self.nothing(wanted, tables) }
        let tools = Set(found.map(\.tool))
        // One tool in several schemas: the one that the login works in.
        let near = found.filter(\.table.isOnPath)
        if tools.count == 1, let only = near.count == 1 ? near.first : found.count == 1 ? first : nil {
            self = only
            return
        }
        let list = found.map { "\($0.tool.rawValue) (\($0.table.label))" }.joined(separator: ", ")
        throw Failure(
            .adoptAmbiguous, "there is more than one history here: \(list)",
            detail: "Nothing was changed.",
            hint: tools.count > 1
                ? "name the tool with --from, as in --from \(first.tool.rawValue)"
                : "name the schema in the database URL, as in ?schema=\(first.table.schema)")
    }

    init(tool: ForeignTool, table: ForeignTable) {
        self.tool = tool
        self.table = table
    }

    /// Every history that is there.
    static func all(among tables: [ForeignTable]) -> [ForeignSource] {
        ForeignTool.allCases.flatMap { histories(of: $0, isNamed: false, among: tables) }
    }

    private static func histories(
        of tool: ForeignTool, isNamed: Bool, among tables: [ForeignTable]
    ) -> [ForeignSource] {
        let names = tool.reader.tables.prefix(1) + tool.reader.formerNames
        return tables.filter { table in
            guard names.contains(table.name), tool.reader.owns(table) else { return false }
            guard !isNamed, tool == .rails || tool == .dbmate else { return true }
            let isRails = tables.contains { $0.schema == table.schema && $0.name == RailsHistory.sign }
            return isRails == (tool == .rails)
        }.map { ForeignSource(tool: tool, table: $0) }
    }

    private static func nothing(_ wanted: ForeignTool?, _ tables: [ForeignTable]) -> Failure {
        let others = tables.filter { $0.name != RailsHistory.sign }.map { table in
            "\(table.label) (\(table.columns.sorted().joined(separator: ", ")))"
        }
        let name = wanted.map { "history of \($0.rawValue)" } ?? "history of another tool"
        return Failure(
            .adoptNothing, "there is no \(name) in this database",
            detail: others.isEmpty ? nil : "Tables that are none by their columns: \(others.joined(separator: "; ")).",
            hint: wanted == nil
                ? "is this the right database? To begin a history without one: dbctl migrate baseline VERSION"
                : "is this the right database? --from auto looks for all tools")
    }
}

extension FailureCode {
    static let adoptNothing = FailureCode("migrate.adopt_nothing", .notFound)
    static let adoptAmbiguous = FailureCode("migrate.adopt_ambiguous", .data)
}
