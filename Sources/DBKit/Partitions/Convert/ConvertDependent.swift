import Operations
import Postgres

/// An object that refers to a table by its oid, and how it is moved to what takes the table's place and name.
struct ConvertDependent: Sendable, Hashable {
    var kind: ConvertFinding.Kind
    var object: String
    /// The role of the session may change it.
    var isOwn: Bool
    /// While the table still bears the name.
    var before: [String]
    /// Once the other one bears it.
    var after: [String]
    /// Why it cannot be moved.
    var obstacle: String?
    /// Another table that it belongs to, quoted: whoever uses that one locks it first, and then ours.
    var holder: String?

    /// - Parameters:
    ///   - relations: The table, and materialized views that are moved with it.
    ///   - key: The column of the partition key.
    static func read(
        on relations: [Int64], key: String, isTargetPartitioned: Bool, in session: Session
    ) throws -> [ConvertDependent] {
        try session.rows(
            Query(embedded: PackageResources.convert_dependents_sql, binds: [relations, key, isTargetPartitioned])
        ).map { row in
            ConvertDependent(
                kind: ConvertFinding.Kind(rawValue: try row.value("kind")) ?? .other, object: try row.value("object"),
                isOwn: try row.value("is_own"), before: try row.value("before"), after: try row.value("after"),
                obstacle: try row.value("obstacle"), holder: try row.value("holder"))
        }
    }
}

extension ConvertDependent {
    /// What the plan says about it.
    func finding(_ strategy: ConvertSpecification.Strategy) -> ConvertFinding {
        if kind == .materializedView, strategy == .attach {
            return ConvertFinding(
                .blocks, kind, object, "materialized view \(object) cannot be filled over a table that is still empty",
                hint: "--strategy copy moves it; or drop it, and create it again afterwards")
        }
        if let obstacle {
            return ConvertFinding(.blocks, kind, object, "\(word) \(object): \(obstacle)", hint: hint)
        }
        guard isOwn else {
            return ConvertFinding(
                .blocks, kind, object, "\(word) \(object) belongs to a role whose rights this one does not have",
                hint: "run it as a member of that role, or as a superuser")
        }
        switch kind {
        case .incomingForeignKey:
            return ConvertFinding(
                .consent, kind, object,
                "foreign key \(object) refers to the table: it is dropped in the swap, made again NOT VALID in the same transaction, and validated after it"
            )
        case .foreignKey where strategy == .attach: return ConvertFinding(.moves, kind, object, "foreign key \(object)")
        case .foreignKey:
            return ConvertFinding(
                .moves, kind, object,
                "foreign key \(object) is made again NOT VALID in the swap, and validated after it")
        case .publication where after.count > 1:
            return ConvertFinding(
                .moves, kind, object,
                "publication \(object) gets publish_via_partition_root, so that subscribers go on seeing one table; it keeps that after an undo"
            )
        case .materializedView:
            return ConvertFinding(
                .moves, kind, object,
                "materialized view \(object) is filled anew beside the old one, and takes its place")
        default: return ConvertFinding(.moves, kind, object, "\(word) \(object)")
        }
    }

    private var word: String { kind.rawValue.replacing("_", with: " ") }

    /// Nobody drops for good what others rely on but whoever knows the application: `--yes` is not enough for it.
    private var without: String? {
        guard let drop = before.first else { return nil }
        let back = after.map { "\($0);" }.joined(separator: "\n")
        return """
            if the application can do without it:
            \(drop);\(back.isEmpty ? "" : "\nAfter an --undo this brings it back:\n\(back)")
            """
    }

    private var hint: String? {
        switch kind {
        case .incomingForeignKey, .foreignKey:
            obstacle?.hasPrefix("it is NOT VALID") == true
                ? before.first?.replacing(" DROP CONSTRAINT ", with: " VALIDATE CONSTRAINT ", maxReplacements: 1)
                : without
        case .view, .function, .type, .trigger, .other: "drop it before, and write it anew for the partitioned table"
        default: nil
        }
    }
}
