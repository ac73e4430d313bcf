import Foundation
import Operations
import Storage

/// What `backup list` says of the sets of one database, so that it need not read a thousand manifests (B20).
///
/// A cache and nothing else: an entry holds only while manifest and note are the very files that it was made from. One
/// that is missing, stale, damaged or not writable costs time, and never changes the answer. What is wrong with a set
/// is never kept here, but looked at anew.
struct SetIndex {
    /// A set's summary with the stamps of the files that it was made from.
    private var entries: [String: (stamps: String, summary: SetSummary)] = [:]
    private var used: Set<String> = []
    private var isChanged = false
    private let database: String
    private let repository: any Repository

    init(of database: String, in repository: any Repository) {
        self.database = database
        self.repository = repository
        guard let bytes = try? repository.read(path) else { return }
        entries = Self.decode(bytes, database)
    }

    /// The summary of a set, out of the cache or read.
    mutating func summary(of found: FoundSet) -> SetSummary {
        let name = found.path.name.text
        used.insert(name)
        // Before reading: what changes meanwhile makes the stamp old.
        let manifest = repository.stamp(found.path.file(ManifestFile.name)) ?? "-"
        let stamps = "\(manifest)/\(repository.stamp(found.path.statePath) ?? "-")"
        if let entry = entries[name], entry.stamps == stamps {
            var summary = entry.summary
            summary.path = found.folder
            return summary
        }
        let summary = SetSummary(found)
        isChanged = true
        entries[name] = summary.problem == nil ? (stamps, summary) : nil
        return summary
    }

    /// Keeps what was learned, if it can be kept.
    func save() {
        let kept = entries.filter { used.contains($0.key) }
        guard isChanged || kept.count != entries.count else { return }
        repository.cache(Self.encode(kept), at: path)
    }

    private var path: String { "\(DatabaseFolder.name(for: database))/.index" }

    // One line a set, its fields between tabs, and last a digest of it all.

    private static let head = "dbctl set index 2"

    private static func encode(_ entries: [String: (stamps: String, summary: SetSummary)]) -> [UInt8] {
        func seconds(_ date: Date?) -> String { date.map { String(Int($0.timeIntervalSince1970)) } ?? "-" }
        var text = head + "\n"
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let one = entry.summary
            let fields = [
                name, entry.stamps, one.duration.map { String($0.bitPattern) } ?? "-",
                one.sizeBytes.map { String($0) } ?? "-", String(one.tables), String(one.rows), String(one.plainBytes),
                seconds(one.verified), seconds(one.drilled), one.pinned ? "1" : "0",
            ]
            text += fields.joined(separator: "\t") + "\n"
        }
        let bytes = Array(text.utf8)
        return bytes + Array(Digest.hex(bytes).utf8) + [UInt8(ascii: "\n")]
    }

    /// Empty unless every byte is as it was written.
    private static func decode(
        _ bytes: [UInt8], _ database: String
    ) -> [String: (stamps: String, summary: SetSummary)] {
        let body = Array(bytes.dropLast(65))
        guard bytes.count > 65, Array(bytes.suffix(65)) == Array(Digest.hex(body).utf8) + [UInt8(ascii: "\n")] else {
            return [:]
        }
        var lines = body.split(separator: UInt8(ascii: "\n"))
        guard lines.first.map({ String(decoding: $0, as: UTF8.self) }) == head else { return [:] }
        lines.removeFirst()
        var entries: [String: (stamps: String, summary: SetSummary)] = [:]
        entries.reserveCapacity(lines.count)
        for line in lines {
            let fields = line.split(separator: UInt8(ascii: "\t")).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 10, let name = SetName(fields[0]), let tables = Int(fields[4]),
                let rows = Int64(fields[5]), let plain = Int64(fields[6])
            else { return [:] }
            entries[fields[0]] = (
                fields[1],
                SetSummary(
                    set: fields[0], database: database, path: "", time: name.time,
                    duration: UInt64(fields[2]).map { Double(bitPattern: $0) }, sizeBytes: Int64(fields[3]),
                    tables: tables, rows: rows, plainBytes: plain,
                    verified: Int(fields[7]).map { Date(timeIntervalSince1970: Double($0)) },
                    drilled: Int(fields[8]).map { Date(timeIntervalSince1970: Double($0)) }, pinned: fields[9] == "1",
                    problem: nil)
            )
        }
        return entries
    }
}
