public import Operations
import Postgres

/// `dbctl pool kill`: ends the sessions that are in the way, and looks whether that helped.
public struct Kill: Sendable {
    public var examination: Examination
    public var selection: KillSelection
    /// More victims than that are refused.
    public var most = Kill.mostUnasked
    public static let mostUnasked = 10
    /// What `dbctl.operations` says of this run; nil writes nothing.
    public var run: OperationLog.Run?
    public var clock = WallClock.system
    /// Hears of every session at the moment in which it is told to end.
    public var onEnding: @Sendable (KillReport.Ended) -> Void = { _ in }

    public init(_ entrance: Entrance, _ selection: KillSelection) {
        examination = Examination(entrance, job: "pool kill")
        self.selection = selection
    }

    /// Ended at once; between two of them the server gives the slots back.
    private static let batch = 25
    private static let patience = Duration.seconds(5)

    /// What would be done. Changes nothing.
    public func preview() async throws -> KillReport {
        let entry = try await examination.entrance.open()
        return try await entry.connection.closing { _ in
            let (most, selection) = (most, selection)
            return try await examination.run(entry) { session, observer in
                let observation = try observer.observe(in: session)
                let plan = try Kill.plan(selection, observation, session, observer)
                return KillReport(entry, plan, before: observation, most: most)
            }
        }
    }

    /// Does it.
    ///
    /// - Parameter confirmed: Only these, whom somebody has seen and agreed to; nil is whoever is meant now.
    /// - Throws: `kill.too_many`, `kill.protected` before anybody is ended; ``Failure`` when no way leads in.
    public func carryOut(only confirmed: Set<KillPlan.Victim.ID>? = nil) async throws -> KillReport {
        let entry = try await examination.entrance.open()
        var report = try await entry.connection.closing { _ in
            let (most, selection, onEnding) = (most, selection, onEnding)
            return try await examination.run(entry) { session, observer in
                let before = try observer.observe(in: session)
                var plan = try Kill.plan(selection, before, session, observer)
                if let confirmed { plan = plan.only(confirmed) }
                var report = KillReport(entry, plan, before: before, most: most)
                // Whom somebody has agreed to and who is gone meanwhile is no reason to refuse.
                if confirmed == nil || !plan.victims.isEmpty { try report.checkGuards() }
                report.begin()
                do {
                    try Kill.end(plan, &report, session, observer, onEnding)
                } catch let error as PostgresError {
                    // What is done is done, and has to be told.
                    guard report.killed > 0 else { throw error }
                    report.problem = Failure(error)
                }
                return report
            }
        }
        // The one session is gone by now: the record is written by an ordinary one, once the server has room.
        if let run, report.killed > 0 {
            report.warnings += await KillRecord(run, examination.entrance, clock)
                .write(killed: report.killed, of: report.victims.count, failure: report.failure)
        }
        return report
    }

    /// The look leaves the server's own processes out, and of one that lives nobody must hear that it is gone.
    private static func plan(
        _ selection: KillSelection, _ observation: Observation, _ session: Session, _ observer: Observer
    ) throws -> KillPlan {
        let plan = try KillPlan(selection, observation)
        let seen = Set(observation.sessions.map(\.pid))
        let living = try plan.spared.filter { $0.isGone && !seen.contains($0.pid) }.filter { spared in
            let query = Query(embedded: PackageResources.process_is_there_sql, numbers: [Int64(spared.pid)])
            return try session.row(query, timeout: observer.timeout).value("is_there")
        }
        return plan.leavingAlone(Set(living.map(\.pid)))
    }

    private static func end(
        _ plan: KillPlan, _ report: inout KillReport, _ session: Session, _ observer: Observer,
        _ onEnding: (KillReport.Ended) -> Void
    ) throws {
        var rest = plan.victims[...]
        while !rest.isEmpty {
            let group = rest.prefix(batch)
            rest = rest.dropFirst(batch)
            for victim in group {
                let ended = KillReport.Ended(victim, try outcome(of: victim, session))
                report.victims.append(ended)
                if ended.outcome == .ended { onEnding(ended) }
            }
            let told = Set(report.victims.filter { $0.outcome == .ended }.map(\.session.id))
            let after = try wait(for: group.map(\.id).filter(told.contains), session, observer)
            report.see(after)
        }
    }

    private static func outcome(of victim: KillPlan.Victim, _ session: Session) throws -> KillReport.Outcome {
        do {
            let outcome = try SessionEnding.end(
                pid: victim.pid, backendStart: victim.backendStart.date, stateChange: victim.stateChange,
                patience: .zero, in: session)
            return KillReport.Outcome(outcome)
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return .notPermitted
        }
    }

    /// Until they have left; a session in the midst of a system call takes its time.
    private static func wait(
        for victims: [KillPlan.Victim.ID], _ session: Session, _ observer: Observer
    ) throws -> Observation {
        let ids = Set(victims)
        let deadline = ContinuousClock.now + patience
        while true {
            let seen = try observer.observe(in: session)
            let isThere = seen.sessions.contains { $0.id.map(ids.contains) ?? false }
            guard isThere, ContinuousClock.now < deadline else { return seen }
            _ = try session.rows("SELECT pg_catalog.pg_sleep(0.05)", timeout: observer.timeout)
        }
    }
}

extension KillPlan.Victim: Identifiable {
    /// A pid and its beginning, in microseconds since 1970.
    public struct ID: Sendable, Hashable {
        let pid: Int32
        let microseconds: Int64
    }

    public var id: ID { ID(pid: pid, microseconds: backendStart.microseconds) }
}

extension ObservedSession {
    /// Nil where the observer may not see when it began.
    var id: KillPlan.Victim.ID? {
        backendStart.map { KillPlan.Victim.ID(pid: pid, microseconds: PreciseTime($0).microseconds) }
    }
}

extension KillPlan {
    /// Those of them that somebody has agreed to.
    func only(_ confirmed: Set<Victim.ID>) -> KillPlan {
        KillPlan(victims: victims.filter { confirmed.contains($0.id) }, spared: spared)
    }

    /// These pids are the server's own processes.
    func leavingAlone(_ pids: Set<Int32>) -> KillPlan {
        KillPlan(
            victims: victims,
            spared: spared.map { one in
                guard pids.contains(one.pid) else { return one }
                return Spared(
                    pid: one.pid, applicationName: nil, reason: SessionProtection.background.reason, isGone: false)
            })
    }

    private init(victims: [Victim], spared: [Spared]) {
        self.victims = victims
        self.spared = spared
    }
}
