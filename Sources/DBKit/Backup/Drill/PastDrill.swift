import Foundation
import Operations
import Storage

/// The newest successful drill of a database, noted in its folder when retention deletes the set that was drilled: that
/// restores work is known of the database, and does not go with one of its sets.
struct PastDrill: Sendable, Hashable, Codable {
    var at: Date
    /// The name of the set that is gone.
    var set: String

    /// Notes the drill of a set that is about to go, unless a newer one is noted.
    static func keep(_ drilled: SetState.Check?, of set: SetPath, in repository: any Repository) throws(Failure) {
        guard let drilled, drilled.ok else { return }
        try repository.update(path(set.database)) { (bytes) throws(Failure) in
            let known = bytes.flatMap(decode)
            let newest = known.flatMap { $0.at > drilled.at ? $0 : nil }
            return try encode(newest ?? PastDrill(at: drilled.at, set: set.name.text))
        }
    }

    /// Nil when there is none, or none that can be read: it is a note of good news only.
    static func read(_ database: String, in repository: any Repository) -> PastDrill? {
        (try? repository.read(path(database))).flatMap(decode)
    }

    private static func path(_ database: String) -> String { "\(DatabaseFolder.name(for: database))/.drilled" }

    private static func decode(_ bytes: [UInt8]) -> PastDrill? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try? decoder.decode(PastDrill.self, from: Data(bytes))
    }

    private static func encode(_ drill: PastDrill) throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(drill)) + Array("\n".utf8)
        } catch {
            throw Failure(.backupStateDamaged, "the note of a drill cannot be written: \(error)", category: .bug)
        }
    }
}
