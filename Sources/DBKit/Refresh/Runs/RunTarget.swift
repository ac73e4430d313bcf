/// Where the table is by now that a run wrote.
///
/// Its name does not tell: a conversion or a swap puts another table there. Nor does its oid alone: a database that was
/// restored from a dump has the records of another one, whose numbers may be any table's here.
struct RunTarget: Sendable, Hashable {
    /// Schema and name, as the run wrote it.
    let name: String
    /// Schema and name, quoted; nil: it is gone.
    private(set) var place: String?
    /// The same as people write it.
    private(set) var nameNow: String?
    /// What else has the name that it had, quoted.
    private(set) var replacement: String?

    init(name: String, place: String?, nameNow: String?, replacement: String?) {
        self.name = name
        self.place = place
        self.nameNow = nameNow
        self.replacement = replacement
    }

    /// It is where the run found it.
    var isInPlace: Bool { place != nil && nameNow == name }

    /// It has another name, and something else has the one that it had: whoever means that name means the other.
    var isReplaced: Bool { place != nil && !isInPlace && replacement != nil }

    /// What the run wrote can be put back in it.
    var isWithinReach: Bool { place != nil && !isReplaced }

    /// Nil where it is as it was.
    var movedTo: String? { isInPlace ? nil : nameNow }

    /// The oid is one of another database: what has it here is no table of the run's.
    mutating func loseOid() {
        if isInPlace { replacement = place }
        place = nil
        nameNow = nil
    }
}
