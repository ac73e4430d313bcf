import Foundation
import Postgres

/// What a new table is like once it is made LIKE its parent and is its owner's, and before anything else is given to it:
/// what a dry run takes in its place. The names of its indexes and statistics are the server's choice, and are foreseen as
/// long as nothing else has them.
struct NewbornTraits: Sendable {
    /// Who makes it.
    let role: String
    /// What it grants at once.
    private let grants: [RelationTraits.Grant]

    init(schema: String, in session: Session) throws {
        let row = try session.row(Query(embedded: PackageResources.birth_role_sql, binds: [schema]))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let text: String = try row.value("grants")
        role = try row.value("role")
        grants = try decoder.decode([RelationTraits.Grant].self, from: Data(text.utf8))
    }

    func traits(called name: String, like parent: RelationTraits) -> RelationTraits {
        var child = parent
        (child.name, child.kind, child.oid) = (name, "r", 0)
        (child.comment, child.rowSecurity, child.forcesRowSecurity, child.replicaIdentity) = (nil, false, false, "d")
        (child.policies, child.triggers, child.publications) = ([], [], [])
        // What the maker may do goes to the owner with the table.
        child.grants = grants.map { grant in
            var grant = grant
            if grant.grantee == role { grant.grantee = parent.owner }
            return grant
        }
        for place in child.columns.indices {
            child.columns[place].identity = ""
            child.columns[place].statisticsTarget = -1
            (child.columns[place].options, child.columns[place].grants) = ([], [])
        }
        child.constraints.removeAll { $0.kind == .foreignKey }
        var taken: Set<String> = []
        for place in child.indexes.indices {
            child.indexes[place].name = ServerChosenName.index(child.indexes[place], of: name, &taken)
            (child.indexes[place].parent, child.indexes[place].constraintComment) = (nil, nil)
            (child.indexes[place].isIdentity, child.indexes[place].isValid) = (false, true)
        }
        for place in child.statistics.indices {
            child.statistics[place].name = ServerChosenName.statistics(child.statistics[place], of: name, &taken)
            (child.statistics[place].schema, child.statistics[place].target) = (parent.schema, -1)
        }
        return child
    }
}

/// The names that the server makes up. Source: `ChooseIndexName`, `ChooseExtendedStatisticName` and `makeObjectName` in
/// PostgreSQL's indexcmds.c and statscmds.c.
enum ServerChosenName {
    static func index(_ index: RelationTraits.Index, of table: String, _ taken: inout Set<String>) -> String {
        if index.isPrimary { return free(table, nil, "pkey", &taken) }
        let label = index.constraint == nil ? "idx" : index.isUnique ? "key" : "excl"
        return free(table, index.columns.joined(separator: "_"), label, &taken)
    }

    static func statistics(
        _ statistics: RelationTraits.Statistics, of table: String, _ taken: inout Set<String>
    ) -> String {
        let columns = statistics.columnNames + (statistics.hasExpressions ? ["expr"] : [])
        return free(table, columns.joined(separator: "_"), "stat", &taken)
    }

    private static func free(
        _ table: String, _ columns: String?, _ label: String, _ taken: inout Set<String>
    ) -> String {
        for pass in 0... {
            let name = joined(table, columns, pass == 0 ? label : "\(label)\(pass)")
            if taken.insert(name).inserted { return name }
        }
        return label
    }

    /// The longer of the two gives way.
    private static func joined(_ table: String, _ columns: String?, _ label: String) -> String {
        let fixed = 1 + label.utf8.count + (columns == nil ? 0 : 1)
        var (first, second) = (table.utf8.count, min(columns?.utf8.count ?? 0, Identifier.maximumBytes))
        while first + second > Identifier.maximumBytes - fixed {
            if first > second { first -= 1 } else { second -= 1 }
        }
        let parts = [Identifier.cut(table, to: first), columns.map { Identifier.cut($0, to: second) }, label]
        return parts.compactMap(\.self).joined(separator: "_")
    }
}
