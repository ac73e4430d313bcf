import Foundation
import Operations

/// What says that a partition is being retired: with it, and never by its name, the next run finds what this one could not
/// finish. It is there before the DETACH begins, and goes with the table, or when it is decided that the table is kept.
///
/// It is the comment of the table's row type. The table keeps its own, which the archive is to have as well; and no dump has
/// that of a row type, so that what somebody restores bears no mark (`RetainArchiveTests`). One that was copied by hand is
/// nobody's to drop either: the mark names the table by its oid.
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

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case since, oid, parent
        case parentOID = "parent_oid"
        case lower, upper
        case action = "on_expire"
        case set
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
