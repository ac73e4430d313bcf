import Foundation
import Postgres

/// The contended part of the lock table, out of which the waits are made: by the server's own answer who blocks whom
/// where it was asked, and by the rules of the queue where there were too many to ask for.
struct LockTable {
    /// One row of `pg_locks`.
    struct Entry: Hashable {
        /// What is locked, as one text.
        var target: String
        var lockType: String
        var mode: String
        var isGranted: Bool
        /// Nil is a prepared transaction.
        var pid: Int32?
        var transactionId: String?
        var waitStart: Date?
        var databaseName: String?
        var relation: String?
        /// The server's answer: 0 is a prepared transaction, without its name.
        var blockers: [Int32]?
    }

    var entries: [Entry]
    /// Names of prepared transactions by their transaction's number.
    var gids: [String: String] = [:]
    /// Parallel workers by pid: a worker waits and holds for its leader.
    var leaders: [Int32: Int32] = [:]

    func waits() -> [LockWait] {
        Dictionary(grouping: entries, by: \.target).values.flatMap(waits(onOne:)).sorted { $0.pid < $1.pid }
    }

    private func waits(onOne entries: [Entry]) -> [LockWait] {
        let held = entries.filter(\.isGranted)
        // One whose beginning is not written yet has begun just now.
        let queue = entries.filter { !$0.isGranted }.sorted {
            ($0.waitStart ?? .distantFuture, $0.pid ?? 0) < ($1.waitStart ?? .distantFuture, $1.pid ?? 0)
        }
        // Of those with the same wish the last stands for all: whoever is in the way of the first is in its way, too.
        // The graph stays small, and says the same about who waits for whom in the end.
        var ahead: [String: LockHolder] = [:]
        return queue.compactMap { entry in
            guard let pid = entry.pid else { return nil }
            let waiter = leader(of: pid)
            let blockers =
                entry.blockers.map { told(by: $0, entry, held) }
                ?? ruled(entry, held) + ahead.filter { conflict($0.key, entry.mode) }.map(\.value)
            ahead[entry.mode] = LockHolder(pid: waiter)
            return LockWait(
                pid: waiter, blockers: Set(blockers).subtracting([LockHolder(pid: waiter)]).sorted(),
                mode: entry.mode, lockType: entry.lockType, relation: entry.relation,
                databaseName: entry.databaseName, waitStart: entry.waitStart)
        }
    }

    /// The server names sessions by pid and prepared transactions by 0: those with a lock in the way are meant.
    private func told(by pids: [Int32], _ entry: Entry, _ held: [Entry]) -> [LockHolder] {
        let sessions = pids.filter { $0 != 0 }.map { LockHolder(pid: leader(of: $0)) }
        guard pids.contains(0) else { return sessions }
        let prepared = ruled(entry, held.filter { $0.pid == nil })
        // Between the two looks it may have ended: then it blocked all the same, and has no name any more.
        return sessions + (prepared.isEmpty ? [LockHolder(pid: 0)] : prepared)
    }

    private func ruled(_ entry: Entry, _ held: [Entry]) -> [LockHolder] {
        held.filter { conflict($0.mode, entry.mode) }.map(holder)
    }

    private func holder(_ entry: Entry) -> LockHolder {
        guard let pid = entry.pid else {
            return LockHolder(pid: 0, gid: entry.transactionId.flatMap { gids[$0] } ?? entry.transactionId)
        }
        return LockHolder(pid: leader(of: pid))
    }

    private func leader(of pid: Int32) -> Int32 { leaders[pid] ?? pid }

    private func conflict(_ one: String, _ other: String) -> Bool {
        guard let one = LockMode(name: one), let other = LockMode(name: other) else { return false }
        return one.conflicts(with: other)
    }
}

extension LockWait {
    init(
        pid: Int32, blockers: [LockHolder], mode: String, lockType: String, relation: String?, databaseName: String?,
        waitStart: Date?
    ) {
        self.init(
            pid: pid, blockers: blockers, mode: mode, lockType: lockType, relation: relation, waitStart: waitStart)
        self.databaseName = databaseName
    }
}
