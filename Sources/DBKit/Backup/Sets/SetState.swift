public import Foundation
public import Operations
public import Storage

/// What was learned about a set after it was written, in `<set>.state.json` beside its folder.
///
/// The set itself is never touched again: its bytes are what `SHA256SUMS` says for ever.
public struct SetState: Sendable, Hashable, Codable {
    /// The run that made it.
    public var created: Creation?
    /// The last time that every byte was checked.
    public var verified: Check?
    /// The last time that it was restored into a throwaway server and compared.
    public var drilled: Check?
    public var pinned: Bool?
    /// When it was restored, and into which database.
    public var restored: [Restoration]?

    enum CodingKeys: String, CodingKey {
        case created, verified, drilled, pinned, restored
    }

    public init() {}

    public struct Creation: Sendable, Hashable, Codable {
        public var runID: String
        public var finished: Date
        public var duration: Double
        /// Bytes on disk.
        public var bytes: Int64

        public init(runID: String, finished: Date, duration: Double, bytes: Int64) {
            self.runID = runID
            self.finished = finished
            self.duration = duration
            self.bytes = bytes
        }

        enum CodingKeys: String, CodingKey {
            case runID = "run_id"
            case finished
            case duration = "duration_s"
            case bytes = "size_bytes"
        }
    }

    public struct Check: Sendable, Hashable, Codable {
        public var at: Date
        public var ok: Bool
        public var runID: String
        public var duration: Double

        public init(at: Date, ok: Bool, runID: String, duration: Double) {
            self.at = at
            self.ok = ok
            self.runID = runID
            self.duration = duration
        }

        enum CodingKeys: String, CodingKey {
            case at, ok
            case runID = "run_id"
            case duration = "duration_s"
        }
    }

    public struct Restoration: Sendable, Hashable, Codable {
        public var at: Date
        public var into: String
        public var runID: String
        public var duration: Double

        public init(at: Date, into: String, runID: String, duration: Double) {
            self.at = at
            self.into = into
            self.runID = runID
            self.duration = duration
        }

        enum CodingKeys: String, CodingKey {
            case at, into
            case runID = "run_id"
            case duration = "duration_s"
        }
    }

    /// What is said where the result of a check cannot be kept.
    static func unkept(_ reason: Failure) -> String {
        "the result could not be noted beside the set, and `dbctl backup check` goes on as if nobody had looked: \(reason.message)"
    }

    /// Reads the state beside a set; none is an empty one.
    ///
    /// - Throws: `backup.state_damaged` when the file is there and says nothing that can be believed: a pin may be in
    ///   it, so it is never taken for an empty one.
    public static func read(_ set: SetPath, in repository: any Repository) throws(Failure) -> SetState {
        guard repository.exists(set.statePath) else { return SetState() }
        return try decode(try repository.read(set.statePath), of: set, in: repository)
    }

    /// Changes the state in one atomic step, after any other run that is about to.
    ///
    /// - Throws: `backup.state_damaged`, and then the file is left as it is; `backup.set_not_found` when the set is
    ///   gone: a note without a set would be taken for that of the next one with its name.
    public static func update(
        _ set: SetPath, in repository: any Repository, _ change: (inout SetState) -> Void
    ) throws(Failure) {
        try repository.update(set.statePath) { (bytes) throws(Failure) in
            guard repository.exists(set.folder) else {
                throw Failure(
                    .backupSetNotFound, "\(repository.url(set.folder)) was removed meanwhile",
                    hint: "dbctl backup list shows what there is")
            }
            var state =
                try bytes.map { (bytes) throws(Failure) in try decode(bytes, of: set, in: repository) }
                ?? SetState()
            change(&state)
            return try state.encoded()
        }
    }

    private static func decode(
        _ bytes: [UInt8], of set: SetPath, in repository: any Repository
    ) throws(Failure) -> SetState {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            // A member with another name is no stranger to be passed over: one flipped bit makes a pin of another name.
            let members = try decoder.decode([String: Member].self, from: Data(bytes)).keys
            guard members.allSatisfy({ CodingKeys(stringValue: $0) != nil }) else { throw UnknownMember() }
            return try decoder.decode(SetState.self, from: Data(bytes))
        } catch {
            let place = repository.url(set.statePath)
            throw Failure(
                .backupStateDamaged, "\(place) cannot be read: it is damaged, or of a newer dbctl",
                detail: "The set itself is not touched by this.",
                hint: "remove it; what it said is learned again (verify), but a pin is lost: dbctl backup pin")
        }
    }

    /// Any value at all.
    private struct Member: Decodable {
        init(from decoder: any Decoder) {}
    }

    private struct UnknownMember: Error {}

    private func encoded() throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self)) + Array("\n".utf8)
        } catch {
            throw Failure(.backupStateDamaged, "the state of a set cannot be written: \(error)", category: .bug)
        }
    }
}
