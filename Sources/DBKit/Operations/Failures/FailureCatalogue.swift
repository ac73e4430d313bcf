/// Every way to fail that dbctl has a name for, with what it means and what to do: the content of `dbctl explain`.
///
/// It is data, compiled in, so that it can be read at 3 a.m. on a machine that reaches nothing. A code is public and
/// stable: it may gain words here, but never a new name or another category.
public enum FailureCatalogue {
    /// One code, explained.
    public struct Entry: Sendable, Hashable {
        public let code: FailureCode
        /// One sentence.
        public let meaning: String
        /// The most frequent first.
        public let causes: [String]
        /// What to type or change, in the order in which to try it.
        public let next: [String]

        init(_ code: FailureCode, _ meaning: String, causes: [String], next: [String]) {
            self.code = code
            self.meaning = meaning
            self.causes = causes
            self.next = next
        }

        /// For codes that a room above this one declares beside the code that throws them.
        init(_ name: String, _ category: Failure.Category, _ meaning: String, causes: [String], next: [String]) {
            self.init(FailureCode(name, category), meaning, causes: causes, next: next)
        }
    }

    /// All entries, in the order of the areas.
    public static let entries: [Entry] =
        connect + tls + authentication + databases + slots + server + session + pool + triage + pooler + statements
        + locks
        + program + configuration + files + backup + restore + migrationFiles + migrations + adoption + refresh
        + indexes + partitions + retain + conversions
        + sandbox

    private static let byName = Dictionary(uniqueKeysWithValues: entries.map { ($0.code.name, $0) })

    public static func entry(named name: String) -> Entry? {
        byName[name]
    }

    /// What a mistyped code may have meant: the codes of the same area, else those that contain the text.
    public static func suggestions(for name: String) -> [String] {
        let names = entries.map(\.code.name)
        guard !name.isEmpty else { return [] }
        let area = name.prefix { $0 != "." }
        let sameArea = names.filter { $0.hasPrefix("\(area).") }
        return sameArea.isEmpty ? names.filter { $0.contains(name.lowercased()) } : sameArea
    }
}
