/// What was changed in a text, line by line, as `diff -u` shows it: lines gone with `-`, new ones with `+`.
struct TextDifference {
    /// The lines to show, with up to two unchanged ones around each change.
    let lines: [String]

    init(from old: String, to new: String, context: Int = 2, limit: Int = 40) {
        let before = old.split(separator: "\n", omittingEmptySubsequences: false)
        let after = new.split(separator: "\n", omittingEmptySubsequences: false)
        var removed = Set<Int>()
        var inserted = Set<Int>()
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var marked: [(text: String, isChange: Bool)] = []
        var (one, other) = (0, 0)
        while one < before.count || other < after.count {
            if one < before.count, removed.contains(one) {
                marked.append(("-\(before[one])", true))
                one += 1
            } else if other < after.count, inserted.contains(other) {
                marked.append(("+\(after[other])", true))
                other += 1
            } else {
                marked.append((" \(after[other])", false))
                one += 1
                other += 1
            }
        }
        lines = Self.excerpt(marked, context: context, limit: limit)
    }

    private static func excerpt(_ marked: [(text: String, isChange: Bool)], context: Int, limit: Int) -> [String] {
        let changes = marked.indices.filter { marked[$0].isChange }
        let shown = Set(changes.flatMap { max(0, $0 - context)...min(marked.count - 1, $0 + context) }).sorted()
        var lines: [String] = []
        for (place, line) in shown.enumerated() {
            if line != (place == 0 ? 0 : shown[place - 1] + 1) { lines.append("@@ line \(line + 1)") }
            lines.append(marked[line].text)
        }
        guard lines.count > limit else { return lines }
        return lines.prefix(limit) + ["… \(lines.count - limit) lines more"]
    }
}
