import Foundation
public import Operations
import Storage

/// What `backup verify` found, set by set.
public struct VerifyReports: Sendable, Codable {
    public var sets: [VerifyReport]
    /// Sets that could not be looked into: of a newer format, on a disk that cannot be read, gone by now. That is no
    /// verdict on their bytes, and none is noted.
    public var failed: [Failed] = []
    /// What lies in the repository and is no set.
    public var warnings: [String] = []
    private var firstFailure: Failure?

    public struct Failed: Sendable, Hashable, Codable {
        public var set: String
        public var database: String
        public var code: String
        public var message: String
    }

    enum CodingKeys: String, CodingKey {
        case sets, failed, warnings
    }

    /// The damage of the first damaged set, else why the first of the others could not be looked into.
    public var failure: Failure? {
        sets.lazy.compactMap(\.failure).first ?? firstFailure
    }

    private mutating func add(_ failure: Failure, of set: SetPath) {
        firstFailure = firstFailure ?? failure
        failed.append(
            Failed(
                set: set.name.text, database: set.database, code: failure.code.name, message: failure.message))
    }

    /// Verifies one set after the other and keeps each result beside its set. A set whose manifest cannot be believed
    /// is damaged like any other; the rest is still looked at.
    public static func verify(
        _ sets: [FoundSet], jobs: Int, run: RunID, clock: WallClock, progress: any ProgressSink
    ) async throws -> VerifyReports {
        var reports = VerifyReports(sets: [])
        for set in sets {
            var report: VerifyReport
            do {
                report = try await verify(set, jobs: jobs, progress: progress)
            } catch let failure as Failure where failure.category != .interrupted {
                reports.add(failure, of: set.path)
                continue
            }
            do throws(Failure) {
                try note(report, on: set, run: run, clock: clock)
            } catch {
                // The answer is there, whether it can be kept or not: a repository that may only be read, a full disk.
                report.unkept = SetState.unkept(error)
                report.warnings.append(SetState.unkept(error))
            }
            reports.sets.append(report)
        }
        return reports
    }

    static func note(_ report: VerifyReport, on set: FoundSet, run: RunID, clock: WallClock) throws(Failure) {
        let check = SetState.Check(at: clock.now, ok: report.ok, runID: run.description, duration: report.duration)
        try SetState.update(set.path, in: set.repository) { $0.verified = check }
    }

    /// Reads every byte of one set and notes nothing.
    static func verify(
        _ set: FoundSet, jobs: Int, progress: any ProgressSink
    ) async throws -> VerifyReport {
        do {
            return try await SetVerification(
                folder: set.folder, jobs: jobs, progress: progress, expected: set.path
            ).run()
        } catch let failure as Failure where failure.code == .backupDamaged {
            return VerifyReport(
                set: set.path.name.text, database: set.path.database, path: set.folder, ok: false, files: 0,
                readBytes: 0,
                duration: 0, damages: [SetDamage(file: ManifestFile.name, problem: failure.message)])
        }
    }
}
