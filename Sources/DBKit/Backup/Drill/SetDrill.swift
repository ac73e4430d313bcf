public import Operations
public import Postgres
public import Sandbox
import Storage

/// Proves that a set can be restored: restores it where nobody lives, compares every row with the manifest, and removes
/// it again.
public struct SetDrill: Sendable {
    /// Where the set is restored.
    public enum Ground: Sendable {
        /// A cluster of its own, of the first of these installations that can take the set.
        case throwaway([ServerBinaries], root: String)
        /// A database that is made on a server, and dropped again.
        case scratch(ConnectionParameters, database: String)

        /// Whether sets of a server of this version can be restored there.
        ///
        /// - Throws: `backup.drill_server`
        public func check(serverVersion: String) throws(Failure) {
            guard case .throwaway(let installed, _) = self else { return }
            _ = try DrillCluster.binaries(for: serverVersion, from: installed)
        }

        /// Whether tables of so many bytes find room there, as far as that can be seen from here.
        ///
        /// - Throws: `backup.disk_space`
        public func checkRoom(for tableBytes: Int64) throws(Failure) {
            guard case .throwaway(_, let root) = self else { return }
            try DrillCluster.checkRoom(for: tableBytes, root: root)
        }
    }

    let set: FoundSet
    let ground: Ground
    let jobs: Int
    let run: RunID
    private let clock: WallClock
    let progress: any ProgressSink

    public init(
        _ set: FoundSet, on ground: Ground, jobs: Int = 2, run: RunID, clock: WallClock = .system,
        progress: any ProgressSink = SilentProgress()
    ) {
        (self.set, self.ground, self.jobs) = (set, ground, max(1, jobs))
        (self.run, self.clock, self.progress) = (run, clock, progress)
    }

    /// - Throws: what kept the drill from being held. A set that was damaged, or did not come back the same, is an
    ///   answer: ``DrillReport/ok`` is false, and noted beside the set.
    public func callAsFunction() async throws -> DrillReport {
        let begun = ContinuousClock.now
        let manifest: Manifest
        do {
            manifest = try SetVerification(folder: set.folder).manifest()
        } catch {
            throw set.noting(error, run: run, clock: clock)
        }
        var report = try await hold(manifest)
        report.duration = (ContinuousClock.now - begun) / .seconds(1)
        let check = SetState.Check(
            at: clock.now, ok: report.ok, runID: run.description, duration: report.restoreDuration)
        do throws(Failure) {
            try SetState.update(set.path, in: set.repository) { state in
                state.drilled = check
                if report.isDamaged { state.verified = check }
            }
        } catch {
            report.unkept = SetState.unkept(error)
            report.warnings.append(SetState.unkept(error))
        }
        return report
    }

    private func hold(_ manifest: Manifest) async throws -> DrillReport {
        switch ground {
        case .throwaway(let installed, let root):
            let cluster = try await DrillCluster.start(for: manifest, from: installed, root: root)
            do {
                try await cluster.furnish(for: set.folder)
                let report = try await rehearse(manifest, on: cluster.server, into: "drill", cluster.version)
                try await cluster.remove()
                return report
            } catch {
                try? await Task { try await cluster.remove() }.value
                throw error
            }
        case .scratch(let server, let database):
            return try await rehearse(manifest, on: server, into: database, try await version(of: server))
        }
    }

    func version(of server: ConnectionParameters) async throws -> String {
        try await Connection.with(server, settings: settings) { connection in
            try await connection.run { $0.serverVersion.description }
        }
    }

    func request(into database: String) -> RestoreRequest {
        var request = RestoreRequest(source: set.folder, into: database)
        request.set = set.path
        request.creates = true
        request.isResumable = false
        if case .throwaway = ground { request.isRehearsal = true }
        request.jobs = jobs
        return request
    }

    /// Restores, compares, and drops the database: on a server that stays, nothing of the drill does.
    private func rehearse(
        _ manifest: Manifest, on server: ConnectionParameters, into database: String, _ version: String
    ) async throws -> DrillReport {
        let restored: RestoreResult
        do {
            restored = try await DatabaseRestore(request(into: database), on: server, run: run, progress: progress)()
        } catch let failure as Failure where failure.category == .data {
            return DrillReport(set, server: version, damage: failure, isDamaged: set.isDamage(failure))
        }
        do {
            let comparing = ContinuousClock.now
            let differences = try await ManifestComparison(
                manifest, with: server.setting("dbname", database), settings: settings, jobs: jobs, progress: progress
            ).differences()
            let compared = (ContinuousClock.now - comparing) / .seconds(1)
            try await drop(database, on: server)
            return DrillReport(set, server: version, restored, differences, compared: compared)
        } catch {
            try? await Task { try await drop(database, on: server) }.value
            throw error
        }
    }

    private func drop(_ database: String, on server: ConnectionParameters) async throws {
        try await Connection.with(server, settings: settings) { connection in
            try await DatabaseRemoval(server: server, settings: settings).drop(database, over: connection)
        }
    }

    private var settings: SessionSettings {
        SessionSettings(applicationName: "dbctl backup drill \(run)")
    }
}
