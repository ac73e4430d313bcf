public import Operations

/// What the doctor found: the verdict first, then what it rests on.
public struct DoctorReport: Encodable, Sendable {
    /// The verdict in short.
    public struct Diagnosis: Encodable, Sendable, Hashable {
        public let code: VerdictCode
        public let grade: CheckVerdict
        /// A sentence that a tired person understands.
        public let text: String
    }

    public let route: Route
    /// The ways that did not lead in.
    public let refusals: [Refusal]
    public let verdict: Diagnosis
    public let evidence: [String]
    /// Nil when there is nothing to do.
    @OrNull public var nextCommand: String?
    /// The main cause first, then what else is wrong.
    public var findings: [Finding]
    /// Nil where only the pooler could be asked.
    public let server: ObservedServer?
    public let budget: ConnectionBudget?
    public let states: [StateUse]
    public let applications: [ApplicationUse]
    public let clients: [ClientUse]
    public let waits: [WaitUse]
    public let oldestTransactions: [TransactionAge]
    public let lockTree: [LockRoot]
    public let lockWaits: [LockLine]
    public let xminHolders: [XminHolder]
    public let replicationSlots: [ReplicationSlot]
    public let databases: [ObservedDatabase]
    public let pooler: PoolerObservation?
    public var notes: [String]

    init(_ entry: Entrance.Entry, _ observation: Observation, _ verdict: Verdict, notes: [String]) {
        route = entry.route
        refusals = entry.refusals
        self.verdict = Diagnosis(code: verdict.code, grade: verdict.grade, text: verdict.text)
        evidence = verdict.evidence
        nextCommand = verdict.nextCommand
        findings = verdict.findings
        server = observation.server
        budget = verdict.budget
        states = StateUse.all(observation)
        applications = verdict.applications
        clients = ClientUse.all(observation)
        waits = WaitUse.all(observation)
        oldestTransactions = TransactionAge.oldest(observation)
        lockTree = verdict.lockTree
        lockWaits = LockLine.all(observation)
        xminHolders = verdict.xminHolders
        replicationSlots = observation.replicationSlots
        databases = observation.databases
        pooler = observation.pooler
        self.notes = notes
    }

    init(_ entry: Entrance.Entry, pooler: PoolerObservation, _ finding: Finding) {
        route = entry.route
        refusals = entry.refusals
        verdict = Diagnosis(code: finding.code, grade: finding.grade, text: finding.text)
        evidence = finding.evidence
        nextCommand = finding.nextCommand
        findings = finding.grade == .ok ? [] : [finding]
        server = nil
        budget = nil
        states = []
        applications = []
        clients = []
        waits = []
        oldestTransactions = []
        lockTree = []
        lockWaits = []
        xminHolders = []
        replicationSlots = []
        databases = []
        self.pooler = pooler
        notes = ["only pgbouncer's console could be asked: of the server's own sessions nothing is known"]
    }
}
