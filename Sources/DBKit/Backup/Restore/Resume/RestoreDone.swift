/// What of a restore is in its database already, as the journal has it.
struct RestoreDone: Sendable, Hashable {
    private var entries: Set<DumpID> = []
    private var parts: [DumpID: Set<Int>] = [:]
    private var rows: [DumpID: Int64] = [:]

    /// - Parameter rows: of a table, where they were counted.
    mutating func insert(_ entry: DumpID, part: Int?, rows: Int64? = nil) {
        if let rows { self.rows[entry, default: 0] += rows }
        if let part { parts[entry, default: []].insert(part) } else { entries.insert(entry) }
    }

    func has(_ entry: DumpID) -> Bool { entries.contains(entry) }

    func has(_ entry: DumpID, part: Int) -> Bool { has(entry) || parts[entry]?.contains(part) == true }

    func parts(of entry: DumpID) -> Set<Int> { parts[entry] ?? [] }

    /// All that were loaded so far; nil where nobody counted them.
    func rows(of entry: DumpID) -> Int64? { rows[entry] }

    /// Some of its parts are there, by whichever number of workers: the others have to come as parts, too.
    func isBegun(_ entry: DumpID) -> Bool { parts[entry] != nil && !has(entry) }
}

/// How much of a restore was done by runs before this one.
public struct RestoreSkipped: Sendable, Hashable, Codable {
    /// Tables with all their rows.
    public var tables: Int64 = 0
    /// Parts of tables that were loaded part by part.
    public var chunks: Int64 = 0
    /// Entries of the archive: definitions, indexes, grants …
    public var entries: Int64 = 0
    /// Bytes of data files, as they lie on disk.
    public var bytes: Int64 = 0

    public init() {}

    enum CodingKeys: String, CodingKey {
        case tables, chunks, entries
        case bytes = "data_bytes"
    }
}
