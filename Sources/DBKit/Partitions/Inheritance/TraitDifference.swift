import Postgres

/// What a relation lacks that another one has, or has otherwise, and what makes it the same.
struct TraitDifference: Sendable {
    /// In the order in which they are mended: the owner first, whose grants the others become.
    enum Trait: String, Sendable, CaseIterable, Codable, Comparable {
        case owner
        case persistence
        case column
        case notNull = "not_null"
        case `default`
        case statisticsTarget = "statistics_target"
        case columnStorage = "column_storage"
        case check
        case index
        case foreignKey = "foreign_key"
        case extendedStatistics = "extended_statistics"
        case storageParameter = "storage_parameter"
        case replicaIdentity = "replica_identity"
        case grant
        case rowSecurity = "row_security"
        case policy
        case trigger
        case comment
        case publication

        static func < (left: Trait, right: Trait) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    var trait: Trait
    /// A sentence: what is missing or differs.
    var message: String
    /// In order; empty where no statement can mend it.
    var statements: [Query]
}

extension Set<TraitDifference.Trait> {
    /// Of a partition that is not attached yet. ATTACH itself makes its triggers and foreign keys, and it is published with
    /// its parent.
    static let beforeAttach = Set(TraitDifference.Trait.allCases).subtracting([
        .trigger, .foreignKey, .publication, .storageParameter, .persistence,
    ])
    /// Of a partition that is attached, and in use.
    static let attached = beforeAttach.union([.trigger, .foreignKey])
}
