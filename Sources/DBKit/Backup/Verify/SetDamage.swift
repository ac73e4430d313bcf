import Operations

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
