public import Operations
import Storage

/// What the last looks at a set came to, whoever looked: `verify`, `prune`, a drill or a restore.
enum SetStanding: Sendable, Hashable {
    case unverified
    case good
    case damaged
    /// Its bytes are those that were written, and what they restored to was not what was backed up.
    case failedDrill

    static let drillAgain = "its last drill failed; dbctl backup drill tells whether it still does"
}

extension SetState {
    var standing: SetStanding {
        if let verified, !verified.ok { return .damaged }
        if let drilled, !drilled.ok { return .failedDrill }
        return verified == nil ? .unverified : .good
    }
}

extension FoundSet {
    /// Keeps beside the set, as `verify` would, that whoever wanted to use it found it damaged. It is no good set from
    /// then on: no older one is deleted for its sake.
    ///
    /// - Returns: the failure, which also says so where that could not be kept.
    public func noting(_ failure: Failure, run: RunID, clock: WallClock = .system) -> Failure {
        guard isDamage(failure) else { return failure }
        let check = SetState.Check(at: clock.now, ok: false, runID: run.description, duration: 0)
        do throws(Failure) {
            try SetState.update(path, in: repository) { $0.verified = check }
            return failure
        } catch {
            var failure = failure
            failure.add(detail: SetState.unkept(error))
            return failure
        }
    }

    /// Whether a failure is about the bytes of the set. A disk that cannot be read and a server that refuses are not.
    func isDamage(_ failure: Failure) -> Bool {
        switch failure.code {
        case .backupDamaged, .restoreSetDamaged, .corrupt: true
        // A table of contents that this dbctl cannot read may be what was written.
        case .archiveMalformed: !hasWrittenContents
        default: false
        }
    }

    private var hasWrittenContents: Bool {
        guard let manifest = try? SetVerification(folder: folder).manifest(),
            let bytes = try? repository.read(path.file("toc.dat"))
        else { return true }
        return manifest.files.contains { $0.path == "toc.dat" && $0.sha256 == Digest.hex(bytes) }
    }
}
