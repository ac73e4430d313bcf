import Foundation
import Operations
import Postgres
import Storage

/// Whether an index fits onto the disk, asked before anything is built.
struct ServerDisk: Sendable {
    let request: IndexRequest

    /// Of the file system of a path on this machine; nil where it cannot be read.
    static let freeBytes: @Sendable (String) -> Int64? = { path in
        // One that does not exist would be looked for further up, on another disk.
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try? Folder.freeBytes(path)
    }

    /// - Parameter parts: Of a partitioned table, those that are still to be built; nil: all of it.
    /// - Throws: `index.no_space`.
    func check(_ estimate: IndexEstimate, for table: IndexedTable, parts: [Int64]? = nil, in session: Session) throws {
        let row = try session.row(Query(embedded: PackageResources.index_room_sql, binds: [parts ?? [table.oid]]))
        let share = try parts == nil ? 1 : self.share(of: row.value("table_bytes"), in: table, session)
        let bytes = Int64(Double(estimate.bytes) * share)
        guard let folder: String = try row.value("folder"), Self.isHere(try row.value("pid")),
            let free = request.freeBytes(folder)
        else {
            request.onEvent(
                .note(
                    "the index will take about \(Self.spelled(bytes)); how much room the server's disk has cannot be seen from here"
                ))
            return
        }
        let isSorted = estimate.sortBytes > (try row.value("maintenance_bytes", as: Int64.self))
        let sort = isSorted ? Int64(Double(estimate.sortBytes) * share) : 0
        let places = try row.elements("sort_folders").compactMap { $0 }
        let beside = sort > 0 && places.contains { Self.isSameDisk($0, folder) } ? sort : 0
        if bytes + beside > free {
            let temporary = beside > 0 ? ", and \(Self.spelled(beside)) while it is sorted" : ""
            throw tooSmall(
                "\(table.label): the index will take about \(Self.spelled(bytes))\(temporary), and \(folder) has \(Self.spelled(free)) free"
            )
        }
        for place in places where sort > 0 && !Self.isSameDisk(place, folder) {
            guard let free = request.freeBytes(place), sort > free else { continue }
            throw tooSmall(
                "\(table.label): sorting the index will take about \(Self.spelled(sort)), and \(place), which temp_tablespaces names, has \(Self.spelled(free)) free"
            )
        }
    }

    private func tooSmall(_ what: String) -> Failure {
        Failure(
            .indexNoSpace, what, detail: "Nothing was changed.",
            hint: "make room there; a larger maintenance_work_mem sorts in memory, a WHERE makes the index smaller")
    }

    private func share(of bytes: Int64, in table: IndexedTable, _ session: Session) throws -> Double {
        let all: Int64 = try session.row(
            Query(embedded: PackageResources.index_room_sql, binds: [[table.oid]])
        ).value("table_bytes")
        return all > 0 ? min(1, Double(bytes) / Double(all)) : 1
    }

    private static func isSameDisk(_ one: String, _ other: String) -> Bool {
        func device(_ path: String) -> Int? {
            (try? FileManager.default.attributesOfItem(atPath: path))?[.systemNumber] as? Int
        }
        return one == other || device(one) != nil && device(one) == device(other)
    }

    /// An address proves nothing (a tunnel, a container); the process that serves us among our own ones does.
    private static func isHere(_ pid: Int32) -> Bool {
        let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
        return name.map { $0.hasPrefix("postgres") || $0.hasPrefix("postmaster") } ?? false
    }

    static func spelled(_ bytes: Int64) -> String {
        let mebibytes = Double(bytes) / 1_048_576
        guard mebibytes >= 0.1 else { return "\(bytes / 1024) KiB" }
        return mebibytes >= 1024
            ? "\((mebibytes / 102.4).rounded() / 10) GiB" : "\((mebibytes * 10).rounded() / 10) MiB"
    }
}
