import Foundation
import Operations
import Postgres

/// The comment of a partition that is being retired: with it, and never by its name, the next run finds what this one
/// could not finish. It is there before the DETACH begins, and goes with the table, or for a table that is kept gives way
/// to the comment that was there before.
///
/// It names the table by its oid: a copy that somebody restores has the comment too, and is nobody's to drop.
struct RetainMark: Sendable, Hashable, Codable {
    /// The run that began it.
    var runID: String
    var since: Date
    /// Of this very table.
    var oid: Int64
    var parent: String
    var parentOID: Int64
    /// Nil for MINVALUE.
    var lower: String?
    var upper: String
    var action: PartitionDeclaration.Expiry
    /// The backup set that holds its rows, once that is proven.
    var set: String?
    /// What was there before.
    var comment: String?

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case since, oid, parent
        case parentOID = "parent_oid"
        case lower, upper
        case action = "on_expire"
        case set, comment
    }

    static let beginning = "dbctl partition retain "

    /// As the comment has it.
    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            return Self.beginning + String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Nil for any other comment.
    init?(_ text: String) {
        guard text.hasPrefix(Self.beginning) else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let document = Data(text.dropFirst(Self.beginning.count).utf8)
        guard let mark = try? decoder.decode(RetainMark.self, from: document) else { return nil }
        self = mark
    }

    init(_ partition: Partition, of table: PartitionedTable, action: PartitionDeclaration.Expiry, run: RunID, at: Date)
    {
        let key = table.key.type
        let range = partition.bounds.range
        // The comment keeps whole seconds, and is compared with what was written.
        since = Date(timeIntervalSince1970: at.timeIntervalSince1970.rounded(.down))
        (runID, oid) = (run.description, partition.oid)
        (parent, parentOID, self.action) = (table.label, table.oid, action)
        if case .value(let value)? = range?.lower { lower = value.text(for: key) }
        upper = range?.upper.text(key) ?? ""
    }

    /// Whether all rows of it are older than the cut.
    func isExpired(_ cut: RetainCut?, key: PartitionKeyType) -> Bool {
        guard let cut, let upper = PartitionValue(upper, key: key) else { return false }
        return upper <= min(cut.value, cut.now)
    }
}

/// A table with a mark.
struct MarkedTable: Sendable, Hashable {
    var oid: Int64
    var schema: String
    var name: String
    /// It is a partition still, or again.
    var isAttached: Bool
    var mark: RetainMark

    var label: String { "\(schema).\(name)" }
    var typed: String { (try? identifier(schema, name).typed) ?? label }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }

    /// Those that belong to a partitioned table, the oldest first. What was copied or restored from one is none of them.
    static func find(of table: PartitionedTable, in session: Session) throws -> [MarkedTable] {
        let query = Query(embedded: PackageResources.retain_marks_sql, binds: [RetainMark.beginning])
        let key = table.key.type
        return try session.rows(query).compactMap { row -> MarkedTable? in
            let oid: Int64 = try row.value("oid")
            guard let mark = RetainMark(try row.value("comment")), mark.oid == oid, mark.parentOID == table.oid else {
                return nil
            }
            return MarkedTable(
                oid: oid, schema: try row.value("schema"), name: try row.value("name"),
                isAttached: try row.value("is_attached"), mark: mark)
        }.sorted { left, right in
            guard let first = PartitionValue(left.mark.upper, key: key),
                let second = PartitionValue(right.mark.upper, key: key)
            else { return left.name < right.name }
            return first < second
        }
    }

    /// Puts another mark in the place of the one that is there, or the comment that was there before.
    func replaceMark(with mark: RetainMark?, in session: Session) throws {
        try session.execute(try Self.commenting(sql(), mark?.text ?? self.mark.comment))
    }

    static func commenting(_ relation: SQLFragment, _ comment: String?) throws -> Query {
        guard let comment else { return "COMMENT ON TABLE \(relation) IS NULL" }
        return "COMMENT ON TABLE \(relation) IS \(try literal(comment))"
    }
}
