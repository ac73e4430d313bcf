import Operations
import Postgres

/// Puts one table in the place of another, in one transaction: the swap, and its way back.
///
/// Both have the same names, in two schemas, so that the exchange itself is two ALTER TABLE … SET SCHEMA. All that refers to
/// the one by its oid is made again for the other. Clients that wait at the lock look the name up again when they get it,
/// prepared statements among them.
struct Exchange: SwapTransaction {
    let conversion: Conversion
    let direction: ChangeLog.Direction
    let leaving: Int64
    let arriving: Int64
    /// The one that arrives, after the one that leaves.
    let follows: Follower
    let budget: Duration
    /// Refuses what was found to be otherwise than when the copy was made.
    let refuseChanges: @Sendable (Session) throws -> Void
    var follower: Follower? { follows }
    var isTargetPartitioned: Bool { direction == .forth }
    var movesRows: Bool { true }
    var next: Conversion.State { direction == .forth ? .swapped : .undone }
    var exchanged: [Int64] { [leaving, arriving] }
    var locked: [SQLFragment] { get throws { try [place(home), place(waiting)] } }
    /// More than this is not taken over under the lock.
    static let mostEntries: Int64 = 5000

    private var home: String { conversion.schema }
    private var away: String { direction == .forth ? conversion.oldSchema : conversion.newSchema }
    private var waiting: String { direction == .forth ? conversion.newSchema : conversion.oldSchema }

    private var back: ChangeLog { ChangeLog(conversion: conversion.source, direction: .back, key: follows.log.key) }

    private func place(_ schema: String) throws(PostgresError) -> SQLFragment {
        "\(try identifier(schema, conversion.name))"
    }

    func check(in session: Session) throws { try refuseChanges(session) }

    func exchange(_ dependents: [ConvertDependent], _ budget: SwapBudget, in session: Session) throws {
        try follows.follow(limit: Self.mostEntries, in: session, budget)
        let keys = try ForeignKeyCopy.read(leaving, in: session)
        let security = try rowSecurity(in: session)
        for dependent in dependents where dependent.kind != .view {
            for statement in dependent.before { try budget.execute(catalog: statement, in: session) }
        }
        try ChangeLog.remove(from: place(home), in: session)
        // At this moment the two are one: what the follower itself had written there is no change.
        if direction == .forth { try budget.execute("TRUNCATE \(try back.sql())", in: session) }
        try goOn(budget, in: session)
        try move(budget, in: session)
        for dependent in dependents {
            for statement in dependent.after { try budget.execute(catalog: statement, in: session) }
        }
        for statement in security { try budget.execute(statement, in: session) }
        for key in keys {
            for statement in try key.statements(on: arriving, isPartitioned: isTargetPartitioned, in: session) {
                try budget.execute(statement, in: session)
            }
        }
    }

    private func goOn(_ budget: SwapBudget, in session: Session) throws {
        let old = try IdentitySequence.read(leaving, in: session)
        let new = try IdentitySequence.read(arriving, in: session)
        for sequence in new {
            guard let other = old.first(where: { $0.column == sequence.column }) else { continue }
            try sequence.goOn(from: other, in: session, timeout: budget.left())
        }
    }

    private func move(_ budget: SwapBudget, in session: Session) throws {
        let leavingViews = try ShadowView.read(over: leaving, in: session)
        let arrivingNames = try ShadowView.read(over: arriving, in: session).filter { $0.schema == waiting }
        let leavingStatistics = try statistics(leaving, in: session)
        let arrivingStatistics = try statistics(arriving, in: session)
        let (home, away) = (try identifier(home), try identifier(away))
        for name in leavingStatistics {
            try budget.execute(
                "ALTER STATISTICS \(try identifier(name.schema, name.name)) SET SCHEMA \(away)", in: session)
        }
        for view in leavingViews {
            try budget.execute("ALTER MATERIALIZED VIEW \(try view.sql()) SET SCHEMA \(away)", in: session)
        }
        try budget.execute("ALTER TABLE \(try place(self.home)) SET SCHEMA \(away)", in: session)
        try budget.execute("ALTER TABLE \(try place(waiting)) SET SCHEMA \(home)", in: session)
        for view in arrivingNames {
            // To where the one was that it takes the place of.
            guard let schema = leavingViews.first(where: { $0.name == view.name })?.schema else { continue }
            try budget.execute(
                "ALTER MATERIALIZED VIEW \(try view.sql()) SET SCHEMA \(try identifier(schema))", in: session)
        }
        for name in arrivingStatistics where name.schema == waiting {
            guard let schema = leavingStatistics.first(where: { $0.name == name.name })?.schema else { continue }
            try budget.execute(
                "ALTER STATISTICS \(try identifier(name.schema, name.name)) SET SCHEMA \(try identifier(schema))",
                in: session)
        }
    }
}

extension ConvertDependent {
    /// Our own, which is not moved.
    var isChangeTrigger: Bool {
        kind == .trigger
            && [ChangeLog.rowTrigger, ChangeLog.truncateTrigger].contains { object.hasPrefix("\($0) on ") }
    }
}
