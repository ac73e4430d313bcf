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

    /// Reads the state beside a set; none is an empty one, and so is a damaged one: all of it can be learned again.
    public static func read(_ set: SetPath, in repository: any Repository) -> SetState {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let bytes = try? repository.read(set.statePath) else { return SetState() }
        return (try? decoder.decode(SetState.self, from: Data(bytes))) ?? SetState()
    }

    /// Changes the state in one atomic step. Two runs that change it at once: the later one wins.
    @discardableResult
    public static func update(
        _ set: SetPath, in repository: any Repository, _ change: (inout SetState) -> Void
    ) throws(Failure) -> SetState {
        var state = read(set, in: repository)
        change(&state)
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try repository.replace(set.statePath, with: Array(try encoder.encode(state)) + Array("\n".utf8))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.backupDamaged, "the state of \(set) cannot be written: \(error)", category: .bug)
        }
        return state
    }
}
