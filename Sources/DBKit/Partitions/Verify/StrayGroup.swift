import Operations
import Postgres

/// Rows of a default partition for which the same helps. Those without a key belong there.
struct StrayGroup: Sendable, Hashable {
    enum Place: String, Sendable {
        /// A partition is to be made for them: a drain takes them along.
        case wanted
        /// Older than the first partition.
        case before
        /// In a gap that is not filled: older than what is kept, or no whole range.
        case between
        /// Beyond what is made ahead.
        case after
    }

    var place: Place
    var count: Int64
    var least: String
    var greatest: String

    /// In one reading of the default partition.
    static func read(_ survey: PartitionSurvey, _ fallback: Partition, in session: Session) throws -> [StrayGroup] {
        let key = survey.table.key
        let column = try identifier(key.column)
        func inside(_ range: PartitionRange) throws -> SQLFragment {
            "(\(try RangeCheck(key: key, range: range).inside))"
        }
        let wanted = try joined(survey.plan.missing.map(\.range)).map(inside)
        let first = survey.firstBound
        // uuid has neither min nor max before PostgreSQL 18; its text sorts as it does.
        let value: SQLFragment = key.type == .uuid ? "key::text COLLATE \"C\"" : "key"
        let rows = try session.rows(
            """
            SELECT place, count(*) AS count, min(\(value))::text AS least, max(\(value))::text AS greatest
            FROM (SELECT \(column) AS key, CASE
                      WHEN \(wanted.isEmpty ? "false" : wanted.joined(separator: " OR ")) THEN 'wanted'
                      WHEN \(first == .minimum ? "false" : try inside(PartitionRange(lower: .minimum, upper: first))) THEN 'before'
                      WHEN \(try inside(PartitionRange(lower: survey.lastBound, upper: .maximum))) THEN 'after'
                      ELSE 'between' END AS place
                  FROM \(try fallback.sql()) WHERE \(column) IS NOT NULL) AS r
            GROUP BY place ORDER BY min(\(value))
            """)
        return try rows.map { row in
            StrayGroup(
                place: Place(rawValue: try row.value("place")) ?? .between, count: try row.value("count"),
                least: try row.value("least"), greatest: try row.value("greatest"))
        }
    }

    /// Ranges that touch, as one: a thousand of them would be a long condition.
    private static func joined(_ ranges: [PartitionRange]) -> [PartitionRange] {
        ranges.sorted { $0.lower < $1.lower }.reduce(into: []) { joined, range in
            if let last = joined.last, last.upper == range.lower {
                joined[joined.count - 1].upper = range.upper
            } else {
                joined.append(range)
            }
        }
    }

    func sentence(_ fallback: Partition) -> String {
        let rows = "\(count) rows lie in the default partition \(fallback.label), from \(least) to \(greatest)"
        return switch place {
        case .wanted: "\(rows), and belong to partitions that are to be made"
        case .before: "\(rows): they are older than the first partition, and no partition is made for them"
        case .between:
            "\(rows): they are older than what is kept, or in no whole range, and no partition is made for them"
        case .after: "\(rows): that is beyond the partitions that are made ahead"
        }
    }

    /// What helps: `--drain-default` moves only rows for which a partition is made.
    func remedy(_ survey: PartitionSurvey, _ fallback: Partition) throws -> String {
        let table = survey.table
        let drain = "dbctl partition ensure --table \(table.quoted) --drain-default"
        let column = try identifier(table.key.column).typed
        let origin = survey.declaration.origin ?? "dbctl.yaml"
        let span: SQLFragment = "\(try literal(least)) AND \(try literal(greatest))"
        let look = "SELECT * FROM \(fallback.typed) WHERE \(column) BETWEEN \(span.statement);"
        switch kind(in: survey) {
        case .wanted: return drain
        case .before(let older, let name):
            let values = try RangeCheck(key: table.key, range: older).values.statement
            return """
                CREATE TABLE \(try identifier(table.schema, name).typed) PARTITION OF \(table.typed) \(values);
                \(drain)
                """
        case .kept: return "raise keep: of \(origin), and then \(drain); or correct or delete them:\n\(look)"
        case .ahead:
            return "raise ahead: of \(origin), and then \(drain); or, if they are mistakes, correct them:\n\(look)"
        case .strange:
            return "no partition can take all of them; correct or delete them, or leave them where they are:\n\(look)"
        }
    }

    private enum Remedy {
        case wanted
        /// With a partition before them, the gap behind it is filled.
        case before(PartitionRange, name: String)
        case kept, ahead, strange
    }

    private func kind(in survey: PartitionSurvey) -> Remedy {
        let scheme = survey.scheme
        func range(_ text: String) -> PartitionRange? {
            PartitionValue(text, key: scheme.key).flatMap { scheme.range(containing: $0) }
        }
        switch place {
        case .wanted: return .wanted
        case .after: return range(least) == nil ? .strange : .ahead
        case .between: return survey.declaration.keep == nil ? .strange : .kept
        case .before:
            guard let own = range(least) else { return .strange }
            let kept = survey.declaration.keep.flatMap { scheme.range(reaching: $0, back: survey.now) }
            if let kept, own.lower < kept.lower { return .kept }
            guard let older = scheme.range(before: own),
                let name = try? scheme.name(of: older, table: survey.table.name)
            else { return .strange }
            return .before(older, name: name)
        }
    }
}

extension PartitionSurvey {
    /// Where the oldest partition begins, or the oldest that is to be made.
    fileprivate var firstBound: PartitionBound {
        min(cover.pieces.first?.range.lower ?? .maximum, plan.missing.map(\.range.lower).min() ?? plan.current.lower)
    }

    /// Where the last one that is to be made ends.
    fileprivate var lastBound: PartitionBound { (plan.ahead.last ?? plan.current).upper }
}
