import DBKit

/// Two things that a feed says and that cannot both be meant. Whether the table has these columns is for the server to
/// say.
struct FeedContradiction: Hashable {
    /// The key of the feed that is wrong.
    let key: String
    let message: String
}

extension FeedDefinition {
    var contradiction: FeedContradiction? {
        columnContradictions.first ?? keptContradictions.first ?? formatContradictions.first
    }

    private var columnContradictions: [FeedContradiction] {
        var found: [FeedContradiction] = []
        if table.isEmpty { found.append(.init(key: "table", message: "names no table")) }
        if key.isEmpty { found.append(.init(key: "key", message: "names no column")) }
        let lists = [("key", key), ("columns", columns), ("price", price), ("volume", volume), ("asset", asset)]
        for (name, list) in lists {
            if let twice = list?.firstRepeated {
                found.append(.init(key: name, message: "names \(twice) twice"))
            }
        }
        guard let columns else { return found }
        let users = [
            ("key", key), ("map", map.keys.sorted()), ("price", price ?? []), ("volume", volume ?? []),
            ("date", date.map { [$0] } ?? []), ("asset", asset ?? []),
        ]
        for (name, list) in users {
            guard let lacking = list.first(where: { !columns.contains($0) }) else { continue }
            found.append(.init(key: name, message: "\(lacking) is not among the columns that are loaded (columns)"))
        }
        return found
    }

    /// dbctl sets these itself.
    private var keptContradictions: [FeedContradiction] {
        let kept = [("created_at", createdAt), ("updated_at", updatedAt)]
        var found: [FeedContradiction] = []
        for case (let name, let column?) in kept
        where key.contains(column) || columns?.contains(column) == true || map[column] != nil {
            found.append(.init(key: name, message: "\(column) is fed by the file as well; take it out of one of them"))
        }
        if let createdAt, createdAt == updatedAt {
            found.append(.init(key: "updated_at", message: "\(createdAt) is already created_at"))
        }
        return found
    }

    private var formatContradictions: [FeedContradiction] {
        if let delimiter, delimiter == quote {
            return [.init(key: "delimiter", message: "is the quote as well")]
        }
        guard format == .ndjson else { return [] }
        let meaningless = [("delimiter", delimiter != nil), ("header", !hasHeader)]
        return meaningless.filter(\.1).map { .init(key: $0.0, message: "has no meaning in NDJSON") }
    }
}

extension [String] {
    fileprivate var firstRepeated: String? {
        var seen: Set<String> = []
        return first { !seen.insert($0).inserted }
    }
}
