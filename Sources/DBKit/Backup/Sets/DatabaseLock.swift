import Foundation
import Operations
import Storage

/// The right to add sets of a database, and to delete them: one run at a time (B6).
enum DatabaseLock {
    /// Takes the lock, trying for as long as `wait`.
    ///
    /// - Throws: `storage.lock_held` naming the holder.
    static func hold(
        _ database: String, in repository: any Repository, note: String, wait: Duration, clock: WallClock
    ) async throws -> FileLock {
        let end = ContinuousClock.now + wait
        while true {
            do throws(Failure) {
                let now = Int64(clock.now.timeIntervalSince1970)
                return try repository.lock(DatabaseFolder.name(for: database), note: note, now: now)
            } catch {
                guard error.code == .repositoryLocked, ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
