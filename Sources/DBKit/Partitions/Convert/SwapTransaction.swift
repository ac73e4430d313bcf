import Operations
import Postgres

/// A transaction that puts another table in the place of one that is in use, for as short a time as it may.
protocol SwapTransaction: Sendable {
    var conversion: Conversion { get }
    /// What is in use, and locked.
    var leaving: Int64 { get }
    var budget: Duration { get }
    /// What is to catch up beforehand.
    var follower: Follower? { get }
    /// Of what bears the name afterwards.
    var isTargetPartitioned: Bool { get }
    /// What the locks will be on, with their partitions.
    var exchanged: [Int64] { get }
    /// The same by name, in the order in which others lock them.
    var locked: [SQLFragment] { get throws }
    /// What bears the name afterwards has rows that were written for it.
    var movesRows: Bool { get }
    /// How far the conversion is once it is committed.
    var next: Conversion.State { get }

    /// Under the locks: refuses what is no longer as it was when all was prepared.
    func check(in session: Session) throws
    func exchange(_ dependents: [ConvertDependent], _ budget: SwapBudget, in session: Session) throws
}

struct SwapOutcome: Sendable {
    /// From the first wish for a lock to the end of COMMIT.
    var stall: Duration
}

extension SwapTransaction {
    /// - Throws: ``SwapBudget/Exhausted``, ``Follower/TooMany``, a lost race: it may come again.
    func run(in session: Session) throws -> SwapOutcome {
        let known = try dependents(in: session)
        try refuse(known)
        var stalled = SwapBudget(stall: budget)
        try session.transaction { session in
            try AutovacuumTurn.wait(for: exchanged, withPartitions: true, in: session)
            stalled = SwapBudget(stall: budget)
            try stalled.bound(in: session)
            try lockFirst(known, stalled, in: session)
            for place in try locked {
                try stalled.execute("LOCK TABLE \(place) IN ACCESS EXCLUSIVE MODE", in: session)
            }
            try check(in: session)
            // Whoever has begun since the copy was done, and has not come here yet: gone in a moment, mostly.
            let idle = movesRows ? try OlderSnapshots.holders(in: session).filter(\.isIdle) : []
            guard idle.isEmpty else { throw OlderSnapshots.Open(holders: idle) }
            // Those of this moment: since the lock nobody could make another.
            let dependents = try dependents(in: session)
            try refuse(dependents)
            try exchange(dependents, stalled, in: session)
            var moved = conversion
            try moved.move(to: next, in: session)
            _ = try stalled.left()
        }
        return SwapOutcome(stall: stalled.used)
    }

    /// All that refers to what is in use, and to materialized views over it, which are moved too.
    private func dependents(in session: Session) throws -> [ConvertDependent] {
        let views = try ShadowView.read(over: leaving, in: session)
        return try ConvertDependent.read(
            on: [leaving] + views.map(\.oid), key: conversion.key, isTargetPartitioned: isTargetPartitioned, in: session
        ).filter { !$0.isChangeTrigger }
    }

    private func refuse(_ dependents: [ConvertDependent]) throws(Failure) {
        let obstacles = dependents.map { $0.finding(conversion.strategy) }.filter { $0.severity == .blocks }
        guard let first = obstacles.first else { return }
        throw Failure(
            .partitionConvertBlocked, first.message,
            detail: (obstacles.dropFirst().map(\.message) + [
                "It came since the conversion was begun. \(conversion.label) is as it was, and in use; what was prepared is kept."
            ]).joined(separator: "\n"),
            hint: first.hint ?? "run the same command again once it is gone")
    }

    /// Readers lock a view before the tables behind it, a table before those that its policies and rules name, and a writer
    /// the table with a foreign key before the one that it refers to. So does a swap: else each would wait for the other.
    private func lockFirst(_ dependents: [ConvertDependent], _ budget: SwapBudget, in session: Session) throws {
        for view in dependents where view.kind == .view {
            for statement in view.before { try budget.execute(catalog: statement, in: session) }
        }
        for holder in Set(dependents.compactMap(\.holder)).sorted() {
            try budget.execute(catalog: "LOCK TABLE \(holder) IN ACCESS EXCLUSIVE MODE", in: session)
        }
    }

    /// For what will bear the name.
    func rowSecurity(in session: Session) throws -> [Query] {
        let row = try session.row(
            "SELECT relrowsecurity AS is_on, relforcerowsecurity AS is_forced FROM pg_catalog.pg_class WHERE oid = \(leaving)::bigint::oid"
        )
        let on: SQLFragment = try row.value("is_on") ? "ENABLE" : "DISABLE"
        let forced: SQLFragment = try row.value("is_forced") ? "FORCE" : "NO FORCE"
        let place = try identifier(conversion.schema, conversion.name)
        return [
            "ALTER TABLE \(place) \(on) ROW LEVEL SECURITY", "ALTER TABLE \(place) \(forced) ROW LEVEL SECURITY",
        ]
    }

    func statistics(_ table: Int64, in session: Session) throws -> [(oid: Int64, schema: String, name: String)] {
        try session.rows(Query(embedded: PackageResources.convert_moved_statistics_sql, binds: [table])).map {
            (try $0.value("oid"), try $0.value("schema"), try $0.value("name"))
        }
    }
}
