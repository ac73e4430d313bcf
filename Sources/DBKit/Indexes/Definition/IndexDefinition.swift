/// What an index means, as the server itself sees it: the facts that decide whether two indexes are the same.
///
/// It is only ever read from a catalog, also for an index that is wanted and not there yet (``IndexProbe``), so that no
/// spelling, default or alias of a name can make a difference.
struct IndexDefinition: Sendable, Hashable {
    /// A column or expression that the index is sorted (or hashed, or …) by.
    struct Key: Sendable, Hashable {
        /// A column's quoted name, or an expression, as the server writes it.
        var text: String
        /// Its operator class by what that does: family, input type and stored type. `varchar_ops` is `text_ops`.
        var operators: String
        var operatorOptions: String?
        /// Nil for a type without collations.
        var collation: String?
        var isDescending = false
        var nullsFirst = false
    }

    var method: String
    var keys: [Key]
    /// Columns that are only stored. Their order makes no difference to any query.
    var include: Set<String> = []
    var predicate: String?
    var isUnique = false
    var nullsNotDistinct = false
    /// False for a deferrable constraint's: ON CONFLICT and foreign keys cannot rely on it.
    var isImmediate = true
    var isExclusion = false
    /// `fillfactor=70`. They change how an index is stored, not what it is good for.
    var storage: Set<String> = []

    /// All but how it is stored.
    func isEquivalent(to other: IndexDefinition) -> Bool {
        var (left, right) = (self, other)
        left.storage = []
        right.storage = []
        return left == right
    }

    /// Whether every query that `other` could serve is served by this one: the same keys at its front, the same rows, and
    /// nothing missing that `other` stores.
    ///
    /// Never true of a unique `other`: that one also forbids.
    func serves(_ other: IndexDefinition) -> Bool {
        guard method == "btree", other.method == method, predicate == other.predicate, !other.isUnique,
            !other.isExclusion, keys.starts(with: other.keys)
        else { return false }
        return other.include.isSubset(of: include.union(keys.map(\.text)))
    }
}
