import Operations

/// Whoever keeps the server from cleaning up, and how far that has gone.
enum HorizonRules {
    /// In transactions. Slots do not say since when.
    private static let slotAge = 100_000
    private static let standbyAge = 1_000_000
    private static let preparedS = 300.0
    private static let transactionS = 3600.0
    private static let retainedBytes: Int64 = 10 << 30
    /// Two thousand million is the end; the server refuses to write some three million before.
    private static let dangerousAge = 1_200_000_000
    private static let refusingAge = 2_100_000_000

    static func findings(_ situation: Situation) -> [Finding] {
        let observation = situation.observation
        let oldest = observation.databases.max { $0.age < $1.age }
        let stands = (oldest?.age ?? 0) >= refusingAge
        /// A holder that is nearly as old as the oldest row is why nothing gets younger.
        func rank(_ age: Int) -> Rank {
            let isCause = stands && age >= refusingAge / 2
            return Rank(tier: isCause ? .standstill : .slow, weight: Double(age) + (isCause ? 1e10 : 0))
        }
        return prepared(situation, rank) + observation.replicationSlots.compactMap { slot($0, rank) }
            + observation.standbys.compactMap { standby($0, rank) } + transactions(situation, rank)
            + [oldest.flatMap { wraparound($0, situation, stands) }].compactMap { $0 }
    }

    private static func prepared(_ situation: Situation, _ rank: (Int) -> Rank) -> [Finding] {
        let told = Set(situation.tree.roots.flatMap(\.holders).compactMap(\.gid))
        return situation.observation.preparedTransactions.compactMap { transaction in
            let age = situation.observation.age(transaction.prepared) ?? 0
            guard !told.contains(transaction.gid), age >= preparedS || transaction.xidAge >= slotAge else { return nil }
            return Finding(
                .preparedTransaction, .warning, rank(transaction.xidAge),
                text: "A prepared transaction is left over: “\(transaction.gid)” of \(transaction.owner) in database "
                    + "\(transaction.database), for \(Words.time(age)). It keeps its locks, and dead rows of the last "
                    + "\(Words.transactions(transaction.xidAge)) cannot be removed.",
                nextCommand: "ROLLBACK PREPARED \(XminHolder.quoted(transaction.gid))")
        }
    }

    private static func slot(_ slot: ReplicationSlot, _ rank: (Int) -> Rank) -> Finding? {
        let age = slot.horizonAge ?? 0
        let retained = slot.retainedBytes ?? 0
        guard slot.walStatus != "lost", let holder = XminHolder(slot) ?? XminHolder(retaining: slot) else { return nil }
        guard slot.isActive ? age >= 10 * standbyAge : age >= slotAge || retained >= retainedBytes else { return nil }
        let who = slot.isActive ? "is far behind" : "is used by nobody"
        var evidence = ["slot \(slot.name) is \(slot.kind), wal_status \(slot.walStatus ?? "unknown")"]
        if retained > 0 { evidence.append("it keeps \(retained >> 20) MiB of write-ahead log") }
        return Finding(
            .replicationSlot, .warning, rank(age),
            text: "The replication slot \(slot.name) \(who) and holds back clean-up: dead rows of the last "
                + "\(Words.transactions(age)) cannot be removed, and write-ahead log piles up.",
            evidence: evidence, nextCommand: holder.statement)
    }

    private static func standby(_ standby: Standby, _ rank: (Int) -> Rank) -> Finding? {
        guard let age = standby.xminAge, age >= standbyAge, let holder = XminHolder(standby) else { return nil }
        return Finding(
            .standbyFeedback, .warning, rank(age),
            text: "The standby \(holder.name) holds back clean-up by its feedback: dead rows of the last "
                + "\(Words.transactions(age)) cannot be removed.",
            evidence: ["a query on the standby has been running for that long: end it there, or switch feedback off"],
            nextCommand: holder.statement)
    }

    /// Idle ones have a rule of their own.
    private static func transactions(_ situation: Situation, _ rank: (Int) -> Rank) -> [Finding] {
        situation.clients.compactMap { session in
            guard session.state == .active, !situation.isVictim(session), let holder = XminHolder(session),
                let age = situation.observation.age(session.transactionStart), age >= transactionS
            else { return nil }
            return Finding(
                .longTransaction, .warning, rank(holder.age),
                text: "A long transaction holds back clean-up: \(situation.name(session)) has been at it for "
                    + "\(Words.time(age)).",
                evidence: [session.query.map { "it runs: \(Words.statement($0))" }].compactMap { $0 },
                nextCommand: situation.mayKill(session)
                    ? situation.killCommand(session) : "SELECT pg_cancel_backend(\(session.pid))")
        }
    }

    private static func wraparound(
        _ database: ObservedDatabase, _ situation: Situation, _ stands: Bool
    ) -> Finding? {
        let freeze = situation.observation.server.freezeMaxAge
        guard database.age >= max(2 * freeze, 500_000_000) || database.age >= dangerousAge else { return nil }
        let text =
            stands
            ? "Wraparound: the server takes no new transactions, because database \(database.name) has rows that are "
                + "\(Words.transactions(database.age)) old."
            : "Wraparound comes nearer: the oldest rows of database \(database.name) are "
                + "\(Words.transactions(database.age)) old, and at 2147 million the server stops."
        return Finding(
            .wraparound, database.age >= dangerousAge ? .critical : .warning,
            Rank(tier: stands ? .standstill : .slow, weight: Double(database.age)), text: text,
            evidence: ["autovacuum should have begun at \(Words.transactions(freeze)): see who holds it back"],
            nextCommand: "vacuumdb --dbname=\(ShellWord.quoted(database.name))")
    }
}

extension ObservedDatabase {
    /// Both counters run out in the same way.
    var age: Int { max(frozenXidAge, frozenMultixactAge) }
}

extension XminHolder {
    /// A slot that keeps no rows, only write-ahead log.
    init?(retaining slot: ReplicationSlot) {
        var copy = slot
        copy.xminAge = 0
        self.init(copy)
    }
}
