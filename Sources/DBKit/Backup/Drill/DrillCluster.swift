import Foundation
import Operations
import Postgres
import Sandbox
import Storage

/// A throwaway cluster that is as fast as a restore can be, with whatever an archive refers to and cannot bring.
struct DrillCluster: Sendable {
    private let sandbox: Sandbox

    /// Over its socket, which takes the processors less than TCP does.
    var server: ConnectionParameters {
        sandbox.parameters().setting("host", sandbox.folder)
    }
    var version: String { sandbox.binaries.version }

    /// Of the set's own major version, else the nearest newer one: an archive can be read by the versions after it.
    static func binaries(for serverVersion: String, from installed: [ServerBinaries]) throws(Failure) -> ServerBinaries
    {
        let major = Int(serverVersion.prefix { $0.isNumber }) ?? 0
        if let found = installed.filter({ $0.major >= major }).min(by: { $0.major < $1.major }) { return found }
        let there = installed.map { "\($0.major) in \($0.folder)" }.joined(separator: ", ")
        throw Failure(
            .backupDrillServer, "no server programs of PostgreSQL \(major) or later are installed here",
            detail: there.isEmpty ? nil : "installed: \(there)",
            hint: "apt install postgresql-\(major), or drill on a server with --into DBNAME")
    }

    static func start(for manifest: Manifest, from installed: [ServerBinaries], root: String) async throws
        -> DrillCluster
    {
        let binaries = try binaries(for: manifest.serverVersion, from: installed)
        try checkRoom(for: manifest.tables.reduce(0) { $0 + $1.bytes }, root: root)
        var options = SandboxOptions(root: root)
        options.settings = settings
        return DrillCluster(sandbox: try await Sandbox.start(options, binaries: binaries))
    }

    static func checkRoom(for tableBytes: Int64, root: String) throws(Failure) {
        let needed = tableBytes * 3 / 2 + clusterBytes
        let free = try Folder.freeBytes(root)
        guard free >= needed else {
            throw Failure(
                .backupDiskSpace, "a drill needs about \(needed) bytes, and \(root) has \(free) bytes free",
                hint: "set DBCTL_SANDBOX_ROOT to a folder with more room, or drill on a server with --into DBNAME")
        }
    }

    /// An empty cluster and its WAL.
    private static let clusterBytes: Int64 = 200 << 20

    /// Nothing of it has to survive a crash, nobody else is connected, and no replica follows. Little memory, on purpose:
    /// rows come and go through small rings, and what a cluster of some seconds does not touch need not be cleared for
    /// it by the kernel (64 MB each instead of 512: a sixth faster).
    private static let settings = [
        "wal_level": "minimal", "max_wal_senders": "0", "synchronous_commit": "off", "autovacuum": "off",
        "wal_init_zero": "off", "wal_writer_delay": "10s", "max_wal_size": "4GB", "checkpoint_timeout": "1h",
        "shared_buffers": "64MB", "maintenance_work_mem": "64MB", "bgwriter_lru_maxpages": "0",
        "max_locks_per_transaction": "1024", "max_prepared_transactions": "0", "jit": "off",
    ]

    /// Makes the roles and tablespaces that the archive names. What matters is that they are there: every role is a
    /// superuser, because some objects may belong to nobody else.
    func furnish(for folder: String) async throws {
        let archive = try ArchiveFolder(opening: folder, isForeign: false)
        let needed = RestoreRequirements(
            of: archive.toc, scope: .all, references: RoleReferences(map: [:]), includesDatabase: true)
        var settings = SessionSettings(applicationName: "dbctl backup drill")
        settings.clientEncoding = archive.encoding
        try await Connection.with(server, settings: settings) { connection in
            try await connection.run { session in
                let missing = try needed.missing(in: session, encoding: archive.encoding)
                try session.execute("SET allow_in_place_tablespaces = on")
                for role in missing.roles {
                    let statement: ArchiveText = "CREATE ROLE " + role.quotedIdentifier + " SUPERUSER"
                    try session.script(ServerText(archive: statement.bytes))
                }
                for tablespace in missing.tablespaces {
                    let statement: ArchiveText = "CREATE TABLESPACE " + tablespace.quotedIdentifier + " LOCATION ''"
                    try session.script(ServerText(archive: statement.bytes))
                }
            }
        }
    }

    func remove() async throws {
        try await sandbox.stop()
    }
}
