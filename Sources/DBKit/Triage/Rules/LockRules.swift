import Foundation
import Operations
import Postgres

/// Pile-ups: sessions that wait for locks, told by whom everybody waits for in the end.
enum LockRules {
    /// A queue that is shorter is no pile-up until it has stood for a while: busy rows always have somebody waiting.
    static let victims = 10
    static let waitS = 0.5
    /// More would only repeat.
    private static let roots = 3

    static func findings(_ situation: Situation) -> [Finding] {
        situation.tree.roots.filter { isPileup($0, situation) }.prefix(roots).map { finding($0, situation) }
    }

    static func isPileup(_ root: LockTree.Root, _ situation: Situation) -> Bool {
        root.victims.count >= victims || (situation.longestWaitS(root) ?? 0) >= waitS
    }

    private static func finding(_ root: LockTree.Root, _ situation: Situation) -> Finding {
        if root.isDeadlock { return deadlock(root, situation) }
        let holder = root.holders[0]
        if holder.pid == 0 { return prepared(root, holder, situation) }
        let session = situation.session(holder.pid)
        let isIdle = session?.isIdleInTransaction ?? false
        let inner = waitingDefinition(root, situation)
        let rootName = session.map(situation.name) ?? "pid \(holder.pid)"
        let doing = session.flatMap(situation.doing) ?? "in the way"
        let count = Words.sessions(root.victims.count)
        let code: VerdictCode
        let text: String
        if let inner {
            let name = situation.session(inner.pid).map(situation.name) ?? "pid \(inner.pid)"
            code = .lockPileupDdl
            text =
                "Lock pile-up behind a DDL: \(count) wait. \(name) wants \(inner.mode) on "
                + "\(inner.relation ?? "a table") and waits for \(rootName), which is \(doing); everybody else queues "
                + "behind it."
        } else if isIdle {
            code = .lockPileupIdleInTransaction
            text =
                "Lock pile-up behind an idle-in-transaction session: \(count) wait for \(rootName), which is \(doing) "
                + "and keeps its locks."
        } else if session?.isVisible ?? true, holdsTable(root, situation) {
            code = .lockPileupDdl
            text =
                "Lock pile-up behind a DDL: \(count) wait for \(rootName), which is \(doing) and holds "
                + "\(relation(root, situation) ?? "a table") against them."
        } else {
            code = .lockPileup
            text = "Lock pile-up: \(count) wait for \(rootName), which is \(doing)."
        }
        let victim = isIdle ? nil : inner.flatMap { situation.session($0.pid) }
        return Finding(
            code, .critical, rank(root), text: text, evidence: evidence(root, session, inner, situation),
            nextCommand: command(session, pid: holder.pid, instead: victim, situation))
    }

    /// A stuck session is worse than one that only takes a slot.
    private static func rank(_ root: LockTree.Root) -> Rank {
        Rank(tier: .cause, weight: Double(2 * root.victims.count + 1))
    }

    /// Somebody in the queue who wants a whole table and has others behind: with the most of them.
    private static func waitingDefinition(_ root: LockTree.Root, _ situation: Situation) -> LockWait? {
        let waits = root.victims.compactMap { situation.wait(of: $0.pid) }
        var behind: [Int32: Int] = [:]
        for wait in waits {
            for blocker in wait.blockers where blocker.pid != 0 { behind[blocker.pid, default: 0] += 1 }
        }
        let strong: Set = [
            LockMode.share.name, LockMode.shareRowExclusive.name, LockMode.exclusive.name,
            LockMode.accessExclusive.name,
        ]
        return waits.filter { $0.lockType == "relation" && strong.contains($0.mode) && behind[$0.pid] != nil }
            .max { (behind[$0.pid] ?? 0, $1.pid) < (behind[$1.pid] ?? 0, $0.pid) }
    }

    /// Only a definition, or LOCK TABLE, keeps readers and writers of rows from a table.
    private static func holdsTable(_ root: LockTree.Root, _ situation: Situation) -> Bool {
        let weak: Set = [LockMode.accessShare.name, LockMode.rowShare.name, LockMode.rowExclusive.name]
        return direct(root, situation).contains { $0.lockType == "relation" && weak.contains($0.mode) }
    }

    private static func relation(_ root: LockTree.Root, _ situation: Situation) -> String? {
        direct(root, situation).compactMap(\.relation).min()
    }

