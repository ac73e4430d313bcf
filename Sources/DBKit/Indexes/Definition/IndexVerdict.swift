/// What an index that is there means for one that is wanted on the same table. Pure; `IndexMatrixTests` compares it with
/// what the server says about really created ones.
enum IndexVerdict: Sendable, Hashable {
    case equivalent
    /// It serves everything that the wanted one would.
    case covers
    case different

    init(of found: IndexDefinition, for wanted: IndexDefinition) {
        self = found.isEquivalent(to: wanted) ? .equivalent : found.serves(wanted) ? .covers : .different
    }
}
