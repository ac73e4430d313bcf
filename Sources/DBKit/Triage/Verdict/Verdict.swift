import Foundation
public import Operations

/// What is wrong, who causes it, and what to type next.
public struct Verdict: Encodable, Sendable, Hashable {
    public let code: VerdictCode
    public let grade: CheckVerdict
    /// A sentence that a tired person understands.
    public let text: String
    public let evidence: [String]
    /// Nil when there is nothing to do.
    public let nextCommand: String?
    /// The main cause first, then what else was found; empty when all is well.
    public let findings: [Finding]
    public let lockTree: [LockRoot]
    public let applications: [ApplicationUse]
    public let xminHolders: [XminHolder]
    public let budget: ConnectionBudget
}

/// The kinds of trouble. Stable names.
public enum VerdictCode: String, Codable, Sendable, CaseIterable {
    case healthy
    /// The role may not see what other users' sessions do.
    case unknown
    case lockPileupDdl = "lock_pileup_ddl"
    case lockPileupIdleInTransaction = "lock_pileup_idle_in_transaction"
    /// Behind a statement that runs.
    case lockPileup = "lock_pileup"
    case deadlock
    case preparedTransaction = "prepared_transaction"
    case idleInTransaction = "idle_in_transaction"
    /// One application keeps more and more sessions that it does not use.
    case leak
    case halfOpen = "half_open"
    /// More work than the machine can do.
    case overload
    case loginStorm = "login_storm"
    case poolTooSmall = "pool_too_small"
    case poolerLogin = "pooler_login"
    case poolerPaused = "pooler_paused"
    case roleLimit = "role_limit"
    case databaseLimit = "database_limit"
    /// Few slots are left, and no single cause takes them.
    case slots
    case longTransaction = "long_transaction"
    case replicationSlot = "replication_slot"
    case standbyFeedback = "standby_feedback"
    case wraparound
}

/// One thing that is wrong.
public struct Finding: Encodable, Sendable, Hashable {
    public let code: VerdictCode
    public let grade: CheckVerdict
    public let text: String
    public let evidence: [String]
    public var nextCommand: String?
    /// Where it stands among causes and consequences; no part of the document.
    let rank: Rank

    private enum CodingKeys: CodingKey {
        case code, grade, text, evidence, nextCommand
    }

    init(
        _ code: VerdictCode, _ grade: CheckVerdict, _ rank: Rank, text: String, evidence: [String] = [],
        nextCommand: String?
    ) {
        self.code = code
        self.grade = grade
        self.rank = rank
        self.text = text
        self.evidence = evidence
        self.nextCommand = nextCommand
    }
}

/// What comes first when several things are wrong: the cause before its consequences, and of two causes the one that
/// more sessions suffer from.
struct Rank: Sendable, Hashable, Comparable {
    enum Tier: Int, Sendable {
        /// The server refuses to work at all.
        case standstill
        /// Sessions are stuck, or slots are eaten up.
        case cause
        /// Nobody can say what is going on.
        case blindness
        /// A limit is reached: what the causes above lead to.
        case consequence
        /// Harm that grows slowly.
        case slow
    }

    var tier: Tier
    /// Sessions that it explains, or how far the harm has grown.
    var weight: Double

    static func < (left: Rank, right: Rank) -> Bool {
        (left.tier.rawValue, -left.weight) < (right.tier.rawValue, -right.weight)
    }
}

/// One root of the lock tree as it is reported.
public struct LockRoot: Encodable, Sendable, Hashable {
    /// 0 is a prepared transaction.
    public let pid: Int32
    @OrNull public private(set) var backendStart: PreciseTime?
    @OrNull public private(set) var applicationName: String?
    public let userName: String?
    @OrNull public private(set) var gid: String?
    public let state: String?
    public let query: String?
    /// How many sessions wait for it, directly or behind others.
    public let victims: Int
    public let depth: Int
    /// The longest wait among them, as far as the server knows.
    public let longestWaitS: Double?
    /// In a deadlock, everybody in the circle.
    public let deadlockedPids: [Int32]?
}

/// What one application of one user has open.
public struct ApplicationUse: Encodable, Sendable, Hashable {
    public let applicationName: String
    public let userName: String?
    public let sessions: Int
    /// Nil where the role may not see what some of them do.
    public let active: Int?
    public let idle: Int?
    public let idleInTransaction: Int?
    public let waitingForLocks: Int
    /// Sessions whose state the role may not see.
    public let unknown: Int
    /// Since when the one that does nothing for the longest time has done nothing.
    public let longestIdleS: Double?

    static func all(_ situation: Situation) -> [ApplicationUse] {
        let groups = Dictionary(grouping: situation.clients) { [$0.applicationName, $0.userName] }
        let uses = groups.values.map { sessions in
            let unknown = sessions.count { !$0.isVisible }
            func known(_ count: Int) -> Int? { unknown > 0 ? nil : count }
            return ApplicationUse(
                applicationName: sessions[0].applicationName,
                userName: sessions[0].userName,
                sessions: sessions.count,
                active: known(sessions.count { $0.state == .active }),
                idle: known(sessions.count { $0.state == .idle }),
                idleInTransaction: known(sessions.count(where: \.isIdleInTransaction)),
                waitingForLocks: sessions.count { situation.isVictim($0) },
                unknown: unknown,
                longestIdleS: sessions.filter { $0.state == .idle }.compactMap(situation.restS).max())
        }
        return uses.sorted {
            ($1.sessions, $0.applicationName, $0.userName ?? "") < ($0.sessions, $1.applicationName, $1.userName ?? "")
        }
    }
}
