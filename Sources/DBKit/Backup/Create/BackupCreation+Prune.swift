import Operations

extension BackupCreation {
    /// Deletes what retention does not keep, under the lock that the backup holds already. The set is made and whole:
    /// that older ones could not be deleted is a warning in its report, and the failure that the report carries.
    func prune(_ report: inout BackupReport) async throws {
        guard let policy = request.retention else { return }
        var pruning = PruneRequest(
            repository: request.repository, policy: policy, run: request.run, applicationName: request.applicationName)
        pruning.jobs = request.jobs
        pruning.clock = request.clock
        pruning.progress = request.progress
        let failure: Failure?
        do {
            let pruned = try await Pruning(pruning).runLocked(report.database)
            failure = pruned.failure
            report.pruned = pruned
        } catch let thrown as Failure where thrown.category != .interrupted {
            failure = thrown
        }
        guard let failure else { return }
        let message = "the set is whole, but retention failed: \(failure.message)"
        report.warnings.append(message)
        report.pruneFailure = Failure(
            .backupPruneFailed, message, detail: failure.hint, hint: "dbctl backup prune --yes goes on with it")
    }
}
