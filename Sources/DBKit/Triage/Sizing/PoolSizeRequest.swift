import Operations
public import Postgres

/// What the operator says of an application; what is left out is looked up or assumed.
public struct PoolSizeRequest: Sendable, Hashable {
    public var instances: Int?
    public var surge: Double?
    public var workers: Int?
    public var connectionsPerWorker: Int?
    public var cores: Int?
    public var spindles: Int?
    /// Transactions per second of all instances.
    public var rate: Double?
    public var hold: Duration?
    /// The `application_name` of the sessions that the pools will replace; nil takes those of the login's role.
    public var application: String?
    /// How long the load is looked at; zero does not look.
    public var sample = Duration.seconds(2)

    public init() {}

    var needsLoad: Bool { (rate == nil || hold == nil) && sample > .zero }

    /// Looks at the server, twice where the load has to be measured, and calculates.
    ///
    /// Nothing is written, and one session is used. Every role may do this: who has a session under which name is shown
    /// to everybody.
    public func report(over connection: Connection) async throws -> PoolSizeReport {
        let first = try await look(over: connection)
        var facts = first.facts
        if let before = first.load {
            try await Task.sleep(for: sample)
            let after = try await connection.run { try LoadReading(in: $0) }
            facts.load = LoadMeasurement(from: before, to: after)
        }
        return PoolSizeReport(self, facts)
    }

    private func look(over connection: Connection) async throws -> (facts: PoolSizeFacts, load: LoadReading?) {
        try await connection.run { session in
            let observation = try Observer().observe(in: session)
            let facts = PoolSizeFacts(
                observation: observation, isPooled: session.isPooled,
                machineCores: session.isPooled ? nil : ServerMachine.cores(servedBy: session.backendPID))
            return (facts, needsLoad ? try LoadReading(in: session) : nil)
        }
    }
}

/// What was seen at the server.
struct PoolSizeFacts: Sendable {
    var observation: Observation
    /// Behind a pooler: the sessions are the pooler's.
    var isPooled = false
    /// Of this machine, where the server runs on it.
    var machineCores: Int?
    /// Nil where nobody wanted to know.
    var load: LoadMeasurement?
}
