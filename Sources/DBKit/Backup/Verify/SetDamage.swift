public import Operations

/// One thing about a set that is not as it was written.
public struct SetDamage: Sendable, Hashable, Codable {
    public var file: String
    /// The table whose rows are in the file, as `schema.name`.
    public var table: String?
    /// Index into the table's chunks in the manifest.
    public var chunk: Int?
    /// What is wrong, in a few words.
    public var problem: String

    public init(file: String, table: String? = nil, chunk: Int? = nil, problem: String) {
        self.file = file
        self.table = table
        self.chunk = chunk
        self.problem = problem
    }

    /// `3041.dat.zst (table public.prices, chunk 2): its bytes changed`.
    public var sentence: String {
        let place = [table.map { "table \($0)" }, chunk.map { "chunk \($0)" }].compactMap { $0 }
        return file + (place.isEmpty ? "" : " (\(place.joined(separator: ", ")))") + ": " + problem
    }
}

/// What checking a set came to.
public struct VerifyReport: Sendable, Codable {
    public var set: String
    public var database: String
    public var path: String
    public var ok: Bool
    public var files: Int
    public var readBytes: Int64
    public var duration: Double
    public var damages: [SetDamage]
    /// What is worth knowing and no reason to fail.
    public var warnings: [String] = []

    enum CodingKeys: String, CodingKey {
        case set, database, path, ok, files
        case readBytes = "read_bytes"
        case duration = "duration_s"
        case damages, warnings
    }

    /// The failure that the damage is to whoever wanted to use the set; nil for a good set.
    public var failure: Failure? {
        guard let first = damages.first else { return nil }
        let more = damages.count > 1 ? ", and \(damages.count - 1) more" : ""
        return Failure(
            .backupDamaged, "the set \(set) is damaged: \(first.sentence)\(more)",
            detail: damages.count > 1 ? damages.prefix(20).map(\.sentence).joined(separator: "\n") : nil,
            hint: "do not restore it; `dbctl backup list` shows the others, `verify --all` which of them are whole")
    }
}
