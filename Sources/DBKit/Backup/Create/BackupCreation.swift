import Foundation
import Operations
import Postgres
import Storage

/// `backup create`: one consistent set, or nothing.
///
/// The order matters and is this: the repository's lock, the sweep, everything that the server has, then reading back
/// what was written, and last the rename that publishes it.
public struct BackupCreation: Sendable {
    let request: BackupRequest

    public init(_ request: BackupRequest) {
        self.request = request
    }

    /// Makes one set. When it throws, nothing was published and nothing is left behind.
    public func run() async throws -> BackupReport {
        let started = request.clock.now
        let begun = ContinuousClock.now
        let source = try await source()
        let mark = request.mark ?? request.run
        let set = SetPath(database: source.database, name: SetName(time: started, run: mark.description))
        let lock = try await DatabaseLock.hold(
            set.database, in: request.repository, note: request.applicationName, wait: request.wait,
            clock: request.clock)
        defer { lock.release() }
        if !request.acceptsOtherServer {
            try OtherServer.refuse(set.database, of: source.identifier, in: request.repository)
        }
        let swept = try request.repository.sweep(set.databaseFolder)
        let staged = try request.repository.stage(set.folder)
        let copied: DatabaseCopy.Result
        let manifest: Manifest
        let readBack: Duration
        do {
            copied = try await DatabaseCopy(
                request: request, folder: staged.path, serverMajor: source.serverMajor
            ).run()
            let written = ContinuousClock.now
            manifest = try await SetSeal(request: request, set: set, folder: staged.path).run(copied)
            readBack = ContinuousClock.now - written
            try staged.publish()
        } catch {
            staged.discard()
            throw error
        }
        var report = report(manifest, copied, set, swept: swept)
        report.started = started
        report.duration = (ContinuousClock.now - begun) / .seconds(1)
        note(&report, on: set, readBack: readBack)
        try await prune(&report)
        return report
    }

    /// The database that the connection leads to: the set's folder is named after it.
    private func source() async throws -> (database: String, serverMajor: Int, identifier: String?) {
        try await BackupSession.open(request.server, SessionSettings(applicationName: request.applicationName))
            .closing { connection in
                try await connection.run { session in
                    guard !session.isPooled else { throw BackupSession.throughPooler }
                    let name = try session.row("SELECT current_database()::text AS name").value(
                        "name", as: String.self)
                    return (name, session.serverVersion.major, try OtherServer.identifier(of: session))
                }
            }
    }

    private func report(
        _ manifest: Manifest, _ copied: DatabaseCopy.Result, _ set: SetPath, swept: [String]
    ) -> BackupReport {
        let size =
            manifest.files.reduce(0) { $0 + $1.bytes }
            + manifest.tables.reduce(0) { $0 + (Folder.size("\(request.repository.url(set.file($1.file)))") ?? 0) }
        return BackupReport(
            set: set.name.text, database: set.database, path: request.repository.url(set.folder),
            started: request.clock.now, finished: request.clock.now, duration: 0, tables: manifest.tables.count,
            rows: manifest.tables.reduce(0) { $0 + $1.rows }, plainBytes: manifest.tables.reduce(0) { $0 + $1.bytes },
            sizeBytes: size, compression: request.compression.description, jobs: request.jobs,
            snapshot: copied.snapshot, omitted: manifest.omitted, swept: swept, warnings: copied.warnings)
    }

    /// Keeps beside the set how it was made. The set is whole and published: that this cannot be written is worth a
    /// warning, and no reason to call the backup failed.
    private func note(_ report: inout BackupReport, on set: SetPath, readBack: Duration) {
        let run = request.run.description
        let creation = SetState.Creation(
            runID: run, finished: report.finished, duration: report.duration, bytes: report.sizeBytes)
        // What was written was read back just now, every byte.
        let check = SetState.Check(at: report.finished, ok: true, runID: run, duration: readBack / .seconds(1))
        do throws(Failure) {
            try SetState.update(set, in: request.repository) { state in
                state.created = creation
                state.verified = check
            }
        } catch {
            report.warnings.append("the set is whole, but what is known of it could not be noted: \(error.message)")
        }
    }
}
