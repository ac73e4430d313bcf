/// "Did you mean": the valid names closest to a wrong one, by edit distance.
public enum NearestName {
    /// The best candidates, closest first; empty when nothing is near enough to be a typing mistake.
    public static func of(_ wrong: String, among names: some Sequence<String>, limit: Int = 1) -> [String] {
        let reach = max(2, wrong.count / 3)
        return
            names
            .map { (name: $0, distance: distance(wrong.lowercased(), $0.lowercased())) }
            .filter {
                ($0.distance <= reach && $0.distance < $0.name.count) || (wrong.count >= 3 && $0.name.hasPrefix(wrong))
            }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(limit)
            .map(\.name)
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (`jbos` is one slip away from `jobs`).
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars)
        let right = Array(right.unicodeScalars)
        var beforePrevious = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1] + [Int](repeating: 0, count: right.count)
            for j in right.indices {
                let substitution = previous[j] + (left[i] == right[j] ? 0 : 1)
                current[j + 1] = min(previous[j + 1] + 1, current[j] + 1, substitution)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    current[j + 1] = min(current[j + 1], beforePrevious[j - 1] + 1)
                }
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
