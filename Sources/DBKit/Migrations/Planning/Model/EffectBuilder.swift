import Postgres

/// Collects what one statement takes and does.
struct EffectBuilder {
    private var locks: [Int: (facts: RelationFacts, mode: LockMode)] = [:]
    private var work: [StatementEffect.Work] = []
    private var workedOn: Set<[String]> = []
    private(set) var doubt: String?
    private(set) var notes: [String] = []

    mutating func lock(_ relation: RelationFacts, _ mode: LockMode) {
        guard !relation.isNew, !relation.isSystem else { return }
        let held = locks[relation.oid]?.mode ?? mode
        locks[relation.oid] = (relation, max(held, mode))
    }

    mutating func lock(_ relations: [RelationFacts], _ mode: LockMode) {
        for relation in relations { lock(relation, mode) }
    }

    mutating func rewrite(_ table: RelationFacts, _ reason: String, isCertain: Bool = true) {
        guard table.hasStorage else { return }
        add(.rewrite, table, table.tableBytes + table.indexBytes, reason, isCertain)
    }

    mutating func scan(_ table: RelationFacts, _ reason: String, isCertain: Bool = true) {
        guard table.hasStorage else { return }
        add(.scan, table, table.heapBytes, reason, isCertain)
    }

    mutating func buildIndex(_ table: RelationFacts, _ reason: String, isCertain: Bool = true) {
        guard table.hasStorage else { return }
        add(.indexBuild, table, table.heapBytes, reason, isCertain)
    }

    mutating func changeRows(_ table: RelationFacts, _ reason: String, isCertain: Bool) {
        guard table.hasStorage else { return }
        add(.rowChange, table, table.heapBytes, reason, isCertain)
    }

    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    mutating func doubt(_ reason: String) { doubt = doubt ?? reason }

    func effect() -> StatementEffect {
        let list = locks.values.map { StatementEffect.Lock(relation: $0.facts.label, mode: $0.mode) }
        // What is rewritten is not read or indexed besides; the foreign keys are looked at apart.
        let rewritten = Set(work.filter { $0.kind == .rewrite && $0.isCertain }.map(\.relation))
        let kept = work.filter { item in
            item.kind == .rewrite || item.kind == .rowChange || !rewritten.contains(item.relation)
                || item.reason.hasPrefix(Self.foreignKeyReason)
        }
        return StatementEffect(locks: list.sorted { $0.relation < $1.relation }, work: kept, doubt: doubt, notes: notes)
    }

    static let foreignKeyReason = "every row is looked up"

    /// A relation is read once, however many subcommands want it: the first reason stands.
    private mutating func add(
        _ kind: StatementEffect.Work.Kind, _ table: RelationFacts, _ bytes: Int, _ reason: String, _ isCertain: Bool
    ) {
        guard !table.isNew, !table.isSystem else { return }
        let rows = table.heapBytes == 0 ? 0 : table.rows
        let item = StatementEffect.Work(
            kind: kind, relation: table.label, rows: rows, sizeBytes: bytes, reason: reason, isCertain: isCertain)
        let isForeignKey = reason.hasPrefix(Self.foreignKeyReason)
        if kind != .indexBuild,
            let place = work.firstIndex(where: {
                $0.kind == kind && $0.relation == item.relation
                    && $0.reason.hasPrefix(Self.foreignKeyReason) == isForeignKey
            })
        {
            if isCertain, !work[place].isCertain { work[place] = item }
        } else {
            work.append(item)
        }
    }
}