    private static func direct(_ root: LockTree.Root, _ situation: Situation) -> [LockWait] {
        root.victims.compactMap { situation.wait(of: $0.pid) }.filter { $0.blockers.contains(root.holders[0]) }
    }

    private static func evidence(
        _ root: LockTree.Root, _ session: ObservedSession?, _ inner: LockWait?, _ situation: Situation
    ) -> [String] {
        var lines: [String] = []
        if let query = session?.query, !query.isEmpty {
            let what = session?.state == .active ? "runs" : "ran last"
            lines.append("pid \(root.holders[0].pid) \(what): \(Words.statement(query))")
        }
        if let start = session?.transactionStart, let age = situation.observation.age(start) {
            lines.append("its transaction is open for \(Words.time(age))")
        }
        if let inner, let query = situation.session(inner.pid)?.query {
            lines.append("pid \(inner.pid) wants to run: \(Words.statement(query))")
        }
        if let wait = situation.longestWaitS(root) { lines.append("the longest wait is \(Words.time(wait))") }
        if let table = relation(root, situation) { lines.append("the lock is on \(table)") }
        return lines
    }

    /// A session that works is spared where a definition stands in the queue: that one can be repeated, and once it
    /// is gone the others go on.
    private static func command(
        _ session: ObservedSession?, pid: Int32, instead definition: ObservedSession?, _ situation: Situation
    ) -> String {
        if let definition {
            return situation.mayKill(definition)
                ? situation.killCommand(definition) : "SELECT pg_cancel_backend(\(definition.pid))"
        }
        guard let session, situation.mayKill(session) else { return "SELECT pg_terminate_backend(\(pid))" }
        // That means the pile-up with the most victims.
        let isMeant = isPartOfFirst(pid, situation)
        return isMeant ? "dbctl pool kill --root-blocker" : situation.killCommand(session)
    }

    private static func isPartOfFirst(_ pid: Int32, _ situation: Situation) -> Bool {
        let roots = situation.tree.roots.filter { isPileup($0, situation) }
        guard let first = roots.first else { return false }
        return roots.contains { root in
            root.holders.contains { $0.pid == pid } && (root == first || !root.victims.isDisjoint(with: first.victims))
        }
    }

    private static func prepared(_ root: LockTree.Root, _ holder: LockHolder, _ situation: Situation) -> Finding {
        let transaction = situation.observation.preparedTransactions.first { $0.gid == holder.gid }
        let age = transaction.flatMap { situation.observation.age($0.prepared) }.map { ", open for \(Words.time($0))" }
        let count = Words.sessions(root.victims.count)
        guard let gid = holder.gid else {
            return Finding(
                .preparedTransaction, .critical, rank(root),
                text: "Lock pile-up: \(count) waited for a prepared transaction that has just ended.",
                nextCommand: "SELECT gid, prepared, owner, database FROM pg_prepared_xacts")
        }
        let place = transaction.map { " in database \($0.database), of \($0.owner)" } ?? ""
        return Finding(
            .preparedTransaction, .critical, rank(root),
            text: "Lock pile-up behind a prepared transaction: \(count) wait for “\(gid)”\(place)\(age ?? ""), which "
                + "nobody commits or rolls back.",
            evidence: evidence(root, nil, nil, situation)
                + ["a prepared transaction has no process: there is nothing to end, only to decide"],
            nextCommand: "ROLLBACK PREPARED \(XminHolder.quoted(gid))")
    }

    private static func deadlock(_ root: LockTree.Root, _ situation: Situation) -> Finding {
        let pids = root.holders.map { "\($0.pid)" }
        let youngest = root.holders.compactMap { situation.session($0.pid) }
            .max { ($0.transactionStart ?? .distantPast, $0.pid) < ($1.transactionStart ?? .distantPast, $1.pid) }
        let pid = youngest?.pid ?? root.holders.map(\.pid).max() ?? 0
        return Finding(
            .deadlock, .critical, rank(root),
            text: "Deadlock: pids \(pids.joined(separator: ", ")) wait for each other, and "
                + "\(Words.sessions(root.victims.count)) behind them. The server ends one of them after its "
                + "deadlock_timeout.",
            evidence: evidence(root, nil, nil, situation), nextCommand: "SELECT pg_cancel_backend(\(pid))")
    }
}
