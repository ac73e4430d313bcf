import Foundation
import Operations
import Postgres

/// What a conversion would do, and what it would founder on. A pure function of what was observed.
struct ConvertPlan: Sendable {
    /// What is in the partition key's column.
    struct Contents: Sendable, Hashable {
        /// As the server writes them; nil for an empty table.
        var smallest: String?
        var largest: String?
        var nulls: Int64 = 0
    }

    /// An index of the partitioned table.
    struct PlannedIndex: Sendable, Hashable {
        var original: ConvertedTable.Index
        /// With the partition key behind its keys where it is unique and lacks it.
        var body: String
        var constraintText: String?
        var isExtended: Bool
    }

    /// More would make every query's planning slow, and mostly mean that a value is out of all bounds.
    static let mostPartitions = 2000

    let table: ConvertedTable
    let specification: ConvertSpecification
    let scheme: PartitionScheme
    let key: SyncKey?
    let indexes: [PlannedIndex]
    /// In order, without gaps.
    let ranges: [PartitionRange]
    /// The range of the largest value, or of now if that is later.
    let latest: PartitionRange?
    /// The worst first.
    let findings: [ConvertFinding]

    var obstacles: [ConvertFinding] { findings.filter { $0.severity == .blocks } }

    init(
        _ table: ConvertedTable, _ specification: ConvertSpecification, _ scheme: PartitionScheme, _ contents: Contents,
        _ dependents: [ConvertDependent], now: Date
    ) throws {
        (self.table, self.specification, self.scheme) = (table, specification, scheme)
        key = SyncKey(of: table, partitionKey: specification.key)
        var found = ConvertPlan.obstacles(table, specification)
        if key == nil, specification.strategy == .copy { found.append(Self.noKey) }
        indexes = try table.indexes.map { try PlannedIndex($0, partitionKey: specification.key) }
        found += indexes.compactMap { $0.finding(specification.key) }
        let cut = Cut(table, specification, scheme, contents, now: now)
        (ranges, latest) = (cut.ranges, cut.latest)
        found += cut.findings
        found += dependents.map { $0.finding(specification.strategy) }
        if specification.strategy == .copy, ranges.count > 200, dependents.contains(where: { $0.kind == .foreignKey }) {
            found.append(
                ConvertFinding(
                    .note, .foreignKey, specification.key,
                    "the swap gives each of \(ranges.count) partitions its foreign keys, for which --max-stall may have to be longer"
                ))
        }
        findings = found.enumerated().sorted { ($0.element.severity, $0.offset) < ($1.element.severity, $1.offset) }
            .map(\.element)
    }

    private static let noKey = ConvertFinding(
        .blocks, .table, "key",
        "the table has no primary key, and no unique key of columns that are NOT NULL and of types that are the server's own: no row could be found again in the copy",
        hint:
            "add one (`dbctl index create … --unique`, then ALTER TABLE … ADD PRIMARY KEY USING INDEX …), or --strategy attach"
    )
}

extension ConvertPlan.PlannedIndex {
    init(_ original: ConvertedTable.Index, partitionKey: String) throws {
        self.original = original
        guard original.isUnique, !original.columns.contains(partitionKey) else {
            (body, constraintText, isExtended) = (original.body, original.constraintText, false)
            return
        }
        let column = try identifier(partitionKey).sql
        guard let body = KeyAppending.appending(column, to: original.body) else {
            throw PostgresError(.decoding, "the index \(original.name) has a definition without keys: \(original.body)")
        }
        self.body = body
        constraintText = original.constraintText.flatMap { KeyAppending.appending(column, to: $0) }
        isExtended = true
    }

    fileprivate func finding(_ key: String) -> ConvertFinding? {
        let name = original.constraint ?? original.name
        if original.isExclusion {
            return ConvertFinding(
                .blocks, .constraint, name, "the exclusion constraint \(name) would hold only within each partition",
                hint: "drop it, if the application can do without it")
        }
        if !original.isUsable {
            return ConvertFinding(
                .blocks, .index, name, "the index \(name) is INVALID, and says nothing about what is wanted",
                hint: "dbctl index repair")
        }
        guard isExtended else {
            return original.isClustered
                ? ConvertFinding(
                    .note, .index, name,
                    "the mark of CLUSTER on \(name) is lost: a partitioned table has none, and each partition may get its own"
                )
                : nil
        }
        let before = original.constraintText ?? "UNIQUE \(original.body)"
        let after = constraintText ?? "UNIQUE \(body)"
        return ConvertFinding(
            .consent, .uniqueness, name,
            "\(name): \(before) becomes \(after): two rows may then be the same in it whose \(key) differs, and ON CONFLICT has to name \(key) too"
        )
    }
}
