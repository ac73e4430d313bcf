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

    /// - Throws: `index.no_space`.
    func check(_ estimate: IndexEstimate, for table: IndexedTable, in session: Session) throws {
        let row = try session.row(Query(embedded: PackageResources.index_room_sql, binds: [table.oid]))
        guard let folder: String = try row.value("folder"), Self.isHere(try row.value("pid")),
            let free = request.freeBytes(folder)
        else {
            request.onEvent(
                .note(
                    "the index will take about \(Self.spelled(estimate.bytes)); how much room the server's disk has cannot be seen from here"
                ))
            return
        }
        let sort = estimate.sortBytes > (try row.value("maintenance_bytes", as: Int64.self)) ? estimate.sortBytes : 0
        guard estimate.bytes + sort > free else { return }
        let temporary = sort > 0 ? ", and \(Self.spelled(sort)) while it is sorted" : ""
        throw Failure(
            .indexNoSpace,
            "\(table.label): the index will take about \(Self.spelled(estimate.bytes))\(temporary), and \(folder) has \(Self.spelled(free)) free",
            detail: "Nothing was changed.",
            hint: "make room there; a larger maintenance_work_mem sorts in memory, a WHERE makes the index smaller")
    }

    /// An address proves nothing (a tunnel, a container); the process that serves us among our own ones does.
    private static func isHere(_ pid: Int32) -> Bool {
        let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
        return name.map { $0.hasPrefix("postgres") || $0.hasPrefix("postmaster") } ?? false
    }

    private static func spelled(_ bytes: Int64) -> String {
        let mebibytes = Double(bytes) / 1_048_576
        return mebibytes >= 1024
            ? "\((mebibytes / 102.4).rounded() / 10) GiB" : "\((mebibytes * 10).rounded() / 10) MiB"
    }
}
